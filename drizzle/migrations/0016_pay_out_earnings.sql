-- What of an earnings account may be paid out at `as_of`, in minor units: its balance with what still waits to be folded,
-- less what came in during the last `hold_days` days and was not given back. Payouts and their returns are no income, so
-- that what comes back from a payout is not held anew. Zero for an account that is not there. All of it is read by one
-- snapshot: whoever debits the account afterwards has folded and locked it before.
CREATE FUNCTION available_earnings(account bigint, hold_days integer, as_of timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  balance bigint;
  held bigint;
BEGIN
  SELECT ledger_accounts.balance
      + (SELECT coalesce(sum(amount), 0) FROM ledger_pending WHERE account_id = account)
    INTO balance FROM ledger_accounts WHERE id = account;
  SELECT coalesce(sum(amount), 0) INTO held
    FROM ledger_entries JOIN ledger_transactions AS posted ON posted.id = transaction_id
    WHERE account_id = account AND ledger_entries.created_at > as_of - make_interval(days => hold_days)
      AND posted.kind NOT IN ('payout', 'payout_return');
  RETURN greatest(0, coalesce(balance, 0) - greatest(0, held));
END
$$;
