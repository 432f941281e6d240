-- Anonymises an account for good: nothing that names a person stays, its sessions and its streams end, and what the
-- ledger and the chat refer to keeps its id. Returns when, or null when there is no such account any more.
-- The account's row is locked first and the rest is read after it, so that a stream or a session that was made at the
-- same moment is ended too; a single statement would still see the state from before it waited.
CREATE FUNCTION delete_account(account_id uuid, deleted_time timestamptz) RETURNS timestamptz
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
  UPDATE streams SET status = 'ended', ended_at = deleted_time WHERE performer_id = account_id AND status <> 'ended';
  RETURN deleted_time;
END
$$;
