-- Keeps a passkey, as before, for a session that is good still, and notes it: whoever's session has just been ended, by a
-- reset of the password above all, does not leave a way back in. The session is read once the account's row is locked,
-- since everything that ends sessions for safety locks that first.
DROP FUNCTION add_passkey(uuid, uuid, text, text, bigint, text, timestamptz, integer);
--> statement-breakpoint
CREATE FUNCTION add_passkey(
  new_id uuid, owner_id uuid, own_session_id uuid, new_credential_id text, new_public_key text, new_sign_count bigint,
  new_name text, added_time timestamptz, passkeys_max integer
) RETURNS text
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM FROM users WHERE id = owner_id AND deleted_at IS NULL AND suspended_at IS NULL FOR NO KEY UPDATE;
  IF NOT FOUND
    OR NOT EXISTS (SELECT FROM sessions WHERE id = own_session_id AND user_id = owner_id AND revoked_at IS NULL) THEN
    RETURN 'SESSION_REVOKED';
  END IF;
  IF (SELECT count(*) FROM passkeys WHERE user_id = owner_id) >= passkeys_max THEN
    RETURN 'too many';
  END IF;
  INSERT INTO passkeys (id, user_id, credential_id, public_key, sign_count, name, created_at)
  VALUES (new_id, owner_id, new_credential_id, new_public_key, new_sign_count, new_name, added_time);
  PERFORM note_audit(owner_id, 'passkey_added', owner_id, NULL);
  RETURN 'done';
END
$$;
--> statement-breakpoint
-- Sets the password, and ends every session and every passkey: who resets a password may be the owner of an address with
-- which somebody else has made the account, or had a hand in it, and a passkey needs no password. Whoever has the mail
-- reads its address.
CREATE OR REPLACE FUNCTION reset_password(given_hash text, new_password_hash text, reset_time timestamptz)
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
  DELETE FROM passkeys WHERE user_id = taken.account_id;
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
-- Makes new recovery codes for a code of the second factor, as before, and notes it.
CREATE OR REPLACE FUNCTION renew_recovery_codes(
  owner_id uuid, verified_secret text, code_step bigint, recovery_hash text, hashes text[], renewed_time timestamptz
) RETURNS TABLE (outcome text, paused timestamptz)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  SELECT spent.outcome, spent.paused INTO outcome, paused
  FROM spend_second_factor_code(owner_id, verified_secret, code_step, recovery_hash, renewed_time) AS spent;
  IF outcome = 'done' THEN
    PERFORM replace_recovery_codes(owner_id, hashes, renewed_time);
    PERFORM note_audit(owner_id, 'recovery_codes_renewed', owner_id, NULL);
  END IF;
  RETURN NEXT;
END
$$;
--> statement-breakpoint
-- Somebody is left to administer the site, whoever deletes an account: as when one is suspended or loses the role.
CREATE FUNCTION keep_last_admin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF is_last_admin(OLD) THEN
    RAISE EXCEPTION 'no admin would be left'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'users_admin_left', TABLE = 'users';
  END IF;
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER users_admin_left BEFORE UPDATE OF deleted_at ON users
  FOR EACH ROW WHEN (OLD.role = 'admin' AND OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL)
  EXECUTE FUNCTION keep_last_admin();
