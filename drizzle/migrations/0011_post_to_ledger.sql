-- What was written to the ledger stays written: a mistake is mended by another transaction.
CREATE FUNCTION refuse_change_of_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger is append-only'
    USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
END
$$;
--> statement-breakpoint
-- For each statement, because a TRUNCATE has no rows.
CREATE TRIGGER ledger_transactions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_transactions
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_ledger();
--> statement-breakpoint
CREATE TRIGGER ledger_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entries
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_ledger();
--> statement-breakpoint
CREATE TRIGGER payments_never_removed BEFORE DELETE OR TRUNCATE ON payments
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_ledger();
--> statement-breakpoint
CREATE FUNCTION guard_payment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (to_jsonb(NEW) - '{status,completed_at}'::text[]) <> (to_jsonb(OLD) - '{status,completed_at}'::text[])
    OR (OLD.completed_at IS NOT NULL AND OLD.completed_at IS DISTINCT FROM NEW.completed_at)
    OR NOT (OLD.status = NEW.status OR (OLD.status, NEW.status) IN (
      ('pending', 'completed'), ('pending', 'failed'), ('completed', 'refunded')
    ) OR (OLD.type = 'top_up' AND OLD.status = 'failed' AND NEW.status = 'completed'))
  THEN
    RAISE EXCEPTION 'a payment says what it said'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'payments_guard_facts', TABLE = 'payments';
  END IF;
  RETURN NEW;
END
$$;
--> statement-breakpoint
-- A declined top-up may still be paid by a second attempt; nothing else comes back.
CREATE TRIGGER payments_guard_facts BEFORE UPDATE ON payments FOR EACH ROW EXECUTE FUNCTION guard_payment();
--> statement-breakpoint
CREATE FUNCTION require_zero_sum() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT sum(amount) FROM ledger_entries WHERE transaction_id = NEW.transaction_id) <> 0 THEN
    RAISE EXCEPTION 'entries do not sum to zero'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_entries_sum_to_zero', TABLE = 'ledger_entries';
  END IF;
  RETURN NULL;
END
$$;
--> statement-breakpoint
-- Deferred, so that entries may be written one by one, and still none is committed without its others.
CREATE CONSTRAINT TRIGGER ledger_entries_sum_to_zero AFTER INSERT ON ledger_entries
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION require_zero_sum();
--> statement-breakpoint
-- Rows come and go all the time; without this, what is gone would be read over until a fifth of the table is.
ALTER TABLE ledger_pending SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
--> statement-breakpoint
ALTER TABLE tip_outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
--> statement-breakpoint
-- Room for the next version of the row on the same page: every payment changes a wallet.
ALTER TABLE ledger_accounts SET (fillfactor = 70);
--> statement-breakpoint
-- Finds the account of an owner, a stream or, with neither, of the platform; opens it when there is none yet.
CREATE FUNCTION ledger_account(
  of_kind ledger_account_kind, owner uuid, stream uuid, of_provider text, in_currency char(3)) RETURNS bigint
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  account_id bigint;
BEGIN
  -- Twice at most: what another has opened meanwhile is there when the INSERT has waited for it.
  LOOP
    IF owner IS NOT NULL THEN
      SELECT id INTO account_id FROM ledger_accounts
        WHERE owner_id = owner AND kind = of_kind AND currency = in_currency;
    ELSIF stream IS NOT NULL THEN
      SELECT id INTO account_id FROM ledger_accounts WHERE stream_id = stream AND currency = in_currency;
    ELSE
      SELECT id INTO account_id FROM ledger_accounts
        WHERE kind = of_kind AND coalesce(provider, '') = coalesce(of_provider, '') AND currency = in_currency
          AND owner_id IS NULL AND stream_id IS NULL;
    END IF;
    IF account_id IS NOT NULL THEN
      RETURN account_id;
    END IF;
    INSERT INTO ledger_accounts (kind, owner_id, stream_id, provider, currency)
      VALUES (of_kind, owner, stream, of_provider, in_currency)
      ON CONFLICT DO NOTHING RETURNING id INTO account_id;
    IF account_id IS NOT NULL THEN
      RETURN account_id;
    END IF;
  END LOOP;
END
$$;
--> statement-breakpoint
-- Locks accounts in the one order that everybody locks them in, by id, before their balances are read. A caller that also
-- locks other things takes them in this order: a show (`lock_show`), users, streams, stream_logs, payouts, ledger_pending,
-- ledger_accounts, spending_limits. Foreign keys share rows later, which waits for none of these.
CREATE FUNCTION lock_ledger_accounts(account_ids bigint[]) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM FROM ledger_accounts WHERE id = ANY (account_ids) ORDER BY id FOR NO KEY UPDATE;
END
$$;
--> statement-breakpoint
-- Writes a transaction: `amounts[i]` to `account_ids[i]`, of which those that are zero are left out. A wallet changes at
-- once; so does what is taken from earnings and tickets, since it has to be there. Both must be locked already. What
-- other accounts get waits in `ledger_pending`. Returns the transaction's id.
CREATE FUNCTION post_transaction(
  of_kind ledger_transaction_kind, of_payment uuid, of_stream uuid, account_ids bigint[], amounts bigint[],
  posted_time timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  new_id bigint;
BEGIN
  INSERT INTO ledger_transactions (kind, payment_id, stream_id, created_at)
    VALUES (of_kind, of_payment, of_stream, posted_time) RETURNING id INTO new_id;
  -- One statement, because each has a cost of its own that is above that of its rows. The accounts are named twice, so that
  -- no more than these are read however few there were when the statement was planned.
  WITH moved AS (
    SELECT account_id, amount FROM unnest(account_ids, amounts) AS given (account_id, amount) WHERE amount <> 0
  ), changed AS (
    UPDATE ledger_accounts SET balance = balance + amount
      FROM moved
      WHERE id = ANY (account_ids) AND id = account_id
        AND (kind = 'wallet' OR (kind IN ('earnings', 'tickets') AND amount < 0))
      RETURNING id, kind, balance
  ), waiting AS (
    INSERT INTO ledger_pending (account_id, transaction_id, amount)
      SELECT account_id, new_id, amount FROM moved WHERE account_id NOT IN (SELECT id FROM changed)
  )
  INSERT INTO ledger_entries (transaction_id, account_id, amount, balance_after, created_at)
    SELECT new_id, account_id, amount, CASE WHEN kind = 'wallet' THEN balance END, posted_time
    FROM moved LEFT JOIN changed ON id = account_id;
  RETURN new_id;
END
$$;
--> statement-breakpoint
-- Moves entries that wait into the balances of their accounts: at most `entries_max` of any, or with `of_accounts` all of
-- those, and then these stay locked. Returns how many. Two at once take different entries, and a reader of a balance who
-- names the account waits for what another is moving. Entries are locked before accounts, and nobody who holds an account
-- other than a wallet, into which nothing waits, may call this. Whoever debits names every account that is to be locked:
-- one that is locked only after this would be out of the order of ids when something was moved here.
CREATE FUNCTION fold_ledger(of_accounts bigint[], entries_max integer) RETURNS integer
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  due tid[];
  folded_accounts bigint[];
  folded_amounts bigint[];
BEGIN
  IF of_accounts IS NULL THEN
    SELECT array_agg(place) INTO due
      FROM (SELECT ctid AS place FROM ledger_pending LIMIT entries_max FOR UPDATE SKIP LOCKED) AS free;
  ELSE
    SELECT array_agg(place) INTO due FROM (
      SELECT ctid AS place FROM ledger_pending WHERE account_id = ANY (of_accounts)
      ORDER BY account_id, transaction_id FOR UPDATE
    ) AS named;
  END IF;
  IF due IS NULL AND of_accounts IS NULL THEN
    RETURN 0;
  END IF;
  -- A row's place stays while it is locked, and rows that wait are never updated.
  WITH taken AS (
    DELETE FROM ledger_pending WHERE ctid = ANY (due) RETURNING account_id, amount
  ), sums AS (
    SELECT account_id, sum(amount) AS amount FROM taken GROUP BY account_id
  )
  SELECT array_agg(account_id), array_agg(amount) INTO folded_accounts, folded_amounts FROM sums;
  PERFORM lock_ledger_accounts(coalesce(of_accounts, folded_accounts));
  UPDATE ledger_accounts SET balance = balance + folded.amount
    FROM unnest(folded_accounts, folded_amounts) AS folded (account_id, amount) WHERE id = folded.account_id;
  RETURN coalesce(cardinality(due), 0);
END
$$;
--> statement-breakpoint
-- What the platform keeps, in whole minor units, rounded down: the fraction goes where the payer sent the money.
CREATE FUNCTION fee_of(amount integer, basis_points integer) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (amount::bigint * basis_points / 10000)::integer
$$;
--> statement-breakpoint
-- Counts what is about to be spent against the spender's own limit for the day, if there is one: false when it would
-- pass it, and then nothing is counted. To be asked last, with the wallet locked, which a limit is set under too: so one
-- that is not there does not come meanwhile. By the clock of another server the next day may have begun: then it has
-- begun, and does not begin again.
CREATE FUNCTION count_spending(spender uuid, amount integer, spent_time timestamptz) RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  today date := (spent_time AT TIME ZONE 'UTC')::date;
BEGIN
  IF NOT EXISTS (SELECT FROM spending_limits WHERE user_id = spender) THEN
    RETURN true;
  END IF;
  UPDATE spending_limits SET
    spent_amount = CASE WHEN spent_on >= today THEN spent_amount ELSE 0 END + amount,
    spent_on = greatest(spent_on, today)
  WHERE user_id = spender
    AND CASE WHEN spent_on >= today THEN spent_amount ELSE 0 END + amount
      <= coalesce(CASE WHEN next_from <= spent_time THEN next_daily_amount ELSE daily_amount END, 9007199254740991);
  RETURN FOUND;
END
$$;
