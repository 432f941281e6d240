-- Each function locks the account's row before it takes the token, as everything does that changes an account, so that
-- of two calls with one token the second finds none. None answers a row for a token that is not good. What was done is
-- in the audit log, without addresses, which would outlive a deleted account there.

-- What lets in by a password or an address that is no longer the account's is good for nothing.
CREATE FUNCTION end_account_tokens() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM account_tokens
  WHERE user_id = NEW.id AND NOT (purpose = 'email_verification' AND email = NEW.email);
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER users_end_account_tokens AFTER UPDATE OF password_hash, email ON users
  FOR EACH ROW WHEN (OLD.password_hash IS DISTINCT FROM NEW.password_hash OR OLD.email IS DISTINCT FROM NEW.email)
  EXECUTE FUNCTION end_account_tokens();
--> statement-breakpoint
-- Spends a token, and answers its account, which is locked, and the address that the mail went to.
CREATE FUNCTION take_account_token(
  given_purpose account_token_purpose, given_hash text, taken_time timestamptz,
  OUT account_id uuid, OUT token_email text
) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  owner_id uuid;
BEGIN
  SELECT user_id INTO owner_id FROM account_tokens WHERE token_hash = given_hash AND purpose = given_purpose;
  PERFORM FROM users WHERE id = owner_id AND deleted_at IS NULL FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  DELETE FROM account_tokens
  WHERE token_hash = given_hash AND purpose = given_purpose AND user_id = owner_id AND expires_at > taken_time
  RETURNING user_id, email INTO account_id, token_email;
END
$$;
--> statement-breakpoint
-- Sets the password and ends every session, with every token of the account. Whoever has the mail reads its address.
CREATE FUNCTION reset_password(given_hash text, new_password_hash text, reset_time timestamptz)
RETURNS TABLE (id uuid, username text, email text) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  taken record;
BEGIN
  SELECT * INTO taken FROM take_account_token('password_reset', given_hash, reset_time);
  IF taken.account_id IS NULL THEN
    RETURN;
  END IF;
  UPDATE sessions SET revoked_at = reset_time, revoked_reason = 'password_reset'
  WHERE user_id = taken.account_id AND revoked_at IS NULL;
  RETURN QUERY UPDATE users SET password_hash = new_password_hash, token_version = token_version + 1,
    email_verified_at = coalesce(email_verified_at, reset_time)
  WHERE users.id = taken.account_id
  RETURNING users.id, users.username, users.email;
  IF FOUND THEN
    PERFORM note_audit(taken.account_id, 'password_reset', taken.account_id, NULL);
  END IF;
END
$$;
--> statement-breakpoint
CREATE FUNCTION verify_email(given_hash text, verified_time timestamptz)
RETURNS TABLE (id uuid) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  taken record;
BEGIN
  SELECT * INTO taken FROM take_account_token('email_verification', given_hash, verified_time);
  RETURN QUERY UPDATE users SET email_verified_at = coalesce(email_verified_at, verified_time)
  WHERE users.id = taken.account_id AND users.email = taken.token_email
  RETURNING users.id;
  IF FOUND THEN
    PERFORM note_audit(taken.account_id, 'email_verified', taken.account_id, NULL);
  END IF;
END
$$;
--> statement-breakpoint
-- The new address is verified, because the token was sent there.
CREATE FUNCTION change_email(given_hash text, changed_time timestamptz)
RETURNS TABLE (id uuid, username text, email text, former_email text) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  taken record;
  former text;
BEGIN
  SELECT * INTO taken FROM take_account_token('email_change', given_hash, changed_time);
  SELECT users.email INTO former FROM users WHERE users.id = taken.account_id;
  RETURN QUERY UPDATE users SET email = taken.token_email, email_verified_at = changed_time
  WHERE users.id = taken.account_id
  RETURNING users.id, users.username, users.email, former;
  IF FOUND THEN
    PERFORM note_audit(taken.account_id, 'email_changed', taken.account_id, NULL);
  END IF;
END
$$;
