-- As before, but all open streams are locked before the first is ended. A start that has locked one of them waits for
-- whoever is about to end the live one, to know whether it may go live: each would wait for the other.
CREATE OR REPLACE FUNCTION delete_account(account_id uuid, deleted_time timestamptz) RETURNS timestamptz
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
  PERFORM FROM streams WHERE performer_id = account_id AND status <> 'ended' ORDER BY id FOR UPDATE;
  UPDATE streams SET status = 'ended', ended_at = deleted_time WHERE performer_id = account_id AND status <> 'ended';
  RETURN deleted_time;
END
$$;
