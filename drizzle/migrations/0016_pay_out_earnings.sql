-- What of an earnings account may be paid out at `as_of`, in minor units: its balance with what still waits to be folded,
-- less what came in during the last `hold_days` days. What comes back from a payout is not held anew, nor is what was given
-- back since; the refund of something older takes from the balance, and frees nothing. Returns and refunds are few, and
-- found by their payments, so that the many entries of a busy performer are only added up. Zero for an account that is not
-- there. All of it is read by one snapshot: whoever debits the account afterwards has folded and locked it before.
CREATE FUNCTION available_earnings(account bigint, hold_days integer, as_of timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  held_from timestamptz := as_of - make_interval(days => hold_days);
  performer uuid;
  balance bigint;
  held bigint;
BEGIN
  SELECT owner_id, ledger_accounts.balance
      + (SELECT coalesce(sum(amount), 0) FROM ledger_pending WHERE account_id = account)
    INTO performer, balance FROM ledger_accounts WHERE id = account;
  SELECT coalesce(sum(amount), 0) INTO held
    FROM ledger_entries WHERE account_id = account AND created_at > held_from AND amount > 0;
  SELECT held - coalesce(sum(abs(entry.amount)), 0) INTO held
    FROM payments
    LEFT JOIN payments AS paid ON paid.id = payments.refunds_id
    JOIN ledger_transactions AS posted
      ON posted.payment_id = payments.id AND posted.kind IN ('refund', 'payout_return') AND posted.created_at > held_from
    JOIN ledger_entries AS entry ON entry.transaction_id = posted.id AND entry.account_id = account
    WHERE payments.payer_id = performer AND (payments.type = 'payout' OR payments.type = 'refund' AND held_from <
      CASE paid.type WHEN 'tip' THEN paid.completed_at
        ELSE (SELECT created_at FROM ledger_transactions AS release WHERE release.stream_id = paid.stream_id) END);
  RETURN greatest(0, coalesce(balance, 0) - held);
END
$$;
--> statement-breakpoint
-- A payout as its performer and admins are told of it: Payout.
CREATE VIEW payout_details AS
SELECT payments.id AS payment_id, payments.payer_id AS performer_id, payouts.status,
  jsonb_build_object(
    'id', payments.id,
    'performer', user_summary(performer),
    'amount', payments.amount,
    'currency', payments.currency,
    'status', payouts.status,
    'reason', payouts.reason,
    'reference', payouts.reference,
    'createdAt', iso_timestamp(payments.created_at),
    'decidedAt', iso_timestamp(payouts.decided_at),
    'paidAt', iso_timestamp(payouts.paid_at)
  ) AS told
FROM payouts JOIN payments ON payments.id = payouts.payment_id JOIN users AS performer ON performer.id = payments.payer_id;
--> statement-breakpoint
-- Asks for the payout of earnings, which leave their account at once and wait in `payouts`. `outcome` is `requested`,
-- `replayed` for the same request under a key that was used before, with the answer of then, or the code of why nothing
-- was done; of EARNINGS_INSUFFICIENT, `available` and `held` are in minor units, and at `held_until` none is held any more.
-- The account is locked first and everything is read after it, so that the requests and refunds of one performer come one
-- after the other. The user's row goes before it, because the payment refers to it and a deletion locks it first.
CREATE FUNCTION request_payout(
  new_id uuid, performer uuid, payout_amount integer, in_currency char(3), minimum integer, hold_days integer, key text,
  hash text, requested_time timestamptz,
  OUT outcome text, OUT result jsonb, OUT available bigint, OUT held bigint, OUT held_until timestamptz)
LANGUAGE plpgsql VOLATILE SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  earnings ledger_accounts;
  known payments;
  asking users;
BEGIN
  PERFORM FROM users WHERE id = performer FOR KEY SHARE;
  PERFORM fold_ledger(
    ARRAY(SELECT id FROM ledger_accounts WHERE owner_id = performer AND kind = 'earnings' AND currency = in_currency), 0);
  SELECT * INTO earnings FROM ledger_accounts
    WHERE owner_id = performer AND kind = 'earnings' AND currency = in_currency FOR NO KEY UPDATE;
  IF key IS NOT NULL THEN
    SELECT * INTO known FROM payments
      WHERE coalesce(payer_id, payee_id) = performer AND type = 'payout' AND idempotency_key = key;
    IF FOUND THEN
      outcome := 'IDEMPOTENCY_KEY_REUSED';
      IF known.request_hash = hash THEN
        outcome := 'replayed';
        result := (SELECT told FROM payout_details WHERE payment_id = known.id)
          || '{"status": "requested", "reason": null, "reference": null, "decidedAt": null, "paidAt": null}';
      END IF;
      RETURN;
    END IF;
  END IF;

  SELECT * INTO asking FROM users WHERE id = performer;
  -- What came in since the account was folded may be available, but is not in the balance that is debited.
  available := least(available_earnings(earnings.id, hold_days, requested_time), coalesce(earnings.balance, 0));
  outcome := CASE
    WHEN asking.deleted_at IS NOT NULL THEN 'SESSION_REVOKED'
    WHEN asking.suspended_at IS NOT NULL THEN 'ACCOUNT_SUSPENDED'
    WHEN asking.role NOT IN ('performer', 'admin') THEN 'NOT_A_PERFORMER'
    WHEN asking.role = 'performer' AND NOT asking.is_verified THEN 'NOT_VERIFIED'
    WHEN payout_amount < minimum THEN 'VALIDATION_FAILED'
    WHEN available < payout_amount THEN 'EARNINGS_INSUFFICIENT'
  END;
  IF outcome = 'EARNINGS_INSUFFICIENT' THEN
    held := coalesce(earnings.balance, 0) - available;
    IF held > 0 THEN
      held_until := make_interval(days => hold_days) + (
        SELECT ledger_entries.created_at FROM ledger_entries
        JOIN ledger_transactions AS posted ON posted.id = transaction_id
        WHERE account_id = earnings.id AND amount > 0 AND posted.kind <> 'payout_return'
        ORDER BY ledger_entries.created_at DESC LIMIT 1);
    END IF;
  END IF;
  IF outcome IS NOT NULL THEN
    RETURN;
  END IF;

  outcome := 'requested';
  INSERT INTO payments (id, type, status, payer_id, amount, currency, idempotency_key, request_hash, created_at)
    VALUES (new_id, 'payout', 'pending', performer, payout_amount, in_currency, key, hash, requested_time);
  INSERT INTO payouts (payment_id) VALUES (new_id);
  PERFORM post_transaction('payout', new_id, NULL,
    ARRAY[earnings.id, ledger_account('payouts', NULL, NULL, NULL, in_currency)],
    ARRAY[-payout_amount, payout_amount]::bigint[], requested_time);
  result := (SELECT told FROM payout_details WHERE payment_id = new_id);
END
$$;
--> statement-breakpoint
-- Takes a payout a step further: approved, rejected with its reason, or paid, perhaps with the transfer's reference.
-- `outcome` is `done`, `unchanged` for a step that was taken before and would change nothing, or a code. What is rejected
-- goes back to the earnings; what is paid leaves through the clearing of the `bank`, the provider that payouts go out by.
-- The admin's row is locked before the payout's, since users come first.
CREATE FUNCTION decide_payout(
  given uuid, decision payout_status, admin uuid, new_reason text, new_reference text, acted_time timestamptz,
  OUT outcome text, OUT result jsonb)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  payout payouts;
  payment payments;
BEGIN
  PERFORM FROM users WHERE id = admin FOR KEY SHARE;
  SELECT * INTO payout FROM payouts WHERE payment_id = given FOR NO KEY UPDATE;
  SELECT * INTO payment FROM payments WHERE id = given;
  outcome := CASE
    WHEN payout.payment_id IS NULL THEN 'NOT_FOUND'
    WHEN decision = 'approved' AND payment.payer_id = admin THEN 'FORBIDDEN'
    WHEN payout.status = decision AND coalesce(new_reason, payout.reason) IS NOT DISTINCT FROM payout.reason
      AND coalesce(new_reference, payout.reference) IS NOT DISTINCT FROM payout.reference THEN 'unchanged'
    WHEN (payout.status, decision) IN
      (('requested', 'approved'), ('requested', 'rejected'), ('approved', 'rejected'), ('approved', 'paid')) THEN 'done'
    ELSE 'PAYOUT_DECIDED'
  END;
  IF outcome = 'done' AND decision = 'paid' THEN
    UPDATE payouts SET status = decision, paid_at = acted_time, reference = new_reference WHERE payment_id = given;
    UPDATE payments SET status = 'completed', completed_at = acted_time WHERE id = given;
    PERFORM post_transaction('payout_paid', given, NULL,
      ARRAY[ledger_account('payouts', NULL, NULL, NULL, payment.currency),
        ledger_account('clearing', NULL, NULL, 'bank', payment.currency)],
      ARRAY[-payment.amount, payment.amount]::bigint[], acted_time);
  ELSIF outcome = 'done' THEN
    UPDATE payouts SET status = decision, decided_by_id = admin, decided_at = acted_time, reason = new_reason
      WHERE payment_id = given;
    IF decision = 'rejected' THEN
      UPDATE payments SET status = 'failed' WHERE id = given;
      PERFORM post_transaction('payout_return', given, NULL,
        ARRAY[ledger_account('payouts', NULL, NULL, NULL, payment.currency),
          ledger_account('earnings', payment.payer_id, NULL, NULL, payment.currency)],
        ARRAY[-payment.amount, payment.amount]::bigint[], acted_time);
    END IF;
  END IF;
  IF outcome IN ('done', 'unchanged') THEN
    result := (SELECT told FROM payout_details WHERE payment_id = given);
  END IF;
END
$$;
