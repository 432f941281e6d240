-- Opens a top-up: the payment, and what is to be asked of the provider, are there before the provider is. `outcome` is
-- `opened`, `replayed` for the same request under a key that was used before, or the code of why nothing was done.
-- The rest is what is known of the top-up; of one that was answered, the answer.
-- The account and its wallet are locked first and everything is read after it, so that two requests of one user come one
-- after the other, and none comes after the account was deleted.
CREATE FUNCTION open_top_up(
  new_id uuid, owner uuid, top_up_amount integer, in_currency char(3), of_provider text, balance_max bigint, key text,
  hash text, opened_time timestamptz,
  OUT outcome text, OUT payment_id uuid, OUT provider text, OUT answered_status payment_status, OUT checkout jsonb,
  OUT created_time timestamptz, OUT completed_time timestamptz)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  account users;
  wallet_id bigint;
  known payments;
BEGIN
  SELECT * INTO account FROM users WHERE id = owner FOR SHARE;
  outcome := CASE
    WHEN account.id IS NULL OR account.deleted_at IS NOT NULL THEN 'SESSION_REVOKED'
    WHEN account.suspended_at IS NOT NULL THEN 'ACCOUNT_SUSPENDED'
  END;
  IF outcome IS NOT NULL THEN
    RETURN;
  END IF;
  wallet_id := ledger_account('wallet', owner, NULL, NULL, in_currency);
  PERFORM lock_ledger_accounts(ARRAY[wallet_id]);
  IF key IS NOT NULL THEN
    SELECT * INTO known FROM payments
      WHERE coalesce(payer_id, payee_id) = owner AND type = 'top_up' AND idempotency_key = key;
    IF FOUND AND known.request_hash <> hash THEN
      outcome := 'IDEMPOTENCY_KEY_REUSED';
      RETURN;
    ELSIF FOUND THEN
      SELECT sent.provider, sent.answered_status, sent.checkout INTO provider, answered_status, checkout
        FROM provider_payments AS sent WHERE sent.payment_id = known.id;
      outcome := 'replayed';
      payment_id := known.id;
      created_time := known.created_at;
      completed_time := known.completed_at;
      RETURN;
    END IF;
  END IF;
  IF (SELECT balance + top_up_amount > balance_max FROM ledger_accounts WHERE id = wallet_id) THEN
    outcome := 'WALLET_FULL';
    RETURN;
  END IF;

  outcome := 'opened';
  payment_id := new_id;
  provider := of_provider;
  created_time := opened_time;
  INSERT INTO payments (id, type, status, payee_id, amount, currency, idempotency_key, request_hash, created_at)
    VALUES (new_id, 'top_up', 'pending', owner, top_up_amount, in_currency, key, hash, opened_time);
  INSERT INTO provider_payments (payment_id, provider, created_at) VALUES (new_id, of_provider, opened_time);
END
$$;
--> statement-breakpoint
-- Locks the user and the wallet that a top-up, or the refund of one, is about; everything that changes the payment does so
-- first.
CREATE FUNCTION lock_wallet_of_payment(of_payment uuid, OUT owner uuid)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  in_currency char(3);
BEGIN
  SELECT coalesce(payer_id, payee_id), currency INTO owner, in_currency FROM payments WHERE id = of_payment;
  IF owner IS NOT NULL THEN
    PERFORM FROM users WHERE id = owner FOR SHARE;
    PERFORM lock_ledger_accounts(ARRAY[ledger_account('wallet', owner, NULL, NULL, in_currency)]);
  END IF;
END
$$;
--> statement-breakpoint
-- Applies what a provider says of a payment whose wallet is locked. A top-up that was declined may still be paid; one that
-- was paid cannot fail. What comes for an account that was deleted meanwhile is forfeited. Answers with `completed`,
-- `failed`, `unchanged`, or `failed_late` for a refund that fails after it was completed: then the money is with the
-- provider again, and only the operator can send it.
CREATE FUNCTION settle_provider_payment(
  of_payment uuid, settled payment_status, reason text, settled_time timestamptz) RETURNS text
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  paid payments;
  of_provider text := (SELECT provider FROM provider_payments WHERE payment_id = of_payment);
BEGIN
  SELECT * INTO paid FROM payments WHERE id = of_payment;
  IF settled = 'failed' AND paid.type = 'refund' AND paid.status = 'completed' THEN
    RETURN 'failed_late';
  ELSIF settled NOT IN ('completed', 'failed')
    OR paid.status <> 'pending' AND NOT (paid.type = 'top_up' AND paid.status = 'failed' AND settled = 'completed')
  THEN
    RETURN 'unchanged';
  END IF;
  UPDATE provider_payments SET failure_reason = CASE WHEN settled = 'failed' THEN reason END
    WHERE payment_id = of_payment;
  IF paid.type = 'refund' THEN
    PERFORM finish_refund(of_payment, settled = 'completed', settled_time);
    RETURN settled;
  END IF;
  UPDATE payments SET status = settled, completed_at = CASE WHEN settled = 'completed' THEN settled_time END
    WHERE id = of_payment;
  IF settled = 'completed' THEN
    PERFORM post_transaction('top_up', of_payment, NULL,
      ARRAY[ledger_account('clearing', NULL, NULL, of_provider, paid.currency),
        refund_account(paid.payee_id, paid.currency)],
      ARRAY[-paid.amount, paid.amount]::bigint[], settled_time);
  END IF;
  RETURN settled;
END
$$;
--> statement-breakpoint
-- Notes what the provider answered to a top-up or a refund, and does what follows from it. Only the first answer is noted,
-- so that every retry of a request is told the same; a webhook may have settled the payment before, and then that is what
-- is told. `result` is what became of the payment by this.
CREATE FUNCTION answer_provider_payment(
  of_payment uuid, given_reference text, given_checkout jsonb, given_status payment_status, reason text,
  answered_time timestamptz,
  OUT result text, OUT owner uuid, OUT answered payment_status, OUT checkout jsonb, OUT completed_time timestamptz)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  owner := lock_wallet_of_payment(of_payment);
  SELECT sent.answered_status, sent.checkout INTO answered, checkout
    FROM provider_payments AS sent WHERE payment_id = of_payment;
  result := 'unchanged';
  IF answered IS NULL THEN
    result := settle_provider_payment(of_payment, given_status, reason, answered_time);
    SELECT CASE status WHEN 'refunded' THEN 'completed' ELSE status END INTO answered
      FROM payments WHERE id = of_payment;
    checkout := given_checkout;
    IF answered <> given_status THEN
      checkout := checkout || jsonb_build_object('status', answered, 'failureReason',
        (SELECT failure_reason FROM provider_payments WHERE payment_id = of_payment));
    END IF;
    UPDATE provider_payments AS sent SET reference = coalesce(sent.reference, given_reference),
        checkout = answer_provider_payment.checkout, answered_status = answered
      WHERE payment_id = of_payment;
  END IF;
  completed_time := (SELECT completed_at FROM payments WHERE id = of_payment);
END
$$;
--> statement-breakpoint
-- Settles a top-up of `given_owner` that waits for a confirmation that only we can give. `outcome` is what became of it,
-- NOT_FOUND, or TOP_UP_NOT_OPEN.
CREATE FUNCTION confirm_top_up(
  of_payment uuid, given_owner uuid, settled payment_status, reason text, confirmed_time timestamptz,
  OUT outcome text, OUT completed_time timestamptz)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  IF lock_wallet_of_payment(of_payment) IS DISTINCT FROM given_owner THEN
    outcome := 'NOT_FOUND';
    RETURN;
  END IF;
  IF NOT EXISTS (
    SELECT FROM payments JOIN provider_payments ON payment_id = payments.id
    WHERE payments.id = of_payment AND type = 'top_up' AND status = 'pending'
      AND checkout ->> 'status' = 'requires_confirmation'
  ) THEN
    outcome := 'TOP_UP_NOT_OPEN';
    RETURN;
  END IF;
  outcome := settle_provider_payment(of_payment, settled, reason, confirmed_time);
  completed_time := (SELECT completed_at FROM payments WHERE id = of_payment);
END
$$;
--> statement-breakpoint
-- Takes an event of a provider once, together with its effect: `completed`, `failed`, or `alarm`, which has none. It is
-- about the payment with that reference, or with that id while no reference is known. `outcome` is that of
-- settle_provider_payment, `duplicate` for an event that was taken before, `noted` for an alarm, or `unknown_payment` or
-- `mismatch` (of amount or currency), with which nothing is done.
CREATE FUNCTION take_provider_event(
  of_provider text, given_event_id text, event_type text, effect text, given_reference text, given_payment uuid,
  given_amount bigint, given_currency text, reason text, received_time timestamptz,
  OUT outcome text, OUT payment_id uuid, OUT owner uuid)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  SELECT sent.payment_id INTO payment_id FROM provider_payments AS sent
    WHERE sent.provider = of_provider AND sent.reference = given_reference;
  IF payment_id IS NULL THEN
    SELECT sent.payment_id INTO payment_id FROM provider_payments AS sent
      WHERE sent.provider = of_provider AND sent.payment_id = given_payment;
  END IF;
  IF payment_id IS NOT NULL THEN
    owner := lock_wallet_of_payment(payment_id);
  END IF;
  INSERT INTO provider_events (provider, event_id, type, payment_id, outcome, created_at)
    VALUES (of_provider, given_event_id, event_type, take_provider_event.payment_id, 'taken', received_time)
    ON CONFLICT ON CONSTRAINT provider_events_pkey DO NOTHING;
  IF NOT FOUND THEN
    outcome := 'duplicate';
    RETURN;
  END IF;
  outcome := CASE
    WHEN effect = 'alarm' THEN 'noted'
    WHEN payment_id IS NULL THEN 'unknown_payment'
    -- A reference other than the one that we know is another payment, whatever id it carries.
    WHEN given_reference <> (SELECT sent.reference FROM provider_payments AS sent
      WHERE sent.payment_id = take_provider_event.payment_id) THEN 'mismatch'
    WHEN NOT EXISTS (
      SELECT FROM payments WHERE id = take_provider_event.payment_id
        AND amount = coalesce(given_amount, amount) AND currency = coalesce(given_currency, currency)
    ) THEN 'mismatch'
  END;
  IF outcome IS NULL THEN
    UPDATE provider_payments AS sent SET reference = given_reference
      WHERE sent.payment_id = take_provider_event.payment_id AND sent.reference IS NULL;
    outcome := settle_provider_payment(payment_id, effect::payment_status, reason, received_time);
  END IF;
  UPDATE provider_events SET outcome = take_provider_event.outcome
    WHERE provider = of_provider AND event_id = given_event_id;
END
$$;
