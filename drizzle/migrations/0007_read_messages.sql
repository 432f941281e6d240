-- A moment as the API writes it.
CREATE FUNCTION iso_timestamp(moment timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;
--> statement-breakpoint
-- What a stream or a message shows of its user: UserSummary.
CREATE FUNCTION user_summary(member users) RETURNS json
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT json_build_object('id', member.id, 'username', member.username, 'displayName', member.display_name,
    'avatarUrl', member.avatar_url, 'isVerified', member.is_verified)
$$;
--> statement-breakpoint
-- What a user is in a performer's rooms: RoomRole.
CREATE FUNCTION room_role(performer uuid, member uuid) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE
    WHEN performer = member THEN 'performer'
    WHEN EXISTS (SELECT FROM users WHERE id = member AND role = 'admin') THEN 'admin'
    WHEN EXISTS (SELECT FROM room_moderators WHERE performer_id = performer AND user_id = member) THEN 'moderator'
    ELSE 'viewer'
  END
$$;
--> statement-breakpoint
-- Whether a user has bought the ticket of a private stream, and not got the money back.
CREATE FUNCTION has_ticket(target_id uuid, holder uuid) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT EXISTS (
    SELECT FROM payments
    WHERE stream_id = target_id AND payer_id = holder AND type = 'private_show' AND status = 'completed'
  )
$$;
--> statement-breakpoint
-- Every message as clients see it: `message` is a ChatMessage, whose text is gone once it is deleted.
CREATE VIEW chat_messages AS
SELECT messages.stream_id, messages.seq, messages.id, messages.author_id, messages.client_message_id, messages.deleted_at,
  json_build_object(
    'id', messages.id,
    'streamId', messages.stream_id,
    'author', user_summary(author),
    'authorRole', CASE
      WHEN streams.performer_id = messages.author_id THEN 'performer'
      WHEN author.role = 'admin' THEN 'admin'
      WHEN EXISTS (
        SELECT FROM room_moderators
        WHERE room_moderators.performer_id = streams.performer_id AND user_id = messages.author_id
      ) THEN 'moderator'
      ELSE 'viewer'
    END,
    'content', CASE WHEN messages.deleted_at IS NULL THEN messages.content END,
    'mentions', CASE WHEN messages.deleted_at IS NOT NULL OR messages.mentioned_ids = '{}' THEN '[]'::json ELSE (
      SELECT coalesce(json_agg(json_build_object('id', mentioned.id, 'username', mentioned.username)
        ORDER BY array_position(messages.mentioned_ids, mentioned.id)), '[]'::json)
      FROM users AS mentioned WHERE mentioned.id = ANY (messages.mentioned_ids) AND mentioned.deleted_at IS NULL
    ) END,
    'replyTo', CASE WHEN messages.reply_to_id IS NOT NULL THEN (
      SELECT json_build_object('id', original.id, 'author', user_summary(original_author),
        'content', CASE WHEN original.deleted_at IS NULL THEN original.content END)
      FROM messages AS original JOIN users AS original_author ON original_author.id = original.author_id
      WHERE original.id = messages.reply_to_id
    ) END,
    'clientMessageId', messages.client_message_id,
    'createdAt', iso_timestamp(messages.created_at),
    'deletedAt', iso_timestamp(messages.deleted_at)
  ) AS message
FROM messages
JOIN users AS author ON author.id = messages.author_id
JOIN streams ON streams.id = messages.stream_id;
