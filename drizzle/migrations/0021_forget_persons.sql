-- What names a person and is not in a column that `delete_account` empties itself.
CREATE FUNCTION forget_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.suspension_reason := NULL;
  NEW.email_verified_at := NULL;
  NEW.birth_date := NULL;
  DELETE FROM account_tokens WHERE user_id = NEW.id;
  DELETE FROM second_factors WHERE user_id = NEW.id;
  UPDATE sessions SET address_prefix = NULL WHERE user_id = NEW.id;
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER users_forget_person BEFORE UPDATE OF deleted_at ON users
  FOR EACH ROW WHEN (NEW.deleted_at IS NOT NULL) EXECUTE FUNCTION forget_person();
--> statement-breakpoint
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is append-only'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_log_append_only', TABLE = 'audit_log';
END
$$;
--> statement-breakpoint
-- For each statement, because a TRUNCATE has no rows.
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
--> statement-breakpoint
-- Writes a line of the audit log and answers its id. It is called by the statement that does the thing, so that neither
-- is without the other; a CTE that only selects it must be read by the statement, or PostgreSQL never calls it.
CREATE FUNCTION note_audit(actor uuid, action text, subject uuid, details jsonb) RETURNS bigint
LANGUAGE sql VOLATILE AS $$
  INSERT INTO audit_log (actor_id, action, subject_id, details) VALUES (actor, action, subject, details)
  RETURNING id
$$;
--> statement-breakpoint
-- As before, and a thumbnail is seen too.
DROP TRIGGER streams_keep_log ON streams;
--> statement-breakpoint
CREATE TRIGGER streams_keep_log
  AFTER INSERT
  OR UPDATE OF title, description, category, tags, thumbnail_url, status, is_private, price_amount, scheduled_start_at
  ON streams FOR EACH ROW EXECUTE FUNCTION keep_stream_log();
