-- What each transaction has to move, as the payment or the show that it is for tells it. Accounts are told by their kind
-- and owner, a user or a show; what belongs to nobody is the platform's. What comes for a user who is gone is forfeited.
CREATE VIEW ledger_expectations AS
WITH posted AS (
  SELECT posted.id, posted.kind, paid.type, paid.payer_id, paid.payee_id, paid.stream_id, paid.currency, paid.amount, paid.fee,
    -- A refund moves back what the payment that it names has moved, and a refund that failed moves it once more.
    CASE WHEN posted.kind = 'refund' THEN -1 ELSE 1 END AS direction,
    EXISTS (
      SELECT FROM ledger_transactions AS release WHERE release.stream_id = paid.stream_id AND release.id < posted.id
    ) AS is_released
  FROM ledger_transactions AS posted
  JOIN payments ON payments.id = posted.payment_id
  JOIN payments AS paid ON paid.id = coalesce(payments.refunds_id, payments.id)
  WHERE posted.kind <> 'correction'
), released AS (
  SELECT release.id, release.stream_id, streams.performer_id, sold.currency,
    sum(sold.amount) AS amount, sum(sold.fee) AS fee
  FROM ledger_transactions AS release
  JOIN streams ON streams.id = release.stream_id
  JOIN payments AS sold ON sold.stream_id = release.stream_id AND sold.type = 'private_show'
  WHERE release.kind = 'release' AND NOT EXISTS (
    SELECT FROM payments AS refund JOIN ledger_transactions AS given_back ON given_back.payment_id = refund.id
    WHERE refund.refunds_id = sold.id AND given_back.id < release.id
  )
  GROUP BY release.id, streams.id, sold.currency
), moved (transaction_id, kind, owner_id, stream_id, currency, amount) AS (
  SELECT id, 'wallet'::ledger_account_kind, payer_id, NULL::uuid, currency, -direction * amount::bigint
    FROM posted WHERE type IN ('tip', 'private_show')
  UNION ALL
  SELECT id, 'earnings', payee_id, NULL, currency, direction * (amount - fee)
    FROM posted WHERE type = 'tip' OR (type = 'private_show' AND is_released)
  UNION ALL
  SELECT id, 'revenue', NULL, NULL, currency, direction * fee
    FROM posted WHERE type = 'tip' OR (type = 'private_show' AND is_released)
  UNION ALL
  SELECT id, 'tickets', NULL, stream_id, currency, direction * amount
    FROM posted WHERE type = 'private_show' AND NOT is_released
  UNION ALL
  SELECT id, 'wallet', payee_id, NULL, currency, direction * amount FROM posted WHERE type = 'top_up'
  UNION ALL
  SELECT id, 'clearing', NULL, NULL, currency, -direction * amount FROM posted WHERE type = 'top_up'
  UNION ALL
  SELECT id, 'earnings', payer_id, NULL, currency, CASE kind WHEN 'payout' THEN -amount ELSE amount END
    FROM posted WHERE type = 'payout' AND kind IN ('payout', 'payout_return')
  UNION ALL
  SELECT id, 'payouts', NULL, NULL, currency, CASE kind WHEN 'payout' THEN amount ELSE -amount END
    FROM posted WHERE type = 'payout'
  UNION ALL
  SELECT id, 'clearing', NULL, NULL, currency, amount FROM posted WHERE type = 'payout' AND kind = 'payout_paid'
  UNION ALL
  SELECT id, 'tickets', NULL, stream_id, currency, -amount FROM released
  UNION ALL
  SELECT id, 'earnings', performer_id, NULL, currency, amount - fee FROM released
  UNION ALL
  SELECT id, 'revenue', NULL, NULL, currency, fee FROM released
), given_up AS (
  SELECT DISTINCT transaction_id FROM ledger_accounts JOIN ledger_entries ON account_id = id WHERE kind = 'forfeited'
)
SELECT moved.transaction_id,
  CASE WHEN users.id IS NULL THEN moved.kind ELSE 'forfeited' END AS kind,
  CASE WHEN users.id IS NULL THEN moved.owner_id END AS owner_id,
  moved.stream_id, moved.currency, moved.amount
FROM moved
LEFT JOIN given_up ON given_up.transaction_id = moved.transaction_id AND moved.amount > 0
LEFT JOIN users ON users.id = moved.owner_id AND users.deleted_at IS NOT NULL AND given_up.transaction_id IS NOT NULL;
--> statement-breakpoint
-- How a payment of a type and status is posted: by exactly these transactions.
CREATE VIEW ledger_postings (type, status, kind) AS
VALUES
  ('tip'::payment_type, 'completed'::payment_status, 'tip'::ledger_transaction_kind),
  ('tip', 'refunded', 'tip'),
  ('private_show', 'completed', 'private_show'),
  ('private_show', 'refunded', 'private_show'),
  ('top_up', 'completed', 'top_up'),
  ('top_up', 'refunded', 'top_up'),
  -- What is sent back to a card has left the wallet when it is asked for, and is in it again when that fails.
  ('refund', 'pending', 'refund'),
  ('refund', 'completed', 'refund'),
  ('refund', 'failed', 'refund'),
  ('refund', 'failed', 'payout_return'),
  ('payout', 'pending', 'payout'),
  ('payout', 'completed', 'payout'),
  ('payout', 'completed', 'payout_paid'),
  ('payout', 'failed', 'payout'),
  ('payout', 'failed', 'payout_return');
--> statement-breakpoint
-- Proves the ledger at one moment, as one statement sees it; returns how many entries there are, how many breaks of an
-- invariant it found, and the first hundred as `{invariant, subject, detail}`. Reads every table a few times, by hash
-- joins, and locks nothing. The invariants, each found by its name:
--
-- zero_sum            the entries of a transaction add up to nothing
-- two_sides           a transaction has at least two entries
-- transaction_exists  the transaction of an entry exists
-- account_exists      the account of an entry, and of one that waits to be folded, exists
-- balance             what an account holds, with what waits to be folded, is the sum of its entries
-- pending_entry       what waits to be folded is an entry, of the same amount
-- not_negative        no wallet, earnings or tickets hold less than nothing
-- wallet_history      what a wallet held after each entry is the sum of its entries until then
-- payment_posted      a payment has the transactions that its type and status call for
-- posting_founded     and no other transaction has it for its reason
-- entries_agree       a transaction moves what its payment or show says, between the accounts of those whom it names; a
--                     forfeit what somebody held who is gone. What an operator has posted a correction for does so
--                     together with it
-- refund_agrees       what is refunded has a refund that did not fail; a completed refund has refunded a payment; and it
--                     gives back what was paid, to whom it was from
-- payout_agrees       a payout and its payment stand alike
-- show_settled        the account of a show's tickets is empty once the show is settled, by a release or by refunds
CREATE FUNCTION audit_ledger(OUT entry_count bigint, OUT break_count integer, OUT breaks jsonb)
LANGUAGE sql STABLE SET work_mem = '64MB' SET jit = off AS $$
WITH by_transaction AS (
  SELECT transaction_id, sum(amount) AS total, count(*) AS entries FROM ledger_entries GROUP BY transaction_id
), by_account AS (
  SELECT account_id, sum(amount) AS total, count(*) AS entries FROM ledger_entries GROUP BY account_id
), waiting AS (
  SELECT account_id, sum(amount) AS total FROM ledger_pending GROUP BY account_id
), held AS (
  SELECT accounts.id, accounts.kind, accounts.owner_id, accounts.stream_id,
    accounts.balance + coalesce(waiting.total, 0) AS balance, coalesce(by_account.total, 0) AS entered
  FROM ledger_accounts AS accounts
  LEFT JOIN waiting ON waiting.account_id = accounts.id
  LEFT JOIN by_account ON by_account.account_id = accounts.id
), refunds AS (
  SELECT refund.id, refund.status, refund.refunds_id,
    (refund.amount, refund.fee, refund.currency, refund.stream_id) IS DISTINCT FROM
      (paid.amount, paid.fee, paid.currency, paid.stream_id)
    OR (refund.payer_id, refund.payee_id) IS DISTINCT FROM (paid.payee_id, paid.payer_id) AS is_another,
    paid.status AS paid_status
  FROM payments AS refund JOIN payments AS paid ON paid.id = refund.refunds_id
), corrected AS (
  -- A correction is read as one with what it puts right: all that its payment moved, and the release of a ticket's show.
  SELECT posted.id, paid.corrected_id
  FROM (
    SELECT correction.payment_id, coalesce(min(release.id), min(other.id)) AS corrected_id
    FROM ledger_transactions AS correction
    JOIN ledger_transactions AS other ON other.payment_id = correction.payment_id
    LEFT JOIN payments AS ticket ON ticket.id = correction.payment_id AND ticket.type = 'private_show'
    LEFT JOIN ledger_transactions AS release ON release.stream_id = ticket.stream_id
    WHERE correction.kind = 'correction' GROUP BY correction.payment_id
  ) AS paid
  JOIN ledger_transactions AS posted ON posted.payment_id = paid.payment_id
), found (invariant, subject, detail) AS (
  SELECT 'zero_sum', 'transaction ' || transaction_id, 'its entries add up to ' || total
    FROM by_transaction WHERE total <> 0
  UNION ALL
  SELECT 'two_sides', 'transaction ' || id, 'it has ' || coalesce(entries, 0) || ' entries'
    FROM ledger_transactions LEFT JOIN by_transaction ON transaction_id = id WHERE coalesce(entries, 0) < 2
  UNION ALL
  SELECT 'transaction_exists', 'transaction ' || transaction_id, 'it has ' || entries || ' entries, and does not exist'
    FROM by_transaction LEFT JOIN ledger_transactions ON id = transaction_id WHERE id IS NULL
  UNION ALL
  SELECT 'account_exists', 'account ' || account_id, 'something was entered, and it does not exist'
    FROM (SELECT account_id FROM by_account UNION SELECT account_id FROM waiting) AS used
    LEFT JOIN ledger_accounts ON id = account_id WHERE id IS NULL
  UNION ALL
  SELECT 'balance', kind || ' account ' || id, 'it holds ' || balance || ', and its entries add up to ' || entered
    FROM held WHERE balance <> entered
  UNION ALL
  SELECT 'pending_entry', 'account ' || pending.account_id,
      pending.amount || ' of transaction ' || pending.transaction_id || ' waits, where '
        || coalesce(entry.amount::text, 'nothing') || ' was entered'
    FROM ledger_pending AS pending
    LEFT JOIN ledger_entries AS entry
      ON entry.transaction_id = pending.transaction_id AND entry.account_id = pending.account_id
    WHERE entry.amount IS DISTINCT FROM pending.amount
  UNION ALL
  SELECT 'not_negative', kind || ' account ' || id, 'it holds ' || balance
    FROM held WHERE balance < 0 AND kind IN ('wallet', 'earnings', 'tickets')
  UNION ALL
  SELECT 'wallet_history', 'wallet account ' || account_id,
      'after transaction ' || transaction_id || ' it held ' || expected || ', and ' || coalesce(balance_after::text, 'nothing')
        || ' was written'
    FROM (
      SELECT account_id, transaction_id, balance_after,
        sum(amount) OVER (PARTITION BY account_id ORDER BY transaction_id) AS expected
      FROM ledger_entries JOIN ledger_accounts ON id = account_id AND kind = 'wallet'
    ) AS history
    WHERE balance_after IS DISTINCT FROM expected
  UNION ALL
  SELECT 'payment_posted', 'payment ' || payments.id,
      'it is a ' || payments.type || ' that is ' || payments.status || ', without its transaction ' || postings.kind
    FROM payments
    JOIN ledger_postings AS postings ON postings.type = payments.type AND postings.status = payments.status
    LEFT JOIN ledger_transactions AS posted ON posted.payment_id = payments.id AND posted.kind = postings.kind
    WHERE posted.id IS NULL
  UNION ALL
  SELECT 'posting_founded', 'transaction ' || posted.id,
      'it is a ' || posted.kind || ' for payment ' || posted.payment_id || ', '
        || coalesce('a ' || payments.type || ' that is ' || payments.status, 'which does not exist')
    FROM ledger_transactions AS posted
    LEFT JOIN payments ON payments.id = posted.payment_id
    LEFT JOIN ledger_postings AS postings
      ON postings.type = payments.type AND postings.status = payments.status AND postings.kind = posted.kind
    WHERE posted.payment_id IS NOT NULL AND posted.kind <> 'correction' AND postings.kind IS NULL
  UNION ALL
  SELECT 'entries_agree', 'transaction ' || transaction_id,
      'beyond what it is for, it moves ' || sum(amount) || ' ' || currency || ' into ' || kind
        || coalesce(' of ' || owner_id, ' of ' || stream_id, '')
    FROM (
      SELECT coalesce(corrected_id, moved.transaction_id), kind, owner_id, stream_id, currency, amount
      FROM (
        SELECT transaction_id, account.kind, owner_id, account.stream_id, currency, amount
          FROM ledger_entries
          JOIN ledger_accounts AS account ON account.id = account_id
          JOIN ledger_transactions AS posted ON posted.id = transaction_id AND posted.kind <> 'forfeit'
        UNION ALL
        SELECT transaction_id, kind, owner_id, stream_id, currency, -amount FROM ledger_expectations
      ) AS moved LEFT JOIN corrected ON corrected.id = moved.transaction_id
    ) AS difference (transaction_id, kind, owner_id, stream_id, currency, amount)
    GROUP BY transaction_id, kind, owner_id, stream_id, currency HAVING sum(amount) <> 0
  UNION ALL
  SELECT 'entries_agree', 'transaction ' || transaction_id, 'it is a forfeit, and moves more than what one user left'
    FROM ledger_transactions AS posted
    JOIN ledger_entries ON transaction_id = posted.id
    JOIN ledger_accounts AS account ON account.id = account_id
    LEFT JOIN users ON users.id = owner_id
    WHERE posted.kind = 'forfeit'
    GROUP BY transaction_id
    HAVING count(DISTINCT owner_id) <> 1 OR count(deleted_at) <> count(owner_id) OR count(DISTINCT currency) <> 1 OR bool_or(
      CASE account.kind WHEN 'forfeited' THEN amount < 0 WHEN 'wallet' THEN amount > 0 WHEN 'earnings' THEN amount > 0
        ELSE true END)
  UNION ALL
  SELECT 'refund_agrees', 'payment ' || payments.id, 'it is refunded, without a refund'
    FROM payments LEFT JOIN refunds ON refunds.refunds_id = payments.id AND refunds.status IN ('pending', 'completed')
    WHERE payments.status = 'refunded' AND refunds.id IS NULL
  UNION ALL
  SELECT 'refund_agrees', 'payment ' || id,
      CASE WHEN is_another THEN 'it gives back something else than payment ' || refunds_id || ' paid'
        ELSE 'it is completed, and payment ' || refunds_id || ' is ' || paid_status END
    FROM refunds WHERE is_another OR (status = 'completed' AND paid_status <> 'refunded')
  UNION ALL
  SELECT 'payout_agrees', 'payment ' || payments.id,
      'it is ' || payments.status || ', and its payout ' || coalesce(payouts.status::text, 'is missing')
    FROM payments LEFT JOIN payouts ON payouts.payment_id = payments.id
    WHERE (payments.type = 'payout' OR payouts.payment_id IS NOT NULL) AND payments.status::text IS DISTINCT FROM
      CASE WHEN payments.type = 'payout' THEN CASE payouts.status
        WHEN 'requested' THEN 'pending' WHEN 'approved' THEN 'pending' WHEN 'rejected' THEN 'failed'
        WHEN 'paid' THEN 'completed' END END
  UNION ALL
  SELECT 'show_settled', 'stream ' || held.stream_id, 'it is settled, and its tickets account holds ' || held.balance
    FROM held LEFT JOIN open_shows ON open_shows.stream_id = held.stream_id
    LEFT JOIN ledger_transactions AS release ON release.stream_id = held.stream_id
    WHERE held.kind = 'tickets' AND held.balance <> 0 AND (open_shows.stream_id IS NULL OR release.id IS NOT NULL)
)
SELECT
  (SELECT coalesce(sum(entries), 0)::bigint FROM by_account),
  (SELECT count(*)::integer FROM found),
  (SELECT coalesce(jsonb_agg(to_jsonb(first)), '[]') FROM (SELECT * FROM found LIMIT 100) AS first)
$$;
