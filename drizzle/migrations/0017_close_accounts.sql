-- For whoever looks for money that reached an account after its owner had gone.
CREATE INDEX users_deleted_idx ON users (deleted_at) WHERE deleted_at IS NOT NULL;
--> statement-breakpoint
-- Gives up what some accounts of one owner hold, which are folded and locked already. Returns how much that was.
CREATE FUNCTION forfeit_balances(account_ids bigint[], forfeited_time timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  held record;
  forfeited bigint := 0;
BEGIN
  FOR held IN
    SELECT currency, array_agg(id) AS ids, array_agg(-balance) AS amounts, sum(balance)::bigint AS total
    FROM ledger_accounts WHERE id = ANY (account_ids) AND balance > 0 GROUP BY currency
  LOOP
    PERFORM post_transaction('forfeit', NULL, NULL,
      held.ids || ledger_account('forfeited', NULL, NULL, NULL, held.currency), held.amounts || held.total, forfeited_time);
    forfeited := forfeited + held.total;
  END LOOP;
  RETURN forfeited;
END
$$;
--> statement-breakpoint
-- Locks the payouts of a performer that are neither rejected nor paid, so that none is decided meanwhile.
CREATE FUNCTION lock_open_payouts(performer uuid) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM FROM payouts JOIN payments ON payments.id = payment_id
    WHERE payer_id = performer AND payouts.status IN ('requested', 'approved') ORDER BY payment_id FOR UPDATE OF payouts;
END
$$;
--> statement-breakpoint
-- Takes back what a performer has asked to be paid out and nobody has approved. The earnings are locked already, so that
-- what comes back is added to them here: waiting for a fold by another would be waiting for whoever waits for the lock.
CREATE FUNCTION withdraw_payouts(performer uuid, withdrawn_time timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  payout record;
  earnings_id bigint;
  posted_id bigint;
BEGIN
  FOR payout IN
    SELECT payments.id, payments.amount, payments.currency FROM payouts JOIN payments ON payments.id = payment_id
    WHERE payer_id = performer AND payouts.status = 'requested' ORDER BY payments.id
  LOOP
    earnings_id := ledger_account('earnings', performer, NULL, NULL, payout.currency);
    posted_id := post_transaction('payout_return', payout.id, NULL,
      ARRAY[earnings_id, ledger_account('payouts', NULL, NULL, NULL, payout.currency)],
      ARRAY[payout.amount, -payout.amount]::bigint[], withdrawn_time);
    DELETE FROM ledger_pending WHERE account_id = earnings_id AND transaction_id = posted_id;
    UPDATE ledger_accounts SET balance = balance + payout.amount WHERE id = earnings_id;
    UPDATE payouts SET status = 'rejected', decided_by_id = performer, decided_at = withdrawn_time,
      reason = 'The account was deleted.' WHERE payment_id = payout.id;
    UPDATE payments SET status = 'failed' WHERE id = payout.id;
  END LOOP;
END
$$;
--> statement-breakpoint
DROP FUNCTION delete_account(uuid, timestamptz);
--> statement-breakpoint
-- Takes the person out of an account and ends what is under way: sessions, streams, and what binds others to it. Only the
-- ledger stays as it is. `outcome` is `deleted`, `NOT_FOUND`, or `BALANCE_OPEN` with `open_money`, what is in the way and
-- how much of it, and then nothing has changed. `forfeit` gives up the wallet, the earnings and what was asked to be paid
-- out; a payout that is approved is in the way all the same, and so are the tickets of a show that has begun, until it is
-- over and they are the performer's earnings. Those of a show that never began go back to the viewers.
-- All that tells whether it may be done is locked, in the order of everybody, before anything is written.
CREATE FUNCTION delete_account(
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
--> statement-breakpoint
-- Gives up what reached the account of a user who had gone already: a tip that was sent at that very moment, the price of
-- a ticket that was given back, a top-up that its provider was slow to report. Returns how much it was.
CREATE FUNCTION forfeit_leftovers(of_user uuid, forfeited_time timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  account_ids bigint[] := ARRAY(SELECT id FROM ledger_accounts WHERE owner_id = of_user);
BEGIN
  IF NOT EXISTS (SELECT FROM users WHERE id = of_user AND deleted_at IS NOT NULL) THEN
    RETURN 0;
  END IF;
  PERFORM fold_ledger(account_ids, 0);
  RETURN forfeit_balances(account_ids, forfeited_time);
END
$$;
--> statement-breakpoint
-- A user's own limit as it is at `as_of`, with what was spent on that day in UTC: counted while there is a limit, and
-- added up from the payments while there is none. What was given back was not spent.
CREATE FUNCTION spending_limit(
  of_user uuid, as_of timestamptz,
  OUT daily_amount integer, OUT spent_today bigint, OUT next_daily_amount integer, OUT next_from timestamptz)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  today date := (as_of AT TIME ZONE 'UTC')::date;
  known spending_limits;
BEGIN
  SELECT * INTO known FROM spending_limits WHERE user_id = of_user;
  IF NOT FOUND THEN
    SELECT coalesce(sum(amount), 0) INTO spent_today FROM payments
      WHERE payer_id = of_user AND type IN ('tip', 'private_show') AND status = 'completed'
        AND completed_at >= today::timestamp AT TIME ZONE 'UTC';
    RETURN;
  END IF;
  spent_today := CASE WHEN known.spent_on >= today THEN known.spent_amount ELSE 0 END;
  IF known.next_from <= as_of THEN
    daily_amount := known.next_daily_amount;
  ELSE
    daily_amount := known.daily_amount;
    next_daily_amount := known.next_daily_amount;
    next_from := known.next_from;
  END IF;
END
$$;
--> statement-breakpoint
-- Sets a user's own limit for a day, null for none: a lower one at once, a higher one a day later, so that nobody lifts it
-- on the spur of the moment. The same wish, or a more modest one, goes on waiting since it was first made.
-- The wallet is locked first, as by whoever spends, so that nothing is spent between the counting and the limit.
CREATE FUNCTION set_spending_limit(of_user uuid, new_amount integer, in_currency char(3), asked_time timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  present record;
  unlimited constant bigint := 9007199254740991;
  is_lower boolean;
BEGIN
  PERFORM lock_ledger_accounts(ARRAY[ledger_account('wallet', of_user, NULL, NULL, in_currency)]);
  SELECT * INTO present FROM spending_limit(of_user, asked_time);
  is_lower := coalesce(new_amount, unlimited) <= coalesce(present.daily_amount, unlimited);
  INSERT INTO spending_limits AS known (user_id, daily_amount, next_daily_amount, next_from, spent_amount, spent_on)
    VALUES (of_user,
      CASE WHEN is_lower THEN new_amount ELSE present.daily_amount END,
      CASE WHEN NOT is_lower THEN new_amount END,
      CASE WHEN is_lower THEN NULL
        WHEN coalesce(new_amount, unlimited) <= coalesce(present.next_daily_amount, unlimited)
          THEN coalesce(present.next_from, asked_time + interval '1 day')
        ELSE asked_time + interval '1 day' END,
      present.spent_today, (asked_time AT TIME ZONE 'UTC')::date)
    ON CONFLICT (user_id) DO UPDATE SET
      daily_amount = excluded.daily_amount, next_daily_amount = excluded.next_daily_amount,
      next_from = excluded.next_from, spent_amount = excluded.spent_amount,
      spent_on = greatest(known.spent_on, excluded.spent_on);
END
$$;
