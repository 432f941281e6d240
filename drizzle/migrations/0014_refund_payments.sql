-- Gives `original` back by a payment of its own: whoever was paid is its payer, and the other way round. It moves `amounts`,
-- whose accounts the caller has locked, the wallet of whoever had paid among them. Not completed yet where a provider has to
-- give the money back, and then the original is not refunded yet either.
CREATE FUNCTION give_back(
  original payments, refund_id uuid, account_ids bigint[], amounts bigint[], is_completed boolean, given_time timestamptz
) RETURNS payments
LANGUAGE plpgsql VOLATILE SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  refund payments;
BEGIN
  INSERT INTO payments (id, type, status, payer_id, payee_id, stream_id, amount, currency, fee, refunds_id, is_anonymous,
      created_at, completed_at)
    VALUES (refund_id, 'refund', CASE WHEN is_completed THEN 'completed'::payment_status ELSE 'pending' END,
      original.payee_id, original.payer_id, original.stream_id, original.amount, original.currency, original.fee,
      original.id, original.is_anonymous, given_time, CASE WHEN is_completed THEN given_time END)
    RETURNING * INTO refund;
  PERFORM post_transaction('refund', refund_id, NULL, account_ids, amounts, given_time);
  IF is_completed THEN
    UPDATE payments SET status = 'refunded' WHERE id = original.id;
  END IF;
  -- What was given back was not spent, if it is still counted.
  UPDATE spending_limits SET spent_amount = greatest(0, spent_amount - original.amount)
    WHERE user_id = original.payer_id AND spent_on = (original.completed_at AT TIME ZONE 'UTC')::date;
  RETURN refund;
END
$$;
--> statement-breakpoint
-- Where a refund is credited: the wallet of whoever had paid, or for a deleted account, whose wallet nobody can open any
-- more, what was forfeited. The row of the user is locked before.
CREATE FUNCTION refund_account(holder uuid, in_currency char(3)) RETURNS bigint
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  IF EXISTS (SELECT FROM users WHERE id = holder AND deleted_at IS NOT NULL) THEN
    RETURN ledger_account('forfeited', NULL, NULL, NULL, in_currency);
  END IF;
  RETURN ledger_account('wallet', holder, NULL, NULL, in_currency);
END
$$;
--> statement-breakpoint
-- Takes a tip that was given back off the leaderboard and, where it was counted, off the goal; returns the place in the log
-- of what is told of that, or null. One that has not entered the log yet will not. The row of the log is locked before.
CREATE FUNCTION uncount_tip(tip payments, told_time timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  goal tip_goals;
  tip_seq bigint;
BEGIN
  DELETE FROM tip_outbox WHERE stream_id = tip.stream_id AND payment_id = tip.id;
  IF FOUND THEN
    RETURN NULL;
  END IF;
  IF NOT tip.is_anonymous THEN
    DELETE FROM stream_tippers WHERE stream_id = tip.stream_id AND user_id = tip.payer_id AND tip_count <= 1;
    UPDATE stream_tippers SET amount = stream_tippers.amount - tip.amount, tip_count = tip_count - 1
      WHERE stream_id = tip.stream_id AND user_id = tip.payer_id;
  END IF;
  SELECT * INTO goal FROM tip_goals WHERE stream_id = tip.stream_id AND ended_at IS NULL;
  IF goal.id IS NULL THEN
    RETURN NULL;
  END IF;
  -- A goal counts what entered the log after it did.
  SELECT seq INTO tip_seq FROM stream_events
    WHERE stream_id = tip.stream_id AND type = 'tipReceived' AND payload ->> 'paymentId' = tip.id::text;
  IF tip_seq IS NULL OR NOT EXISTS (
    SELECT FROM stream_events
    WHERE stream_id = tip.stream_id AND seq < tip_seq AND type = 'tipGoalChanged'
      AND payload -> 'goal' ->> 'id' = goal.id::text
  ) THEN
    RETURN NULL;
  END IF;
  UPDATE tip_goals SET raised_amount = raised_amount - tip.amount,
      reached_at = CASE WHEN raised_amount - tip.amount >= target_amount THEN reached_at END
    WHERE id = goal.id RETURNING * INTO goal;
  RETURN append_stream_event(tip.stream_id, 'tipGoalChanged', jsonb_build_object('goal', tip_goal(goal)));
END
$$;
--> statement-breakpoint
-- Gives a tip, a ticket or a top-up back. `outcome` is `done`, or the code of why nothing was done; `logged` tells whether
-- the log of its stream grew. A tip comes from the performer's earnings and the platform's fees, a ticket from the account
-- of the show until that is released, then as a tip does. What a top-up brought leaves the wallet at once, and the payment
-- stays pending until `finish_refund` knows what the provider did; `provider_payments` says that it has to.
-- Each refund of a payment locks the wallet of whoever had paid, be it gone or not, so that the second finds the first.
CREATE FUNCTION refund_payment(
  new_id uuid, target_id uuid, actor uuid, refunded_time timestamptz,
  OUT outcome text, OUT original payments, OUT refund payments, OUT logged boolean)
LANGUAGE plpgsql VOLATILE SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  is_admin boolean := EXISTS (SELECT FROM users WHERE id = actor AND role = 'admin');
  source bigint;
  wallet bigint;
  credited bigint;
  source_balance bigint;
  wallet_balance bigint;
  account_ids bigint[];
  amounts bigint[];
BEGIN
  logged := false;
  SELECT * INTO original FROM payments WHERE id = target_id;
  outcome := CASE
    WHEN original.id IS NULL OR NOT (is_admin OR coalesce(actor IN (original.payer_id, original.payee_id), false))
      THEN 'NOT_FOUND'
    WHEN NOT is_admin AND (original.type <> 'private_show' OR original.payee_id <> actor) THEN 'FORBIDDEN'
    WHEN original.type NOT IN ('tip', 'private_show', 'top_up') OR original.status IN ('pending', 'failed')
      -- What no provider has taken, none can give back: the operator has put it into the wallet.
      OR (original.type = 'top_up' AND NOT EXISTS (SELECT FROM provider_payments WHERE payment_id = target_id))
      THEN 'NOT_REFUNDABLE'
  END;
  IF outcome IS NOT NULL THEN
    RETURN;
  END IF;

  IF original.type = 'private_show' THEN
    PERFORM lock_show(original.stream_id, false);
  END IF;
  PERFORM FROM users WHERE id = original.payer_id FOR SHARE;
  IF original.type = 'tip' THEN
    PERFORM FROM stream_logs WHERE stream_id = original.stream_id FOR NO KEY UPDATE;
  END IF;
  wallet := ledger_account('wallet', coalesce(original.payer_id, original.payee_id), NULL, NULL, original.currency);
  IF original.type = 'top_up' THEN
    source := wallet;
    credited := (
      SELECT ledger_accounts.id FROM ledger_transactions AS posted
      JOIN ledger_entries ON transaction_id = posted.id
      JOIN ledger_accounts ON ledger_accounts.id = account_id AND ledger_accounts.kind = 'clearing'
      WHERE posted.payment_id = target_id AND posted.kind = 'top_up');
    account_ids := ARRAY[wallet, credited];
    amounts := ARRAY[-original.amount, original.amount];
  ELSE
    credited := refund_account(original.payer_id, original.currency);
    IF original.type = 'private_show'
      AND NOT EXISTS (SELECT FROM ledger_transactions WHERE stream_id = original.stream_id)
    THEN
      source := ledger_account('tickets', NULL, original.stream_id, NULL, original.currency);
      account_ids := ARRAY[source, credited];
      amounts := ARRAY[-original.amount, original.amount];
    ELSE
      source := ledger_account('earnings', original.payee_id, NULL, NULL, original.currency);
      account_ids := ARRAY[source, ledger_account('revenue', NULL, NULL, NULL, original.currency), credited];
      amounts := ARRAY[original.fee - original.amount, -original.fee, original.amount];
    END IF;
  END IF;
  PERFORM fold_ledger(ARRAY[source, wallet], 0);

  SELECT * INTO original FROM payments WHERE id = target_id;
  SELECT balance INTO source_balance FROM ledger_accounts WHERE id = source;
  SELECT balance INTO wallet_balance FROM ledger_accounts WHERE id = wallet;
  outcome := CASE
    WHEN original.status = 'refunded'
      OR EXISTS (SELECT FROM payments WHERE refunds_id = target_id AND status <> 'failed') THEN 'ALREADY_REFUNDED'
    -- The provider did not give it back, and will not.
    WHEN EXISTS (SELECT FROM payments WHERE refunds_id = target_id) THEN 'NOT_REFUNDABLE'
    WHEN source_balance + amounts[1] < 0 THEN 'FUNDS_SPENT'
    WHEN credited = wallet AND wallet_balance > 9007199254740991 - original.amount THEN 'WALLET_FULL'
    ELSE 'done'
  END;
  IF outcome <> 'done' THEN
    RETURN;
  END IF;

  refund := give_back(original, new_id, account_ids, amounts, original.type <> 'top_up', refunded_time);
  IF original.type = 'top_up' THEN
    INSERT INTO provider_payments (payment_id, provider, created_at)
      SELECT new_id, provider, refunded_time FROM ledger_accounts WHERE id = credited;
  ELSIF original.type = 'tip' AND original.stream_id IS NOT NULL THEN
    logged := uncount_tip(original, refunded_time) IS NOT NULL;
  END IF;
  SELECT * INTO original FROM payments WHERE id = target_id;
END
$$;
--> statement-breakpoint
-- Says what the provider did about the refund of a top-up: the money is on its way back, or it stays and goes to the wallet
-- again. `outcome` is `done`, `unchanged` when that was known before, or `NOT_FOUND`; `owner` is whose wallet it is.
CREATE FUNCTION finish_refund(
  refund_id uuid, has_succeeded boolean, finished_time timestamptz,
  OUT outcome text, OUT owner uuid, OUT original_id uuid)
LANGUAGE plpgsql VOLATILE SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  refund payments;
  wallet bigint;
BEGIN
  SELECT * INTO refund FROM payments WHERE id = refund_id AND type = 'refund' AND payee_id IS NULL;
  IF refund.id IS NULL THEN
    outcome := 'NOT_FOUND';
    RETURN;
  END IF;
  owner := refund.payer_id;
  original_id := refund.refunds_id;
  PERFORM FROM users WHERE id = owner FOR SHARE;
  wallet := ledger_account('wallet', owner, NULL, NULL, refund.currency);
  PERFORM fold_ledger(ARRAY[wallet], 0);
  SELECT * INTO refund FROM payments WHERE id = refund_id;
  IF refund.status <> 'pending' THEN
    outcome := 'unchanged';
    RETURN;
  END IF;
  outcome := 'done';
  IF has_succeeded THEN
    UPDATE payments SET status = 'completed', completed_at = finished_time WHERE id = refund_id;
    UPDATE payments SET status = 'refunded' WHERE id = original_id;
  ELSE
    UPDATE payments SET status = 'failed' WHERE id = refund_id;
    PERFORM post_transaction('payout_return', refund_id, NULL,
      array_agg(CASE WHEN account_id = wallet THEN refund_account(owner, refund.currency) ELSE account_id END),
      array_agg(-amount), finished_time)
      FROM ledger_transactions AS posted JOIN ledger_entries ON transaction_id = posted.id
      WHERE posted.payment_id = refund_id AND posted.kind = 'refund';
  END IF;
END
$$;
--> statement-breakpoint
-- Settles a show that has ended: one that had begun gives what its tickets brought to its performer and the platform, all
-- at once; one that had not gives as many tickets back as there are `refund_ids`. `outcome` is `unchanged` while the show
-- has not ended or when all is done, `released`, `refunded`, or `more` when there may be tickets left. `holders` are those
-- whose tickets were given back. Whoever settles a show does it alone.
CREATE FUNCTION settle_show(
  target_id uuid, refund_ids uuid[], settled_time timestamptz,
  OUT outcome text, OUT performer uuid, OUT holders uuid[])
LANGUAGE plpgsql VOLATILE SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  show streams;
  is_gone boolean;
  escrow bigint;
  total bigint;
  fees bigint;
  tickets payments[];
BEGIN
  outcome := 'unchanged';
  holders := '{}';
  IF NOT EXISTS (SELECT FROM open_shows WHERE stream_id = target_id) THEN
    RETURN;
  END IF;
  PERFORM lock_show(target_id, true);
  SELECT * INTO show FROM streams WHERE id = target_id;
  performer := show.performer_id;
  IF show.status <> 'ended' OR NOT EXISTS (SELECT FROM open_shows WHERE stream_id = target_id) THEN
    RETURN;
  END IF;
  escrow := ledger_account('tickets', NULL, target_id, NULL, show.currency);

  IF show.started_at IS NOT NULL THEN
    SELECT deleted_at IS NOT NULL INTO is_gone FROM users WHERE id = performer FOR SHARE;
    PERFORM fold_ledger(ARRAY[escrow], 0);
    SELECT balance INTO total FROM ledger_accounts WHERE id = escrow;
    SELECT coalesce(sum(fee), 0) INTO fees FROM payments
      WHERE stream_id = target_id AND type = 'private_show' AND status = 'completed';
    IF total > 0 THEN
      PERFORM post_transaction('release', NULL, target_id,
        ARRAY[escrow,
          CASE WHEN is_gone THEN ledger_account('forfeited', NULL, NULL, NULL, show.currency)
            ELSE ledger_account('earnings', performer, NULL, NULL, show.currency) END,
          ledger_account('revenue', NULL, NULL, NULL, show.currency)],
        ARRAY[-total, total - fees, fees], settled_time);
    END IF;
    DELETE FROM open_shows WHERE stream_id = target_id;
    outcome := 'released';
    RETURN;
  END IF;

  SELECT coalesce(array_agg(ticket ORDER BY (ticket).id), '{}'), coalesce(array_agg((ticket).payer_id), '{}')
    INTO tickets, holders
    FROM (
      SELECT payments AS ticket FROM payments
      WHERE stream_id = target_id AND type = 'private_show' AND status = 'completed'
      ORDER BY id LIMIT cardinality(refund_ids)
    ) AS due;
  PERFORM FROM users WHERE id = ANY (holders) ORDER BY id FOR SHARE;
  PERFORM fold_ledger(escrow || ARRAY(
    SELECT id FROM ledger_accounts WHERE owner_id = ANY (holders) AND kind = 'wallet' AND currency = show.currency), 0);
  FOR place IN 1 .. cardinality(tickets) LOOP
    PERFORM give_back(tickets[place], refund_ids[place],
      ARRAY[escrow, refund_account(tickets[place].payer_id, show.currency)],
      ARRAY[-tickets[place].amount, tickets[place].amount]::bigint[], true, settled_time);
  END LOOP;
  outcome := 'more';
  IF cardinality(tickets) < cardinality(refund_ids) THEN
    DELETE FROM open_shows WHERE stream_id = target_id;
    outcome := 'refunded';
  END IF;
END
$$;
