-- Takes the person out of an account and ends what is under way: sessions, streams, and what binds others to it. Only the
-- ledger stays as it is. `outcome` is `deleted`, `NOT_FOUND`, or `BALANCE_OPEN` with `open_money`, what is in the way and
-- how much of it, and then nothing has changed. `forfeit` gives up the wallet, the earnings and what was asked to be paid
-- out; a payout that is approved is in the way all the same, and so are the tickets of a show that has begun, until it is
-- over and they are the performer's earnings. Those of a show that never began go back to the viewers.
-- All that tells whether it may be done is locked, in the order of everybody, before anything is written: the shows too,
-- or a ticket sold at this moment would be paid to nobody.
CREATE OR REPLACE FUNCTION delete_account(
  account_id uuid, deleted_time timestamptz, forfeit boolean DEFAULT false, OUT outcome text, OUT open_money json)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  account_ids bigint[];
BEGIN
  PERFORM FROM users WHERE id = account_id AND deleted_at IS NULL FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    outcome := 'NOT_FOUND';
    RETURN;
  END IF;
  PERFORM FROM streams WHERE performer_id = account_id AND status <> 'ended' ORDER BY id FOR NO KEY UPDATE;
  PERFORM FROM stream_logs JOIN streams ON streams.id = stream_id
    WHERE performer_id = account_id AND status <> 'ended' ORDER BY stream_id FOR NO KEY UPDATE OF stream_logs;
  -- After their rows, as by whoever changes their terms. Only a refund that holds one of these shows may wait for a row that
  -- is held here: for its payer, should that be another performer whose account is closed at the same moment.
  PERFORM lock_show(id, true) FROM (
    SELECT id FROM streams WHERE performer_id = account_id AND is_private AND status <> 'ended' ORDER BY id
  ) AS shows;
  -- Payouts twice: what is sent back at this moment is to be folded, and what was asked for while this waited is there.
  PERFORM lock_open_payouts(account_id);
  account_ids := ARRAY(SELECT id FROM ledger_accounts WHERE owner_id = account_id);
  PERFORM fold_ledger(account_ids, 0);
  PERFORM lock_open_payouts(account_id);

  SELECT json_agg(json_build_object('kind', held.kind, 'amount', held.amount, 'currency', held.currency))
    INTO open_money
    FROM (
      SELECT kind::text AS kind, balance AS amount, currency FROM ledger_accounts
        WHERE id = ANY (account_ids) AND balance > 0 AND NOT forfeit
      UNION ALL
      SELECT payouts.status::text || ' payouts', sum(payments.amount), currency
        FROM payouts JOIN payments ON payments.id = payment_id
        WHERE payer_id = account_id AND payouts.status IN ('requested', 'approved')
          AND NOT (forfeit AND payouts.status = 'requested')
        GROUP BY payouts.status, currency
      UNION ALL
      SELECT 'tickets', sum(unreleased.amount), unreleased.currency
        FROM (
          SELECT ledger_accounts.currency, balance + coalesce(
              (SELECT sum(amount) FROM ledger_pending WHERE ledger_pending.account_id = ledger_accounts.id), 0) AS amount
          FROM streams JOIN ledger_accounts ON stream_id = streams.id
          WHERE performer_id = delete_account.account_id AND started_at IS NOT NULL
        ) AS unreleased
        GROUP BY unreleased.currency HAVING sum(unreleased.amount) > 0
    ) AS held;
  IF open_money IS NOT NULL THEN
    outcome := 'BALANCE_OPEN';
    RETURN;
  END IF;

  outcome := 'deleted';
  PERFORM withdraw_payouts(account_id, deleted_time);
  PERFORM forfeit_balances(account_ids, deleted_time);
  DELETE FROM spending_limits WHERE user_id = account_id;
  UPDATE users SET
    username = NULL, email = NULL, password_hash = NULL, display_name = 'Deleted user', bio = '', avatar_url = NULL,
    role = 'viewer', is_verified = false, token_version = token_version + 1, deleted_at = deleted_time
  WHERE id = account_id;
  UPDATE sessions SET revoked_at = coalesce(revoked_at, deleted_time),
    revoked_reason = coalesce(revoked_reason, 'account_deleted'), user_agent = NULL
  WHERE user_id = account_id;

  PERFORM FROM follows WHERE account_id IN (follower_id, followed_id) ORDER BY follower_id, followed_id FOR UPDATE;
  DELETE FROM follows WHERE account_id IN (follower_id, followed_id);
  PERFORM FROM room_moderators WHERE account_id IN (performer_id, user_id) ORDER BY performer_id, user_id FOR UPDATE;
  DELETE FROM room_moderators WHERE account_id IN (performer_id, user_id);
  PERFORM FROM room_restrictions WHERE account_id IN (performer_id, user_id) ORDER BY performer_id, user_id FOR UPDATE;
  DELETE FROM room_restrictions WHERE account_id IN (performer_id, user_id);
  DELETE FROM room_settings WHERE performer_id = account_id;
  UPDATE streams SET status = 'ended', ended_at = deleted_time, viewer_count = 0
    WHERE performer_id = account_id AND status <> 'ended';
END
$$;
