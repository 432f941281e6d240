-- Appends an event to a stream's log and returns its seq. The row of the log is locked until the statement commits, so
-- that whoever reads up to a seq has everything before it.
CREATE FUNCTION append_stream_event(target_id uuid, event_type stream_event_type, event_payload jsonb) RETURNS bigint
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  new_seq bigint;
BEGIN
  UPDATE stream_logs SET last_seq = last_seq + 1 WHERE stream_id = target_id RETURNING last_seq INTO STRICT new_seq;
  INSERT INTO stream_events (stream_id, seq, type, payload) VALUES (target_id, new_seq, event_type, event_payload);
  RETURN new_seq;
END
$$;
--> statement-breakpoint
-- Opens the log of a new stream, and tells every change of a stream that its viewers see, whoever makes it.
CREATE FUNCTION keep_stream_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO stream_logs (stream_id) VALUES (NEW.id);
  END IF;
  PERFORM append_stream_event(NEW.id, 'streamUpdate', NULL);
  RETURN NULL;
END
$$;
--> statement-breakpoint
INSERT INTO stream_logs (stream_id) SELECT id FROM streams;
--> statement-breakpoint
CREATE TRIGGER streams_keep_log
  AFTER INSERT OR UPDATE OF title, description, category, tags, status, is_private, price_amount, scheduled_start_at
  ON streams FOR EACH ROW EXECUTE FUNCTION keep_stream_log();
--> statement-breakpoint
-- The audience is gone anyway when the database has crashed.
ALTER TABLE audience_leases SET UNLOGGED;
--> statement-breakpoint
-- Room for the next version of the row on the same page: every message changes it.
ALTER TABLE stream_logs SET (fillfactor = 50);
