CREATE TABLE "ledger_unbalanced" (
	"transaction_id" bigint NOT NULL
);
--> statement-breakpoint
ALTER TABLE "ledger_accounts" DROP CONSTRAINT "ledger_accounts_kind_has_owner";--> statement-breakpoint
ALTER TABLE "ledger_accounts" DROP CONSTRAINT "ledger_accounts_balance_within_bounds";--> statement-breakpoint
ALTER TABLE "ledger_transactions" DROP CONSTRAINT "ledger_transactions_kind_has_subject";--> statement-breakpoint
ALTER TABLE "payments" DROP CONSTRAINT "payments_fee_within_amount";--> statement-breakpoint
ALTER TABLE "payments" DROP CONSTRAINT "payments_refund_names_payment";--> statement-breakpoint
ALTER TABLE "payments" DROP CONSTRAINT "payments_key_has_hash";--> statement-breakpoint
ALTER TABLE "payments" DROP CONSTRAINT "payments_key_length";--> statement-breakpoint
ALTER TABLE "payments" DROP CONSTRAINT "payments_amount_positive";--> statement-breakpoint
ALTER TABLE "payments" DROP CONSTRAINT "payments_not_to_oneself";--> statement-breakpoint
ALTER TABLE "payments" DROP CONSTRAINT "payments_has_a_party";--> statement-breakpoint
ALTER TABLE "payments" DROP CONSTRAINT "payments_currency_shape";--> statement-breakpoint
ALTER TABLE "payments" DROP CONSTRAINT "payments_message_length";--> statement-breakpoint
ALTER TABLE "payments" DROP CONSTRAINT "payments_completed_has_time";--> statement-breakpoint
ALTER TABLE "ledger_transactions" DROP CONSTRAINT "ledger_transactions_payment_id_payments_id_fk";
--> statement-breakpoint
ALTER TABLE "payments" DROP CONSTRAINT "payments_payer_id_users_id_fk";
--> statement-breakpoint
ALTER TABLE "payments" DROP CONSTRAINT "payments_payee_id_users_id_fk";
--> statement-breakpoint
ALTER TABLE "tip_outbox" DROP CONSTRAINT "tip_outbox_payment_id_payments_id_fk";
--> statement-breakpoint
ALTER TABLE "ledger_accounts" ADD CONSTRAINT "ledger_accounts_balance_within_bounds" CHECK (abs("ledger_accounts"."balance") <= 9007199254740991
        and ("ledger_accounts"."balance" >= 0 or num_nonnulls("ledger_accounts"."owner_id", "ledger_accounts"."stream_id") = 0));--> statement-breakpoint
-- What rows of the busiest tables must be is held by triggers: PostgreSQL reads the text of each CHECK anew for every
-- statement, and compiles a trigger's once a session. What people hold stays a CHECK. A CASE that finds nothing broken is
-- null, as is one that meets a null: those are refused by NOT NULL.
CREATE OR REPLACE FUNCTION guard_payment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  broken text := CASE
    WHEN NEW.amount NOT BETWEEN 1 AND 100000000 THEN 'payments_amount_positive'
    WHEN NEW.fee NOT BETWEEN 0 AND NEW.amount THEN 'payments_fee_within_amount'
    WHEN NEW.currency !~ '^[A-Z]{3}$' THEN 'payments_currency_shape'
    WHEN NEW.payer_id = NEW.payee_id THEN 'payments_not_to_oneself'
    WHEN num_nonnulls(NEW.payer_id, NEW.payee_id) = 0 THEN 'payments_has_a_party'
    WHEN (NEW.type = 'refund') <> (NEW.refunds_id IS NOT NULL) THEN 'payments_refund_names_payment'
    WHEN (NEW.idempotency_key IS NULL) <> (NEW.request_hash IS NULL) THEN 'payments_key_has_hash'
    WHEN length(NEW.idempotency_key) NOT BETWEEN 8 AND 128 THEN 'payments_key_length'
    WHEN length(NEW.message) > 200 THEN 'payments_message_length'
    WHEN (NEW.status IN ('completed', 'refunded')) <> (NEW.completed_at IS NOT NULL) THEN 'payments_completed_has_time'
  END;
BEGIN
  IF TG_OP = 'UPDATE' AND broken IS NULL THEN
    IF (to_jsonb(NEW) - '{status,completed_at}'::text[]) <> (to_jsonb(OLD) - '{status,completed_at}'::text[])
      OR (OLD.completed_at IS NOT NULL AND OLD.completed_at IS DISTINCT FROM NEW.completed_at)
      OR NOT (OLD.status = NEW.status OR (OLD.status, NEW.status) IN (
        ('pending', 'completed'), ('pending', 'failed'), ('completed', 'refunded')
      ) OR (OLD.type = 'top_up' AND OLD.status = 'failed' AND NEW.status = 'completed'))
    THEN
      broken := 'payments_guard_facts';
    END IF;
  END IF;
  IF broken IS NOT NULL THEN
    RAISE EXCEPTION 'a payment is not what it must be, or no longer says what it said: %', broken
      USING ERRCODE = 'check_violation', CONSTRAINT = broken, TABLE = 'payments';
  END IF;
  RETURN NEW;
END
$$;
--> statement-breakpoint
DROP TRIGGER payments_guard_facts ON payments;
--> statement-breakpoint
-- A declined top-up may still be paid by a second attempt; nothing else comes back.
CREATE TRIGGER payments_guard_facts BEFORE INSERT OR UPDATE ON payments
  FOR EACH ROW EXECUTE FUNCTION guard_payment();
--> statement-breakpoint
-- A foreign key would lock the row of the performer for each tip, and note all who hold that lock at a time.
CREATE FUNCTION keep_parties_of_payments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM public.payments WHERE payer_id = OLD.id)
    OR EXISTS (SELECT FROM public.payments WHERE payee_id = OLD.id)
  THEN
    RAISE EXCEPTION 'who has paid or was paid stays'
      USING ERRCODE = 'foreign_key_violation', CONSTRAINT = TG_NAME, TABLE = 'payments';
  END IF;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER payments_keep_parties AFTER DELETE OR UPDATE OF id ON users
  FOR EACH ROW EXECUTE FUNCTION keep_parties_of_payments();
--> statement-breakpoint
CREATE FUNCTION guard_ledger_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.kind IN ('wallet', 'earnings')) <> (NEW.owner_id IS NOT NULL)
    OR (NEW.kind = 'tickets') <> (NEW.stream_id IS NOT NULL)
    OR (NEW.kind = 'clearing') <> (NEW.provider IS NOT NULL)
  THEN
    RAISE EXCEPTION 'an account of this kind belongs to somebody else'
      USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
  END IF;
  RETURN NEW;
END
$$;
--> statement-breakpoint
-- Not for each change of a balance.
CREATE TRIGGER ledger_accounts_kind_has_owner
  BEFORE INSERT OR UPDATE OF kind, owner_id, stream_id, provider ON ledger_accounts
  FOR EACH ROW EXECUTE FUNCTION guard_ledger_account();
--> statement-breakpoint
CREATE FUNCTION guard_ledger_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.kind = 'release') <> (NEW.stream_id IS NOT NULL)
    OR (NEW.kind IN ('release', 'forfeit')) <> (NEW.payment_id IS NULL)
  THEN
    RAISE EXCEPTION 'a transaction of this kind is for something else'
      USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
  END IF;
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER ledger_transactions_kind_has_subject BEFORE INSERT ON ledger_transactions
  FOR EACH ROW EXECUTE FUNCTION guard_ledger_transaction();
--> statement-breakpoint
-- Most statements write whole transactions, which their own rows show. What one has left unbalanced is noted, and summed
-- up when everything is written. Tables are named with their schema, before which a temporary one would be found.
CREATE FUNCTION note_unbalanced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM posted GROUP BY transaction_id HAVING sum(amount) <> 0) THEN
    INSERT INTO public.ledger_unbalanced (transaction_id)
      SELECT transaction_id FROM posted GROUP BY transaction_id HAVING sum(amount) <> 0;
  END IF;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER ledger_entries_note_unbalanced AFTER INSERT ON ledger_entries
  REFERENCING NEW TABLE AS posted FOR EACH STATEMENT EXECUTE FUNCTION note_unbalanced();
--> statement-breakpoint
-- It runs at the commit, outside of what a caller has set: planned just after an ANALYZE of few entries, it would read them
-- all until the next one.
CREATE OR REPLACE FUNCTION require_zero_sum() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
  DELETE FROM public.ledger_unbalanced WHERE transaction_id = NEW.transaction_id;
  IF (SELECT sum(amount) FROM public.ledger_entries WHERE transaction_id = NEW.transaction_id) <> 0 THEN
    RAISE EXCEPTION 'entries do not sum to zero'
      USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, TABLE = 'ledger_entries';
  END IF;
  RETURN NULL;
END
$$;
--> statement-breakpoint
DROP TRIGGER ledger_entries_sum_to_zero ON ledger_entries;
--> statement-breakpoint
-- Deferred, so that entries may be written one by one, and still none is committed without its others.
CREATE CONSTRAINT TRIGGER ledger_entries_sum_to_zero AFTER INSERT ON ledger_unbalanced
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION require_zero_sum();
--> statement-breakpoint
-- Writes a transaction: `amounts[i]` to `account_ids[i]`, each account once; amounts of zero are left out. A wallet changes at
-- once; so does what is taken from earnings and tickets, since it has to be there. Both must be locked already. What
-- other accounts get waits in `ledger_pending`. Returns the transaction's id.
CREATE OR REPLACE FUNCTION post_transaction(
  of_kind ledger_transaction_kind, of_payment uuid, of_stream uuid, account_ids bigint[], amounts bigint[],
  posted_time timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  new_id bigint;
  changed_ids bigint[];
  balances bigint[];
BEGIN
  INSERT INTO ledger_transactions (kind, payment_id, stream_id, created_at)
    VALUES (of_kind, of_payment, of_stream, posted_time) RETURNING id INTO new_id;
  WITH changed AS (
    UPDATE ledger_accounts SET balance = balance + amounts[array_position(account_ids, id)]
      WHERE id = ANY (account_ids)
        AND (kind = 'wallet' OR (kind IN ('earnings', 'tickets') AND amounts[array_position(account_ids, id)] < 0))
      RETURNING id, CASE WHEN kind = 'wallet' THEN balance END AS balance
  )
  SELECT array_agg(id), array_agg(balance) INTO changed_ids, balances FROM changed;
  INSERT INTO ledger_pending (account_id, transaction_id, amount)
    SELECT account_id, new_id, amount FROM unnest(account_ids, amounts) AS given (account_id, amount)
    WHERE amount <> 0 AND array_position(changed_ids, account_id) IS NULL;
  INSERT INTO ledger_entries (transaction_id, account_id, amount, balance_after, created_at)
    SELECT new_id, account_id, amount, balances[array_position(changed_ids, account_id)], posted_time
    FROM unnest(account_ids, amounts) AS given (account_id, amount) WHERE amount <> 0;
  RETURN new_id;
END
$$;
