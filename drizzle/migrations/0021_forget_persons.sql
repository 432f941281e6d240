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
