CREATE TABLE "open_shows" (
	"stream_id" uuid PRIMARY KEY NOT NULL
);
--> statement-breakpoint
ALTER TABLE "open_shows" ADD CONSTRAINT "open_shows_stream_id_streams_id_fk" FOREIGN KEY ("stream_id") REFERENCES "public"."streams"("id") ON DELETE restrict ON UPDATE no action;
--> statement-breakpoint
-- Keeps a show as it is until the statement commits: beside others, for whoever sells or gives back a ticket, or alone, for
-- whoever changes its terms or settles it. Taken before any row. The stream's row cannot do this: each tip into the room
-- shares it while it holds a wallet. And those who wait here are served in turn, so that a rush of buyers keeps nobody out.
CREATE FUNCTION lock_show(target_id uuid, is_alone boolean) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  lock_key bigint := hashtextextended(target_id::text, 7302019450);
BEGIN
  IF is_alone THEN
    PERFORM pg_advisory_xact_lock(lock_key);
  ELSE
    PERFORM pg_advisory_xact_lock_shared(lock_key);
  END IF;
END
$$;
--> statement-breakpoint
-- When a show is to have begun: by its schedule, or without one, 30 days after it was announced.
CREATE FUNCTION show_due_at(show streams) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT coalesce(show.scheduled_start_at, show.created_at + interval '720 hours')
$$;
--> statement-breakpoint
-- The stream's row is locked before the show here, and nobody waits in a circle: whoever holds a show shares the key of that
-- row at most, for which an update of it keeps nobody waiting.
CREATE FUNCTION guard_sold_show() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM lock_show(NEW.id, true);
  IF EXISTS (
    SELECT FROM payments WHERE stream_id = NEW.id AND type = 'private_show' AND status = 'completed'
  ) THEN
    RAISE EXCEPTION 'tickets of the show are sold'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'streams_tickets_sold', TABLE = 'streams';
  END IF;
  RETURN NEW;
END
$$;
--> statement-breakpoint
-- Whoever holds a ticket was promised this show at this time. What further tickets cost may change.
CREATE TRIGGER streams_guard_tickets BEFORE UPDATE OF is_private, scheduled_start_at ON streams FOR EACH ROW
  WHEN (OLD.is_private AND (
    NOT NEW.is_private OR NEW.scheduled_start_at IS DISTINCT FROM OLD.scheduled_start_at
  ))
  EXECUTE FUNCTION guard_sold_show();
--> statement-breakpoint
-- Sells the ticket of a private show for what it costs now, in the show's currency. The money goes from the payer's wallet
-- to the account of the show, where it stays until the show has taken place; `fee` is what the platform will keep of it.
-- `outcome` is `completed`, `replayed` for the same request under a key that was used before, or the code of why nothing
-- was done. The show and the wallet are locked before anything else is read: one payer buys one thing after the other.
CREATE FUNCTION buy_ticket(
  new_id uuid, payer uuid, target_id uuid, default_currency char(3), fee_basis_points integer, key text, hash text,
  bought_time timestamptz, expected_price integer DEFAULT NULL,
  OUT outcome text, OUT ticket_id uuid, OUT show_id uuid, OUT performer uuid, OUT price integer, OUT ticket_fee integer,
  OUT paid_currency char(3), OUT paid_time timestamptz, OUT balance bigint)
LANGUAGE plpgsql VOLATILE SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  show streams;
  wallet_id bigint;
  known payments;
BEGIN
  PERFORM lock_show(target_id, false);
  SELECT * INTO show FROM streams WHERE id = target_id;
  paid_currency := coalesce(show.currency, default_currency);
  SELECT id, ledger_accounts.balance INTO wallet_id, balance FROM ledger_accounts
    WHERE owner_id = payer AND kind = 'wallet' AND currency = paid_currency FOR NO KEY UPDATE;
  IF key IS NOT NULL THEN
    SELECT * INTO known FROM payments
      WHERE coalesce(payer_id, payee_id) = payer AND type = 'private_show' AND idempotency_key = key;
    IF FOUND THEN
      outcome := CASE WHEN known.request_hash = hash THEN 'replayed' ELSE 'IDEMPOTENCY_KEY_REUSED' END;
      ticket_id := known.id;
      show_id := known.stream_id;
      performer := known.payee_id;
      price := known.amount;
      ticket_fee := known.fee;
      paid_time := known.completed_at;
      balance := (
        SELECT balance_after FROM ledger_transactions AS posted
        JOIN ledger_entries ON transaction_id = posted.id AND account_id = wallet_id
        WHERE posted.payment_id = known.id AND posted.kind = 'private_show');
      RETURN;
    END IF;
  END IF;

  show_id := target_id;
  performer := show.performer_id;
  price := show.price_amount;
  outcome := CASE
    WHEN show.id IS NULL THEN 'NOT_FOUND'
    WHEN EXISTS (SELECT FROM users WHERE id = payer AND deleted_at IS NOT NULL) THEN 'SESSION_REVOKED'
    WHEN EXISTS (SELECT FROM users WHERE id = payer AND suspended_at IS NOT NULL) THEN 'ACCOUNT_SUSPENDED'
    WHEN performer = payer THEN 'SELF_PAYMENT'
    WHEN NOT show.is_private THEN 'NO_TICKET_NEEDED'
    WHEN show.status = 'ended' THEN 'STREAM_ENDED'
    WHEN EXISTS (
      SELECT FROM room_restrictions WHERE performer_id = performer AND user_id = payer AND kind = 'ban'
    ) THEN 'BANNED'
    WHEN has_ticket(target_id, payer) THEN 'ALREADY_OWNED'
    -- Null when the buyer takes any price.
    WHEN expected_price <> price THEN 'PRICE_CHANGED'
    WHEN wallet_id IS NULL OR balance < price THEN 'INSUFFICIENT_FUNDS'
    WHEN NOT count_spending(payer, price, bought_time) THEN 'SPENDING_LIMIT_REACHED'
  END;
  IF outcome IS NOT NULL THEN
    RETURN;
  END IF;

  outcome := 'completed';
  ticket_id := new_id;
  ticket_fee := fee_of(price, fee_basis_points);
  paid_time := bought_time;
  balance := balance - price;
  INSERT INTO payments (id, type, status, payer_id, payee_id, stream_id, amount, currency, fee, idempotency_key, request_hash,
      created_at, completed_at)
    VALUES (new_id, 'private_show', 'completed', payer, performer, target_id, price, paid_currency, ticket_fee, key, hash,
      bought_time, bought_time);
  PERFORM post_transaction('private_show', new_id, NULL,
    ARRAY[wallet_id, ledger_account('tickets', NULL, target_id, NULL, paid_currency)],
    ARRAY[-price, price]::bigint[], bought_time);
  -- One row a show: only the first buyers wait for each other.
  IF NOT EXISTS (SELECT FROM open_shows WHERE stream_id = target_id) THEN
    INSERT INTO open_shows (stream_id) VALUES (target_id) ON CONFLICT DO NOTHING;
  END IF;
END
$$;
