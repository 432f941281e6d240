-- Opens a session, provided that the password hash is still the one that was verified and that the account has not been
-- suspended since; no row otherwise. An account has
-- at most `sessions_max` good sessions, and the least recently used ones make room. The account's row is locked before
-- its sessions are read, so that logins at the same moment count each other.
CREATE FUNCTION log_in(
  account_id uuid, verified_hash text, sessions_max integer, new_session_id uuid, new_refresh_token_id uuid,
  new_user_agent text, new_address_prefix text, new_second_factor_at timestamptz, login_time timestamptz,
  new_expires_at timestamptz, new_absolute_expires_at timestamptz
) RETURNS TABLE (account users, superseded_ids uuid[])
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  UPDATE users SET last_login_at = login_time
  WHERE id = account_id AND password_hash = verified_hash AND deleted_at IS NULL AND suspended_at IS NULL
  RETURNING users.* INTO account;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  WITH superseded AS (
    UPDATE sessions SET revoked_at = login_time, revoked_reason = 'superseded'
    WHERE revoked_at IS NULL AND id IN (
      SELECT id FROM sessions
      WHERE user_id = account_id AND revoked_at IS NULL AND expires_at > login_time
      ORDER BY last_used_at DESC, id DESC OFFSET sessions_max - 1
    )
    RETURNING id
  )
  SELECT coalesce(array_agg(id), '{}') INTO superseded_ids FROM superseded;
  INSERT INTO sessions (id, user_id, refresh_token_id, user_agent, address_prefix, second_factor_at, created_at,
    authenticated_at, last_used_at, expires_at, absolute_expires_at)
  VALUES (new_session_id, account_id, new_refresh_token_id, new_user_agent, new_address_prefix, new_second_factor_at,
    login_time, login_time, login_time, new_expires_at, new_absolute_expires_at);
  RETURN NEXT;
END
$$;
