-- Sends a tip to a live stream's performer, or with a null stream to a performer: takes it from the payer's wallet, gives
-- it to the performer's earnings less the fee, and leaves it in the outbox of the stream. `outcome` is `completed`,
-- `replayed` for the same request under a key that was used before, or the code of why nothing was done.
-- The wallet is locked first and everything is read after it, so that two requests of one payer come one after the other.
CREATE FUNCTION send_tip(
  new_id uuid, payer uuid, to_stream uuid, to_performer uuid, tip_amount integer, tip_message text, folded_message text,
  has_link boolean, anonymous boolean, in_currency char(3), fee_basis_points integer, key text, hash text,
  sent_time timestamptz,
  OUT outcome text, OUT payment_id uuid, OUT payee uuid, OUT fee integer, OUT paid_time timestamptz, OUT balance bigint,
  OUT retry_after_ms integer)
LANGUAGE plpgsql VOLATILE SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  wallet_id bigint;
  known record;
  room record;
BEGIN
  SELECT id, ledger_accounts.balance INTO wallet_id, balance FROM ledger_accounts
    WHERE owner_id = payer AND kind = 'wallet' AND currency = in_currency FOR NO KEY UPDATE;
  IF key IS NOT NULL THEN
    SELECT id, payments.payee_id, payments.fee, completed_at, request_hash INTO known FROM payments
      WHERE coalesce(payer_id, payee_id) = payer AND type = 'tip' AND idempotency_key = key;
    IF FOUND THEN
      outcome := CASE WHEN known.request_hash = hash THEN 'replayed' ELSE 'IDEMPOTENCY_KEY_REUSED' END;
      payment_id := known.id;
      payee := known.payee_id;
      fee := known.fee;
      paid_time := known.completed_at;
      balance := (
        SELECT balance_after FROM ledger_transactions AS posted
        JOIN ledger_entries ON transaction_id = posted.id AND account_id = wallet_id
        WHERE posted.payment_id = known.id AND posted.kind = 'tip');
      RETURN;
    END IF;
  END IF;

  IF to_stream IS NOT NULL THEN
    SELECT streams.performer_id AS performer, streams.status,
        streams.is_private AND streams.performer_id <> payer AND sender.role <> 'admin'
          AND NOT has_ticket(to_stream, payer) AS is_closed,
        sender.deleted_at IS NOT NULL AS is_gone, sender.suspended_at IS NOT NULL AS is_suspended,
        restriction.kind AS restriction, restriction.expires_at AS restricted_until,
        sender.role = 'admin' OR EXISTS (
          SELECT FROM room_moderators WHERE performer_id = streams.performer_id AND user_id = payer
        ) AS is_exempt,
        has_link AND NOT settings.are_links_allowed AS is_link_refused,
        EXISTS (
          SELECT FROM unnest(settings.folded_terms) AS term WHERE strpos(folded_message, term) > 0
        ) AS is_term_refused
      INTO room
      FROM streams
      JOIN users AS sender ON sender.id = payer
      LEFT JOIN room_settings AS settings ON settings.performer_id = streams.performer_id
      LEFT JOIN room_restrictions AS restriction
        ON restriction.performer_id = streams.performer_id AND restriction.user_id = payer
      WHERE streams.id = to_stream;
    payee := room.performer;
    outcome := CASE
      WHEN room IS NULL OR room.performer IS NULL THEN 'NOT_FOUND'
      WHEN room.is_gone THEN 'SESSION_REVOKED'
      WHEN room.is_suspended THEN 'ACCOUNT_SUSPENDED'
      WHEN payee = payer THEN 'SELF_PAYMENT'
      WHEN room.is_closed THEN 'ACCESS_REQUIRED'
      WHEN room.restriction = 'ban' THEN 'BANNED'
      WHEN room.status <> 'live' THEN 'STREAM_NOT_LIVE'
      -- What is written with a tip is read by the room, and so by its rules.
      WHEN tip_message IS NULL OR room.is_exempt THEN NULL
      WHEN room.restricted_until > sent_time THEN 'TIMED_OUT'
      WHEN room.is_link_refused THEN 'LINKS_NOT_ALLOWED'
      WHEN room.is_term_refused THEN 'TERM_BLOCKED'
    END;
    IF outcome = 'TIMED_OUT' THEN
      retry_after_ms := greatest(1, ceil(extract(epoch FROM room.restricted_until - sent_time) * 1000));
    END IF;
  ELSE
    SELECT sender.deleted_at IS NOT NULL AS is_gone, sender.suspended_at IS NOT NULL AS is_suspended,
        performer.id IS NULL AS is_unknown, restriction.kind AS restriction
      INTO room
      FROM users AS sender
      LEFT JOIN users AS performer ON performer.id = to_performer AND performer.role IN ('performer', 'admin')
        AND performer.deleted_at IS NULL AND performer.suspended_at IS NULL
      LEFT JOIN room_restrictions AS restriction
        ON restriction.performer_id = to_performer AND restriction.user_id = payer
      WHERE sender.id = payer;
    payee := to_performer;
    outcome := CASE
      WHEN room.is_gone THEN 'SESSION_REVOKED'
      WHEN room.is_suspended THEN 'ACCOUNT_SUSPENDED'
      WHEN payee = payer THEN 'SELF_PAYMENT'
      WHEN room.is_unknown THEN 'NOT_FOUND'
      WHEN room.restriction = 'ban' THEN 'BANNED'
    END;
  END IF;
  IF outcome IS NULL AND (wallet_id IS NULL OR balance < tip_amount) THEN
    outcome := 'INSUFFICIENT_FUNDS';
  END IF;
  IF outcome IS NULL AND NOT count_spending(payer, tip_amount, sent_time) THEN
    outcome := 'SPENDING_LIMIT_REACHED';
  END IF;
  IF outcome IS NOT NULL THEN
    RETURN;
  END IF;

  outcome := 'completed';
  payment_id := new_id;
  fee := fee_of(tip_amount, fee_basis_points);
  paid_time := sent_time;
  balance := balance - tip_amount;
  INSERT INTO payments (id, type, status, payer_id, payee_id, stream_id, amount, currency, fee, idempotency_key, request_hash,
      message, is_anonymous, created_at, completed_at)
    VALUES (new_id, 'tip', 'completed', payer, payee, to_stream, tip_amount, in_currency, fee, key, hash, tip_message,
      anonymous, sent_time, sent_time);
  PERFORM post_transaction('tip', new_id, NULL,
    ARRAY[wallet_id, ledger_account('earnings', payee, NULL, NULL, in_currency),
      ledger_account('revenue', NULL, NULL, NULL, in_currency)],
    ARRAY[-tip_amount, tip_amount - fee, fee]::bigint[], sent_time);
  IF to_stream IS NOT NULL THEN
    INSERT INTO tip_outbox (stream_id, payment_id) VALUES (to_stream, new_id);
  END IF;
END
$$;
--> statement-breakpoint
-- A tip as the room sees it: of an anonymous one nobody learns who paid, however long after.
CREATE VIEW tip_events AS
SELECT payments.id AS payment_id, payments.stream_id,
  json_build_object(
    'paymentId', payments.id,
    'from', CASE WHEN NOT payments.is_anonymous THEN user_summary(payer) END,
    'amount', payments.amount,
    'currency', payments.currency,
    'message', payments.message,
    'createdAt', iso_timestamp(payments.created_at)
  ) AS tip
FROM payments JOIN users AS payer ON payer.id = payments.payer_id
WHERE payments.type = 'tip';
--> statement-breakpoint
-- What viewers are told of a goal: TipGoal.
CREATE FUNCTION tip_goal(goal tip_goals) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT jsonb_build_object('id', goal.id, 'title', goal.title, 'targetAmount', goal.target_amount,
    'raisedAmount', goal.raised_amount, 'createdAt', iso_timestamp(goal.created_at),
    'reachedAt', iso_timestamp(goal.reached_at))
$$;
--> statement-breakpoint
-- Moves the tips of a stream from the outbox into its log, the oldest first, and counts them for the leaderboard and the
-- goal, whose change is one more event. Answers with the events as they are told. A tip that was given back meanwhile is
-- dropped. Whoever does this for a stream does it alone, because the row of the log is locked first.
CREATE FUNCTION log_tips(target_id uuid, tips_max integer, logged_time timestamptz)
RETURNS TABLE (event_seq bigint, event_type stream_event_type, told json)
LANGUAGE plpgsql VOLATILE SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  first_seq bigint;
  next_seq bigint;
  tip_ids uuid[];
  raised bigint;
  goal tip_goals;
BEGIN
  SELECT last_seq + 1 INTO first_seq FROM stream_logs WHERE stream_id = target_id FOR NO KEY UPDATE;
  WITH due AS (
    SELECT tip_outbox.payment_id FROM tip_outbox WHERE stream_id = target_id ORDER BY tip_outbox.payment_id LIMIT tips_max
  ), taken AS (
    DELETE FROM tip_outbox USING due
    WHERE stream_id = target_id AND tip_outbox.payment_id = due.payment_id RETURNING due.payment_id
  )
  SELECT array_agg(taken.payment_id ORDER BY taken.payment_id), sum(payments.amount) INTO tip_ids, raised
    FROM taken JOIN payments ON payments.id = taken.payment_id AND payments.status = 'completed';
  IF tip_ids IS NULL THEN
    RETURN;
  END IF;

  next_seq := first_seq + cardinality(tip_ids);
  INSERT INTO stream_events (stream_id, seq, type, payload, created_at)
    SELECT target_id, first_seq + place - 1, 'tipReceived', jsonb_build_object('paymentId', tip_id), logged_time
    FROM unnest(tip_ids) WITH ORDINALITY AS given (tip_id, place);
  INSERT INTO stream_tippers (stream_id, user_id, amount, tip_count)
    SELECT target_id, payer_id, sum(payments.amount), count(*)
    FROM payments WHERE id = ANY (tip_ids) AND NOT is_anonymous GROUP BY payer_id
    ON CONFLICT ON CONSTRAINT stream_tippers_pkey DO UPDATE SET
      amount = stream_tippers.amount + excluded.amount, tip_count = stream_tippers.tip_count + excluded.tip_count;
  UPDATE tip_goals SET raised_amount = raised_amount + raised,
      reached_at = CASE WHEN raised_amount + raised >= target_amount THEN coalesce(reached_at, logged_time) END
    WHERE stream_id = target_id AND ended_at IS NULL RETURNING * INTO goal;
  IF goal.id IS NOT NULL THEN
    INSERT INTO stream_events (stream_id, seq, type, payload, created_at)
      VALUES (target_id, next_seq, 'tipGoalChanged', jsonb_build_object('goal', tip_goal(goal)), logged_time);
    next_seq := next_seq + 1;
  END IF;
  UPDATE stream_logs SET last_seq = next_seq - 1 WHERE stream_id = target_id;

  RETURN QUERY
    SELECT first_seq + given.place - 1, 'tipReceived'::stream_event_type, shown.tip
    FROM unnest(tip_ids) WITH ORDINALITY AS given (tip_id, place)
    CROSS JOIN LATERAL (SELECT tip_events.tip FROM tip_events WHERE tip_events.payment_id = given.tip_id LIMIT 1) AS shown
    ORDER BY given.place;
  IF goal.id IS NOT NULL THEN
    RETURN QUERY SELECT next_seq - 1, 'tipGoalChanged'::stream_event_type, tip_goal(goal)::json;
  END IF;
END
$$;
--> statement-breakpoint
-- Sets what the tips of a stream are collected for from now on, or with a null title nothing. `outcome` is `done`,
-- `unchanged` when there was nothing to take away, or a code; `result` is the goal, `new_seq` its event's place.
CREATE FUNCTION set_tip_goal(
  given uuid, actor uuid, new_id uuid, new_title text, new_target integer, acted_at timestamptz,
  OUT outcome text, OUT new_seq bigint, OUT result jsonb)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  room streams;
  goal tip_goals;
BEGIN
  PERFORM FROM stream_logs WHERE stream_id = given FOR NO KEY UPDATE;
  SELECT * INTO room FROM streams WHERE id = given;
  outcome := CASE
    WHEN room.id IS NULL THEN 'NOT_FOUND'
    WHEN room_role(room.performer_id, actor) NOT IN ('performer', 'admin') THEN 'FORBIDDEN'
    WHEN room.status = 'ended' THEN 'STREAM_ENDED'
    ELSE 'done'
  END;
  IF outcome <> 'done' THEN
    RETURN;
  END IF;
  UPDATE tip_goals SET ended_at = acted_at WHERE stream_id = given AND ended_at IS NULL;
  IF new_title IS NULL AND NOT FOUND THEN
    outcome := 'unchanged';
    RETURN;
  END IF;
  IF new_title IS NOT NULL THEN
    INSERT INTO tip_goals (id, stream_id, title, target_amount, created_at)
      VALUES (new_id, given, new_title, new_target, acted_at) RETURNING * INTO goal;
    result := tip_goal(goal);
  END IF;
  new_seq := append_stream_event(given, 'tipGoalChanged', jsonb_build_object('goal', result));
END
$$;
