-- Every function here locks the account's row, then its second factor, then its sessions, in the order of those that
-- end sessions; only spend_second_factor_code locks less.

-- A login that read that there is no second factor is refused when one was confirmed meanwhile. It holds the lock of the
-- account's row by now, so that it sees what those before it did.
CREATE FUNCTION require_second_factor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM second_factors WHERE user_id = NEW.user_id AND confirmed_at IS NOT NULL) THEN
    RAISE EXCEPTION 'the account has a second factor'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'sessions_second_factor_given', TABLE = 'sessions';
  END IF;
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER sessions_second_factor_given BEFORE INSERT ON sessions
  FOR EACH ROW WHEN (NEW.second_factor_at IS NULL) EXECUTE FUNCTION require_second_factor();
--> statement-breakpoint
-- For how long no code is looked at after so many wrong ones in a row: nothing for four, then half a minute, doubling
-- up to a day. Whoever knows the password and tries for a year guesses one of three million with 0.1 per cent.
CREATE FUNCTION second_factor_pause(wrong integer) RETURNS interval LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN wrong < 5 THEN interval '0'
    ELSE least(interval '30 seconds' * power(2, least(wrong - 5, 20)), interval '1 day') END
$$;
--> statement-breakpoint
-- Takes a code: the one of `code_step`, null for one that is of no step around now, or the recovery code of that hash.
-- The secret must still be the one that the code was compared with. The outcome is `done` or the code of an error.
-- Recovery codes are taken during a pause too: they are too long to guess, so that nobody keeps the owner out.
CREATE FUNCTION spend_second_factor_code(
  owner_id uuid, verified_secret text, code_step bigint, recovery_hash text, spent_time timestamptz
) RETURNS TABLE (outcome text, paused timestamptz)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  factor second_factors;
BEGIN
  SELECT * INTO factor FROM second_factors WHERE user_id = owner_id FOR UPDATE;
  outcome := CASE
    WHEN NOT FOUND THEN 'SECOND_FACTOR_NOT_SET_UP'
    WHEN recovery_hash IS NOT NULL THEN 'recovery'
    WHEN factor.paused_until > spent_time THEN 'RATE_LIMITED'
    WHEN code_step > factor.last_step AND factor.secret = verified_secret THEN 'done'
    ELSE 'SECOND_FACTOR_INVALID' END;

  IF outcome = 'recovery' THEN
    DELETE FROM recovery_codes WHERE user_id = owner_id AND code_hash = recovery_hash;
    outcome := CASE WHEN FOUND THEN 'done' ELSE 'SECOND_FACTOR_INVALID' END;
    IF FOUND THEN
      PERFORM note_audit(owner_id, 'recovery_code_used', owner_id, NULL);
    END IF;
  ELSIF outcome = 'SECOND_FACTOR_INVALID' THEN
    UPDATE second_factors SET wrong_codes = wrong_codes + 1,
      paused_until = spent_time + nullif(second_factor_pause(wrong_codes + 1), interval '0')
    WHERE user_id = owner_id;
  END IF;
  IF outcome = 'done' THEN
    UPDATE second_factors SET wrong_codes = 0, paused_until = NULL, last_step = coalesce(code_step, last_step)
    WHERE user_id = owner_id;
  END IF;
  paused := CASE WHEN outcome = 'RATE_LIMITED' THEN factor.paused_until END;
  RETURN NEXT;
END
$$;
--> statement-breakpoint
-- Puts these in the place of whatever recovery codes there were.
CREATE FUNCTION replace_recovery_codes(owner_id uuid, hashes text[], made_time timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  DELETE FROM recovery_codes WHERE user_id = owner_id;
  INSERT INTO recovery_codes (user_id, code_hash, created_at) SELECT owner_id, hash, made_time FROM unnest(hashes) AS hash;
END
$$;
--> statement-breakpoint
-- Ends every session but one. The account's row must be locked, so that no login is on its way.
CREATE FUNCTION end_other_sessions(owner_id uuid, kept_session_id uuid, ended_time timestamptz) RETURNS void
LANGUAGE sql VOLATILE AS $$
  UPDATE sessions SET revoked_at = ended_time, revoked_reason = 'second_factor_changed'
  WHERE user_id = owner_id AND id <> kept_session_id AND revoked_at IS NULL
$$;
--> statement-breakpoint
-- Keeps a new secret until its first code is given, in the place of one that was never confirmed. Answers whether it did.
CREATE FUNCTION begin_second_factor(owner_id uuid, new_secret text, begun_time timestamptz) RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  -- Locked, so that nothing is kept of an account that is being deleted.
  PERFORM FROM users WHERE id = owner_id AND deleted_at IS NULL FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  INSERT INTO second_factors (user_id, secret, created_at) VALUES (owner_id, new_secret, begun_time)
  ON CONFLICT (user_id) DO UPDATE SET secret = new_secret, created_at = begun_time, last_step = 0, wrong_codes = 0,
    paused_until = NULL
  WHERE second_factors.confirmed_at IS NULL;
  RETURN FOUND;
END
$$;
--> statement-breakpoint
-- Confirms the second factor by its first code, makes its recovery codes, marks the session that gave it and ends the
-- others. Does nothing but count a wrong code unless the outcome is `done`.
CREATE FUNCTION confirm_second_factor(
  owner_id uuid, own_session_id uuid, verified_secret text, code_step bigint, hashes text[], confirmed_time timestamptz
) RETURNS TABLE (outcome text, paused timestamptz)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM FROM users WHERE id = owner_id AND deleted_at IS NULL FOR NO KEY UPDATE;
  IF EXISTS (SELECT FROM second_factors WHERE user_id = owner_id AND confirmed_at IS NOT NULL) THEN
    outcome := 'SECOND_FACTOR_ALREADY_SET_UP';
  ELSIF NOT EXISTS (SELECT FROM sessions WHERE id = own_session_id AND user_id = owner_id AND revoked_at IS NULL) THEN
    outcome := 'SESSION_REVOKED';
  ELSE
    SELECT spent.outcome, spent.paused INTO outcome, paused
    FROM spend_second_factor_code(owner_id, verified_secret, code_step, NULL, confirmed_time) AS spent;
  END IF;
  IF outcome = 'done' THEN
    UPDATE second_factors SET confirmed_at = confirmed_time WHERE user_id = owner_id;
    PERFORM replace_recovery_codes(owner_id, hashes, confirmed_time);
    UPDATE sessions SET second_factor_at = confirmed_time WHERE id = own_session_id;
    PERFORM end_other_sessions(owner_id, own_session_id, confirmed_time);
    PERFORM note_audit(owner_id, 'second_factor_set_up', owner_id, NULL);
  END IF;
  RETURN NEXT;
END
$$;
--> statement-breakpoint
-- Makes new recovery codes for a code of the second factor.
CREATE FUNCTION renew_recovery_codes(
  owner_id uuid, verified_secret text, code_step bigint, recovery_hash text, hashes text[], renewed_time timestamptz
) RETURNS TABLE (outcome text, paused timestamptz)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  SELECT spent.outcome, spent.paused INTO outcome, paused
  FROM spend_second_factor_code(owner_id, verified_secret, code_step, recovery_hash, renewed_time) AS spent;
  IF outcome = 'done' THEN
    PERFORM replace_recovery_codes(owner_id, hashes, renewed_time);
  END IF;
  RETURN NEXT;
END
$$;
--> statement-breakpoint
-- Removes the second factor and its recovery codes for one of its codes, and ends the other sessions.
CREATE FUNCTION remove_second_factor(
  owner_id uuid, own_session_id uuid, verified_secret text, code_step bigint, recovery_hash text,
  removed_time timestamptz
) RETURNS TABLE (outcome text, paused timestamptz)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM FROM users WHERE id = owner_id AND deleted_at IS NULL FOR NO KEY UPDATE;
  SELECT spent.outcome, spent.paused INTO outcome, paused
  FROM spend_second_factor_code(owner_id, verified_secret, code_step, recovery_hash, removed_time) AS spent;
  IF outcome = 'done' THEN
    DELETE FROM second_factors WHERE user_id = owner_id;
    UPDATE sessions SET second_factor_at = NULL WHERE user_id = owner_id;
    PERFORM end_other_sessions(owner_id, own_session_id, removed_time);
    PERFORM note_audit(owner_id, 'second_factor_removed', owner_id, NULL);
  END IF;
  RETURN NEXT;
END
$$;
