-- Appends messages to a stream in the order of the batch, each by the rules of the room, and answers for each: what
-- became of it, and the stored message. The row of the log is locked first and the rules are read after it, so that
-- nothing slips in behind a ban, the end of the stream or another message. A refused message is an answer, not an
-- exception, since the others of its batch have nothing to do with it.
-- An item is {id, authorId, content, folded, hasLink, clientMessageId, replyToId, mentions}: `folded` is compared with
-- blocked terms, and `mentions` are usernames in lower case.
CREATE FUNCTION send_chat_messages(target_id uuid, batch jsonb, sent_time timestamptz)
RETURNS TABLE (item_index integer, outcome text, message_seq bigint, sent_message json, retry_after_ms integer)
LANGUAGE plpgsql VOLATILE SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  log stream_logs;
  room record;
  item record;
  item_outcome text;
  item_id uuid;
  item_retry integer;
  item_key text;
  next_seq bigint;
  -- One entry an item.
  outcomes text[] := '{}';
  ids uuid[] := '{}';
  retries integer[] := '{}';
  -- One entry a message that is stored: its place in the batch, its author, and what a retry of it would be known by.
  stored_items integer[] := '{}';
  stored_ids uuid[] := '{}';
  stored_seqs bigint[] := '{}';
  stored_authors uuid[] := '{}';
  stored_keys text[] := '{}';
BEGIN
  SELECT * INTO log FROM stream_logs WHERE stream_id = target_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN QUERY SELECT place::integer, 'NOT_FOUND', NULL::bigint, NULL::json, NULL::integer
      FROM generate_series(0, jsonb_array_length(batch) - 1) AS place;
    RETURN;
  END IF;
  next_seq := log.last_seq + 1;
  SELECT streams.performer_id, streams.status, streams.is_private,
      coalesce(settings.slow_mode_seconds, 0) * 1000 AS slow_mode_ms,
      coalesce(settings.is_followers_only, false) AS is_followers_only,
      coalesce(settings.is_tickets_only, false) AS is_tickets_only,
      coalesce(settings.are_links_allowed, true) AS are_links_allowed,
      coalesce(settings.folded_terms, '{}') AS folded_terms
    INTO room
    FROM streams LEFT JOIN room_settings AS settings ON settings.performer_id = streams.performer_id
    WHERE streams.id = target_id;

  -- LIMIT 1 makes each of these a look-up for one item; the function's settings keep a plan that was made for small
  -- tables good for large ones, and spare its making.
  FOR item IN
    SELECT given.place, given.new_id, given.author_id, given.client_message_id, given.reply_to_id, given.folded, given.has_link,
      author.id IS NULL OR author.deleted_at IS NOT NULL AS is_gone,
      author.suspended_at IS NOT NULL AS is_suspended,
      given.author_id = room.performer_id OR author.role = 'admin' AS is_exempt,
      EXISTS (
        SELECT FROM room_moderators WHERE performer_id = room.performer_id AND user_id = given.author_id
      ) AS is_moderator,
      restriction.kind AS restriction,
      restriction.expires_at AS restricted_until,
      CASE WHEN given.client_message_id IS NOT NULL THEN (
        SELECT id FROM messages
        WHERE stream_id = target_id AND author_id = given.author_id AND client_message_id = given.client_message_id
      ) END AS sent_id,
      CASE WHEN room.is_private OR room.is_tickets_only THEN has_ticket(target_id, given.author_id) END AS has_ticket,
      CASE WHEN room.is_followers_only THEN EXISTS (
        SELECT FROM follows WHERE follower_id = given.author_id AND followed_id = room.performer_id
      ) END AS is_follower,
      CASE WHEN room.slow_mode_ms > 0 THEN (
        SELECT created_at FROM messages
        WHERE stream_id = target_id AND author_id = given.author_id ORDER BY seq DESC LIMIT 1
      ) END AS last_sent_at,
      CASE WHEN given.reply_to_id IS NOT NULL THEN EXISTS (
        SELECT FROM messages
        WHERE id = given.reply_to_id AND stream_id = target_id AND seq > log.cleared_seq AND deleted_at IS NULL
      ) END AS is_reply_known
    FROM (
      SELECT place::integer, (value ->> 'id')::uuid AS new_id, (value ->> 'authorId')::uuid AS author_id, value ->> 'clientMessageId' AS client_message_id,
        (value ->> 'replyToId')::uuid AS reply_to_id, value ->> 'folded' AS folded, (value ->> 'hasLink')::boolean AS has_link
      FROM jsonb_array_elements(batch) WITH ORDINALITY AS element (value, place)
      OFFSET 0
    ) AS given
    LEFT JOIN LATERAL (
      SELECT id, role, deleted_at, suspended_at FROM users WHERE id = given.author_id LIMIT 1
    ) AS author ON true
    LEFT JOIN LATERAL (
      SELECT kind, expires_at FROM room_restrictions
      WHERE performer_id = room.performer_id AND user_id = given.author_id LIMIT 1
    ) AS restriction ON true
    ORDER BY given.place
  LOOP
    item_id := item.sent_id;
    item_retry := NULL;
    item_key := item.author_id || item.client_message_id;
    IF item_id IS NULL AND item_key IS NOT NULL THEN
      item_id := stored_ids[array_position(stored_keys, item_key)];
    END IF;

    item_outcome := CASE
      WHEN item_id IS NOT NULL THEN 'duplicate'
      WHEN room.status <> 'live' THEN 'STREAM_NOT_LIVE'
      WHEN item.is_gone THEN 'SESSION_REVOKED'
      WHEN item.is_suspended THEN 'ACCOUNT_SUSPENDED'
      WHEN room.is_private AND NOT item.has_ticket AND NOT item.is_exempt THEN 'ACCESS_REQUIRED'
      WHEN item.restriction = 'ban' THEN 'BANNED'
      WHEN item.restricted_until > sent_time THEN 'TIMED_OUT'
      WHEN NOT item.is_reply_known THEN 'UNKNOWN_REPLY'
      ELSE 'stored'
    END;
    IF item_outcome = 'TIMED_OUT' THEN
      item_retry := greatest(1, ceil(extract(epoch FROM item.restricted_until - sent_time) * 1000));
    END IF;

    IF item_outcome = 'stored' AND NOT item.is_exempt AND NOT item.is_moderator THEN
      IF room.slow_mode_ms > 0 THEN
        IF item.author_id = ANY (stored_authors) THEN
          item_retry := room.slow_mode_ms;
        ELSIF item.last_sent_at IS NOT NULL THEN
          item_retry := least(room.slow_mode_ms,
            room.slow_mode_ms - floor(extract(epoch FROM sent_time - item.last_sent_at) * 1000));
        END IF;
        IF item_retry > 0 THEN
          item_outcome := 'SLOW_MODE';
        ELSE
          item_retry := NULL;
        END IF;
      END IF;
      IF item_outcome = 'stored' THEN
        item_outcome := CASE
          WHEN NOT item.is_follower THEN 'FOLLOWERS_ONLY'
          WHEN room.is_tickets_only AND NOT item.has_ticket THEN 'TICKETS_ONLY'
          WHEN item.has_link AND NOT room.are_links_allowed THEN 'LINKS_NOT_ALLOWED'
          WHEN room.folded_terms <> '{}' AND EXISTS (
            SELECT FROM unnest(room.folded_terms) AS term WHERE strpos(item.folded, term) > 0
          ) THEN 'TERM_BLOCKED'
          ELSE 'stored'
        END;
      END IF;
    END IF;

    IF item_outcome = 'stored' THEN
      item_id := item.new_id;
      stored_items := stored_items || item.place;
      stored_ids := stored_ids || item_id;
      stored_seqs := stored_seqs || next_seq;
      next_seq := next_seq + 1;
      stored_authors := stored_authors || item.author_id;
      stored_keys := stored_keys || item_key;
    END IF;
    outcomes := outcomes || item_outcome;
    ids := ids || item_id;
    retries := retries || item_retry;
  END LOOP;

  IF next_seq > log.last_seq + 1 THEN
    INSERT INTO messages (id, stream_id, author_id, seq, content, mentioned_ids, client_message_id, reply_to_id, created_at)
      SELECT (value ->> 'id')::uuid, target_id, (value ->> 'authorId')::uuid, stored.seq, value ->> 'content',
        CASE WHEN value -> 'mentions' = '[]' THEN '{}' ELSE ARRAY(
          SELECT mentioned.id
          FROM jsonb_array_elements_text(value -> 'mentions') WITH ORDINALITY AS named (username, place)
          CROSS JOIN LATERAL (
            SELECT id FROM users WHERE lower(users.username) = named.username AND deleted_at IS NULL LIMIT 1
          ) AS mentioned
          ORDER BY named.place LIMIT 10
        ) END,
        value ->> 'clientMessageId', (value ->> 'replyToId')::uuid, sent_time
      FROM unnest(stored_items, stored_seqs) AS stored (place, seq)
      CROSS JOIN LATERAL (SELECT batch -> (stored.place - 1) AS value OFFSET 0) AS given;
    INSERT INTO stream_events (stream_id, seq, type, created_at)
      SELECT target_id, stored.seq, 'chatMessage', sent_time FROM unnest(stored_seqs) AS stored (seq);
    UPDATE stream_logs SET last_seq = next_seq - 1 WHERE stream_id = target_id;
  END IF;

  RETURN QUERY
    SELECT answer.place::integer - 1, answer.outcome, shown.seq, shown.message, answer.retry
    FROM unnest(outcomes, ids, retries) WITH ORDINALITY AS answer (outcome, id, retry, place)
    LEFT JOIN LATERAL (
      SELECT chat_messages.seq, chat_messages.message FROM chat_messages WHERE chat_messages.id = answer.id LIMIT 1
    ) AS shown ON true
    ORDER BY answer.place;
END
$$;
--> statement-breakpoint
-- Deletes a message for everyone, which leaves its tombstone: its author may, performer and admins any message, and
-- moderators those of viewers and moderators. A pinned one is unpinned. Whoever deletes somebody else's message is noted
-- in the log of moderation, under `action_id`. Deleting it again changes nothing and succeeds.
-- The outcome is `deleted`, `unchanged` or a code; `first_seq` is the seq of messageDeleted, which an unpinning follows.
CREATE FUNCTION delete_chat_message(
  target_id uuid, target_message_id uuid, acting_id uuid, action_id uuid, deleted_time timestamptz)
RETURNS TABLE (outcome text, first_seq bigint, is_unpinned boolean, tombstone json)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  log stream_logs;
  room streams;
  target messages;
  acting_role text;
BEGIN
  is_unpinned := false;
  SELECT * INTO log FROM stream_logs WHERE stream_id = target_id FOR NO KEY UPDATE;
  SELECT * INTO room FROM streams WHERE id = target_id;
  acting_role := room_role(room.performer_id, acting_id);
  SELECT * INTO target FROM messages WHERE id = target_message_id AND stream_id = target_id;
  outcome := CASE
    WHEN room.id IS NULL THEN 'NOT_FOUND'
    WHEN target.author_id = acting_id THEN 'deleted'
    WHEN room.is_private AND acting_role NOT IN ('performer', 'admin') AND NOT has_ticket(target_id, acting_id)
      THEN 'ACCESS_REQUIRED'
    WHEN target.id IS NULL THEN 'NOT_FOUND'
    WHEN acting_role IN ('performer', 'admin') THEN 'deleted'
    WHEN acting_role = 'moderator' AND room_role(room.performer_id, target.author_id) IN ('viewer', 'moderator')
      THEN 'deleted'
    ELSE 'FORBIDDEN'
  END;
  IF outcome = 'deleted' AND target.deleted_at IS NOT NULL THEN
    outcome := 'unchanged';
  END IF;
  IF outcome = 'deleted' THEN
    UPDATE messages SET deleted_at = deleted_time, deleted_by_id = acting_id WHERE id = target_message_id;
    first_seq := append_stream_event(target_id, 'messageDeleted', jsonb_build_object('messageId', target_message_id));
    IF log.pinned_message_id = target_message_id THEN
      is_unpinned := true;
      UPDATE stream_logs SET pinned_message_id = NULL WHERE stream_id = target_id;
      PERFORM append_stream_event(target_id, 'messagePinned', '{"messageId": null}');
    END IF;
    IF acting_id <> target.author_id THEN
      INSERT INTO moderation_actions (id, performer_id, action, actor_id, target_id, stream_id, message_id, created_at)
        VALUES (action_id, room.performer_id, 'message_deleted', acting_id, target.author_id, room.id, target_message_id,
          deleted_time);
    END IF;
  END IF;
  IF outcome IN ('deleted', 'unchanged') THEN
    SELECT message INTO tombstone FROM chat_messages WHERE id = target_message_id;
  END IF;
  RETURN NEXT;
END
$$;
