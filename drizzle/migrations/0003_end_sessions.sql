-- Both functions lock the account's row first and read its sessions after it, so that the session of a login at the
-- same moment is ended too; a single statement would still see the state from before it waited.

-- Sets the password, ends every other session and renews the kept one, with every token of the account. Does nothing
-- and returns no row unless the hash that was verified still stands and the kept session is good.
CREATE FUNCTION change_password(
  account_id uuid, kept_session_id uuid, verified_hash text, new_hash text,
  next_token_id uuid, changed_time timestamptz, next_expiry timestamptz
) RETURNS TABLE (new_token_version integer, session_expires_at timestamptz)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM FROM users WHERE id = account_id AND password_hash = verified_hash AND deleted_at IS NULL FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  UPDATE sessions SET refresh_token_id = next_token_id, authenticated_at = changed_time, last_used_at = changed_time,
    expires_at = least(next_expiry, absolute_expires_at)
  WHERE id = kept_session_id AND user_id = account_id AND revoked_at IS NULL
  RETURNING expires_at INTO session_expires_at;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  UPDATE sessions SET revoked_at = changed_time, revoked_reason = 'password_changed'
  WHERE user_id = account_id AND id <> kept_session_id AND revoked_at IS NULL;
  UPDATE users SET password_hash = new_hash, token_version = token_version + 1 WHERE id = account_id
  RETURNING token_version INTO new_token_version;
  RETURN NEXT;
END
$$;
--> statement-breakpoint
-- Ends every session of the account, and with the token version every token.
CREATE FUNCTION log_out_everywhere(account_id uuid, logout_time timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  UPDATE users SET token_version = token_version + 1 WHERE id = account_id;
  UPDATE sessions SET revoked_at = logout_time, revoked_reason = 'logout'
  WHERE user_id = account_id AND revoked_at IS NULL;
END
$$;
