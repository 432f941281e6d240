CREATE FUNCTION refuse_change_of_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'what was done to a room stays written'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'moderation_actions_append_only', TABLE = 'moderation_actions';
END
$$;
--> statement-breakpoint
-- For each statement, because a TRUNCATE has no rows.
CREATE TRIGGER moderation_actions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON moderation_actions
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_log();
--> statement-breakpoint
-- Lets whoever changes what holds in all rooms of a performer do so alone, and returns the streams whose logs are to
-- tell it: those that are not over, and the given one. The rows of the performer and of the member come first, as in
-- delete_account: they stand for what has no stream yet, and keep either account from being deleted, and a stream from
-- being opened, meanwhile. The caller reads what its rules need after this, in statements of its own.
CREATE FUNCTION lock_rooms(performer uuid, member uuid, given uuid) RETURNS uuid[]
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM FROM users WHERE id IN (performer, member) ORDER BY id FOR NO KEY UPDATE;
  RETURN ARRAY(
    SELECT stream_logs.stream_id FROM stream_logs JOIN streams ON streams.id = stream_logs.stream_id
    WHERE streams.performer_id = performer AND (streams.status <> 'ended' OR streams.id = given)
    ORDER BY stream_logs.stream_id FOR NO KEY UPDATE OF stream_logs
  );
END
$$;
--> statement-breakpoint
-- Tells all of a performer's rooms at once; their logs are locked already.
CREATE FUNCTION append_to_rooms(rooms uuid[], event_type stream_event_type, event_payload jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM append_stream_event(room, event_type, event_payload) FROM unnest(rooms) AS room;
END
$$;
--> statement-breakpoint
-- The functions below are what moderators do, each in one statement. `outcome` is `done`, `unchanged` when nothing was
-- left to do, or why nothing was done; `logged` are the streams whose logs grew; `result` is what the caller is shown.
-- `action_id` names the line of the log, `acted_at` is the time by the caller's clock.

-- `protected` are the performer, admins, and moderators from each other. A moderator who is restricted is one no more,
-- which is a line of its own, `dismissal_id`. A ban has no seconds; the same one again changes nothing.
CREATE FUNCTION restrict_viewer(
  given uuid, actor uuid, viewer uuid, new_kind restriction_kind, seconds integer, new_reason text,
  acted_at timestamptz, action_id uuid, dismissal_id uuid, OUT outcome text, OUT logged uuid[], OUT result json
) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  performer uuid := (SELECT performer_id FROM streams WHERE id = given);
  rooms uuid[];
  actor_role text;
  viewer_role text;
  member users;
  present room_restrictions;
BEGIN
  logged := '{}';
  rooms := lock_rooms(performer, viewer, given);
  actor_role := room_role(performer, actor);
  viewer_role := room_role(performer, viewer);
  SELECT * INTO member FROM users WHERE id = viewer AND deleted_at IS NULL;
  outcome := CASE
    WHEN performer IS NULL THEN 'not_found'
    WHEN actor_role = 'viewer' THEN 'forbidden'
    WHEN viewer = actor THEN 'oneself'
    WHEN member.id IS NULL THEN 'user_not_found'
    WHEN viewer_role IN ('performer', 'admin') OR (viewer_role = 'moderator' AND actor_role = 'moderator') THEN 'protected'
    ELSE 'done'
  END;
  IF outcome <> 'done' THEN
    RETURN;
  END IF;

  SELECT * INTO present FROM room_restrictions WHERE performer_id = performer AND user_id = viewer;
  IF new_kind = 'ban' AND present.kind = 'ban' AND present.reason IS NOT DISTINCT FROM new_reason THEN
    outcome := 'unchanged';
  ELSE
    IF viewer_role = 'moderator' THEN
      DELETE FROM room_moderators WHERE performer_id = performer AND user_id = viewer;
      INSERT INTO moderation_actions (id, performer_id, action, actor_id, target_id, stream_id, created_at)
      VALUES (dismissal_id, performer, 'moderator_dismissed', actor, viewer, given, acted_at);
      PERFORM append_to_rooms(rooms, 'moderatorRemoved', jsonb_build_object('userId', viewer));
    END IF;
    INSERT INTO room_restrictions (performer_id, user_id, kind, reason, expires_at, created_at)
    VALUES (performer, viewer, new_kind, new_reason, acted_at + make_interval(secs => seconds), acted_at)
    ON CONFLICT ON CONSTRAINT room_restrictions_pkey DO UPDATE SET
      kind = excluded.kind, reason = excluded.reason, expires_at = excluded.expires_at, created_at = excluded.created_at
    RETURNING * INTO present;
    INSERT INTO moderation_actions
      (id, performer_id, action, actor_id, target_id, stream_id, reason, details, created_at)
    VALUES (action_id, performer,
      CASE new_kind WHEN 'ban' THEN 'viewer_banned' ELSE 'viewer_timed_out' END::moderation_action_kind,
      actor, viewer, given, new_reason, CASE WHEN seconds IS NOT NULL THEN jsonb_build_object('seconds', seconds) END, acted_at);
    PERFORM append_to_rooms(rooms, 'viewerRestricted', jsonb_build_object(
      'userId', viewer, 'kind', present.kind, 'expiresAt', iso_timestamp(present.expires_at)));
    logged := rooms;
  END IF;
  result := json_build_object('user', user_summary(member), 'kind', present.kind, 'reason', present.reason,
    'expiresAt', iso_timestamp(present.expires_at), 'createdAt', iso_timestamp(present.created_at));
END
$$;
--> statement-breakpoint
-- A timeout that has run out is taken away without a word: it was none any more.
CREATE FUNCTION lift_restriction(
  given uuid, actor uuid, viewer uuid, acted_at timestamptz, action_id uuid,
  OUT outcome text, OUT logged uuid[], OUT result json
) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  performer uuid := (SELECT performer_id FROM streams WHERE id = given);
  rooms uuid[];
  lifted room_restrictions;
BEGIN
  logged := '{}';
  rooms := lock_rooms(performer, viewer, given);
  outcome := CASE
    WHEN performer IS NULL THEN 'not_found'
    WHEN room_role(performer, actor) = 'viewer' THEN 'forbidden'
    WHEN NOT EXISTS (SELECT FROM users WHERE id = viewer AND deleted_at IS NULL) THEN 'user_not_found'
    ELSE 'done'
  END;
  IF outcome <> 'done' THEN
    RETURN;
  END IF;

  DELETE FROM room_restrictions WHERE performer_id = performer AND user_id = viewer RETURNING * INTO lifted;
  IF lifted.kind IS NULL OR lifted.expires_at <= acted_at THEN
    outcome := 'unchanged';
    RETURN;
  END IF;
  INSERT INTO moderation_actions (id, performer_id, action, actor_id, target_id, stream_id, created_at)
  VALUES (action_id, performer, 'restriction_lifted', actor, viewer, given, acted_at);
  PERFORM append_to_rooms(rooms, 'viewerRestored', jsonb_build_object('userId', viewer));
  logged := rooms;
END
$$;
--> statement-breakpoint
-- `restricted` is who is banned or timed out: that has to be lifted first, by whoever wants to trust them now.
CREATE FUNCTION appoint_moderator(
  performer uuid, actor uuid, member_id uuid, acted_at timestamptz, action_id uuid,
  OUT outcome text, OUT logged uuid[], OUT result json
) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  rooms uuid[];
  member users;
  since timestamptz;
BEGIN
  logged := '{}';
  rooms := lock_rooms(performer, member_id, NULL);
  SELECT * INTO member FROM users WHERE id = member_id AND deleted_at IS NULL;
  outcome := CASE
    WHEN room_role(performer, actor) NOT IN ('performer', 'admin') THEN 'forbidden'
    WHEN NOT EXISTS (SELECT FROM users WHERE id = performer AND deleted_at IS NULL) THEN 'user_not_found'
    WHEN member_id = performer THEN 'oneself'
    WHEN member.id IS NULL THEN 'user_not_found'
    WHEN EXISTS (
      SELECT FROM room_restrictions
      WHERE performer_id = performer AND user_id = member_id AND (expires_at IS NULL OR expires_at > acted_at)
    ) THEN 'restricted'
    ELSE 'done'
  END;
  IF outcome <> 'done' THEN
    RETURN;
  END IF;

  SELECT created_at INTO since FROM room_moderators WHERE performer_id = performer AND user_id = member_id;
  IF since IS NOT NULL THEN
    outcome := 'unchanged';
  ELSE
    since := acted_at;
    INSERT INTO room_moderators (performer_id, user_id, created_at) VALUES (performer, member_id, acted_at);
    INSERT INTO moderation_actions (id, performer_id, action, actor_id, target_id, created_at)
    VALUES (action_id, performer, 'moderator_appointed', actor, member_id, acted_at);
    PERFORM append_to_rooms(rooms, 'moderatorAdded', jsonb_build_object('userId', member_id));
    logged := rooms;
  END IF;
  result := json_build_object('user', user_summary(member), 'createdAt', iso_timestamp(since));
END
$$;
--> statement-breakpoint
CREATE FUNCTION dismiss_moderator(
  performer uuid, actor uuid, member_id uuid, acted_at timestamptz, action_id uuid,
  OUT outcome text, OUT logged uuid[], OUT result json
) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  rooms uuid[];
BEGIN
  logged := '{}';
  rooms := lock_rooms(performer, member_id, NULL);
  outcome := CASE
    WHEN room_role(performer, actor) NOT IN ('performer', 'admin') THEN 'forbidden'
    WHEN NOT EXISTS (SELECT FROM users WHERE id = performer AND deleted_at IS NULL) THEN 'user_not_found'
    WHEN NOT EXISTS (SELECT FROM users WHERE id = member_id AND deleted_at IS NULL) THEN 'user_not_found'
    ELSE 'done'
  END;
  IF outcome <> 'done' THEN
    RETURN;
  END IF;

  DELETE FROM room_moderators WHERE performer_id = performer AND user_id = member_id;
  IF NOT FOUND THEN
    outcome := 'unchanged';
    RETURN;
  END IF;
  INSERT INTO moderation_actions (id, performer_id, action, actor_id, target_id, created_at)
  VALUES (action_id, performer, 'moderator_dismissed', actor, member_id, acted_at);
  PERFORM append_to_rooms(rooms, 'moderatorRemoved', jsonb_build_object('userId', member_id));
  logged := rooms;
END
$$;
--> statement-breakpoint
-- What viewers are told of the settings: RoomModes.
CREATE FUNCTION room_modes(settings room_settings) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT jsonb_build_object(
    'slowModeSeconds', settings.slow_mode_seconds, 'isFollowersOnly', settings.is_followers_only,
    'isTicketsOnly', settings.is_tickets_only, 'areLinksAllowed', settings.are_links_allowed)
$$;
--> statement-breakpoint
-- Changes what is not null. `terms` and `folded` go together. Viewers hear of the modes alone, and only when one of
-- them changed; the line of the log holds what changed.
CREATE FUNCTION update_room_settings(
  given uuid, actor uuid, slow_seconds integer, followers_only boolean, tickets_only boolean, links_allowed boolean,
  terms text[], folded text[], acted_at timestamptz, action_id uuid,
  OUT outcome text, OUT logged uuid[], OUT result json
) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  performer uuid := (SELECT performer_id FROM streams WHERE id = given);
  rooms uuid[];
  before room_settings;
  after room_settings;
  modes jsonb;
  settings jsonb;
  changes jsonb;
BEGIN
  logged := '{}';
  rooms := lock_rooms(performer, NULL, given);
  outcome := CASE
    WHEN performer IS NULL THEN 'not_found'
    WHEN room_role(performer, actor) = 'viewer' THEN 'forbidden'
    ELSE 'done'
  END;
  IF outcome <> 'done' THEN
    RETURN;
  END IF;

  INSERT INTO room_settings (performer_id) VALUES (performer) ON CONFLICT ON CONSTRAINT room_settings_pkey DO NOTHING;
  SELECT * INTO STRICT before FROM room_settings WHERE performer_id = performer;
  UPDATE room_settings SET
    slow_mode_seconds = coalesce(slow_seconds, slow_mode_seconds),
    is_followers_only = coalesce(followers_only, is_followers_only),
    is_tickets_only = coalesce(tickets_only, is_tickets_only),
    are_links_allowed = coalesce(links_allowed, are_links_allowed),
    blocked_terms = coalesce(terms, blocked_terms),
    folded_terms = coalesce(folded, folded_terms)
  WHERE performer_id = performer RETURNING * INTO STRICT after;

  modes := room_modes(after);
  settings := modes || jsonb_build_object('blockedTerms', after.blocked_terms);
  result := settings;
  SELECT coalesce(jsonb_object_agg(setting.key, setting.value), '{}') INTO changes
  FROM jsonb_each(settings) AS setting
  WHERE setting.value <> (room_modes(before) || jsonb_build_object('blockedTerms', before.blocked_terms)) -> setting.key;
  IF changes = '{}' THEN
    outcome := 'unchanged';
    RETURN;
  END IF;
  INSERT INTO moderation_actions (id, performer_id, action, actor_id, stream_id, details, created_at)
  VALUES (action_id, performer, 'settings_changed', actor, given, changes, acted_at);
  IF modes <> room_modes(before) THEN
    PERFORM append_to_rooms(rooms, 'modesChanged', jsonb_build_object('modes', modes));
    logged := rooms;
  END IF;
END
$$;
--> statement-breakpoint
-- Pins a message of the stream that is still to be seen, or with null unpins whatever is pinned.
CREATE FUNCTION pin_message(
  given uuid, actor uuid, pinned_id uuid, acted_at timestamptz, action_id uuid,
  OUT outcome text, OUT logged uuid[], OUT result json
) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  performer uuid := (SELECT performer_id FROM streams WHERE id = given);
  room stream_logs;
BEGIN
  logged := '{}';
  SELECT * INTO room FROM stream_logs WHERE stream_id = given FOR NO KEY UPDATE;
  SELECT message INTO result FROM chat_messages
  WHERE stream_id = given AND id = pinned_id AND deleted_at IS NULL AND seq > room.cleared_seq;
  outcome := CASE
    WHEN performer IS NULL THEN 'not_found'
    WHEN room_role(performer, actor) = 'viewer' THEN 'forbidden'
    WHEN pinned_id IS NOT NULL AND result IS NULL THEN 'message_not_found'
    WHEN room.pinned_message_id IS NOT DISTINCT FROM pinned_id THEN 'unchanged'
    ELSE 'done'
  END;
  IF outcome <> 'done' THEN
    RETURN;
  END IF;

  UPDATE stream_logs SET pinned_message_id = pinned_id WHERE stream_id = given;
  INSERT INTO moderation_actions (id, performer_id, action, actor_id, stream_id, message_id, created_at)
  VALUES (action_id, performer,
    CASE WHEN pinned_id IS NULL THEN 'message_unpinned' ELSE 'message_pinned' END::moderation_action_kind,
    actor, given, coalesce(pinned_id, room.pinned_message_id), acted_at);
  PERFORM append_stream_event(given, 'messagePinned', jsonb_build_object('messageId', pinned_id));
  logged := ARRAY[given];
END
$$;
--> statement-breakpoint
-- Takes every message so far out of the chat, the pinned one with them; the rows stay.
CREATE FUNCTION clear_chat(
  given uuid, actor uuid, acted_at timestamptz, action_id uuid,
  OUT outcome text, OUT logged uuid[], OUT result json
) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  performer uuid := (SELECT performer_id FROM streams WHERE id = given);
  pinned_id uuid;
BEGIN
  logged := '{}';
  SELECT pinned_message_id INTO pinned_id FROM stream_logs WHERE stream_id = given FOR NO KEY UPDATE;
  outcome := CASE
    WHEN performer IS NULL THEN 'not_found'
    WHEN room_role(performer, actor) = 'viewer' THEN 'forbidden'
    ELSE 'done'
  END;
  IF outcome <> 'done' THEN
    RETURN;
  END IF;

  IF pinned_id IS NOT NULL THEN
    PERFORM append_stream_event(given, 'messagePinned', jsonb_build_object('messageId', NULL));
  END IF;
  PERFORM append_stream_event(given, 'chatCleared', '{}');
  UPDATE stream_logs SET cleared_seq = last_seq, pinned_message_id = NULL WHERE stream_id = given;
  INSERT INTO moderation_actions (id, performer_id, action, actor_id, stream_id, created_at)
  VALUES (action_id, performer, 'chat_cleared', actor, given, acted_at);
  logged := ARRAY[given];
END
$$;
--> statement-breakpoint
-- As before, and nobody follows a deleted account, moderates for it or is kept from its rooms any more, nor it anybody.
-- Rows that two accounts share are locked in order, because both may be deleted at once; so are the logs, whose rows
-- moderators lock together. Streams are locked so that the log of moderation may still refer to them: whoever writes
-- there has the lock of the stream's log, for which this waits.
CREATE OR REPLACE FUNCTION delete_account(account_id uuid, deleted_time timestamptz) RETURNS timestamptz
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  UPDATE users SET
    username = NULL, email = NULL, password_hash = NULL, display_name = 'Deleted user', bio = '', avatar_url = NULL,
    role = 'viewer', is_verified = false, token_version = token_version + 1, deleted_at = deleted_time
  WHERE id = account_id AND deleted_at IS NULL;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  UPDATE sessions SET revoked_at = coalesce(revoked_at, deleted_time),
    revoked_reason = coalesce(revoked_reason, 'account_deleted'), user_agent = NULL
  WHERE user_id = account_id;

  PERFORM FROM follows WHERE account_id IN (follower_id, followed_id) ORDER BY follower_id, followed_id FOR UPDATE;
  DELETE FROM follows WHERE account_id IN (follower_id, followed_id);
  PERFORM FROM room_moderators WHERE account_id IN (performer_id, user_id) ORDER BY performer_id, user_id FOR UPDATE;
  DELETE FROM room_moderators WHERE account_id IN (performer_id, user_id);
  PERFORM FROM room_restrictions WHERE account_id IN (performer_id, user_id) ORDER BY performer_id, user_id FOR UPDATE;
  DELETE FROM room_restrictions WHERE account_id IN (performer_id, user_id);
  DELETE FROM room_settings WHERE performer_id = account_id;

  PERFORM FROM streams WHERE performer_id = account_id AND status <> 'ended' ORDER BY id FOR NO KEY UPDATE;
  PERFORM FROM stream_logs JOIN streams ON streams.id = stream_id
  WHERE performer_id = account_id AND status <> 'ended' ORDER BY stream_id FOR NO KEY UPDATE OF stream_logs;
  UPDATE streams SET status = 'ended', ended_at = deleted_time, viewer_count = 0
    WHERE performer_id = account_id AND status <> 'ended';
  RETURN deleted_time;
END
$$;
