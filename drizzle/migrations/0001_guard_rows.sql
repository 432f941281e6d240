CREATE FUNCTION touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at := now();
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER users_touch_updated_at BEFORE UPDATE ON users
  FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
--> statement-breakpoint
-- A change of the viewer count alone is no change of the stream.
CREATE TRIGGER streams_touch_updated_at
  BEFORE UPDATE OF title, description, category, tags, status, is_private, price_amount, scheduled_start_at ON streams
  FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
--> statement-breakpoint
CREATE FUNCTION guard_stream_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status < OLD.status THEN
    RAISE EXCEPTION 'a stream cannot go from % to %', OLD.status, NEW.status
      USING ERRCODE = 'check_violation', CONSTRAINT = 'streams_status_moves_forward', TABLE = 'streams';
  END IF;
  RETURN NEW;
END
$$;
--> statement-breakpoint
-- The enum is declared in the order of a stream's life, so that going back compares as less.
CREATE TRIGGER streams_guard_status BEFORE UPDATE OF status ON streams
  FOR EACH ROW EXECUTE FUNCTION guard_stream_status();
--> statement-breakpoint
-- What was deleted and anonymised must not come back to life under the same id.
CREATE FUNCTION guard_deleted_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.deleted_at IS NOT NULL AND NEW.deleted_at IS DISTINCT FROM OLD.deleted_at THEN
    RAISE EXCEPTION 'a deleted account stays deleted'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'users_deleted_stays_deleted', TABLE = 'users';
  END IF;
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER users_guard_deleted BEFORE UPDATE OF deleted_at ON users
  FOR EACH ROW EXECUTE FUNCTION guard_deleted_user();
