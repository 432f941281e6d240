import * as schema from '@versbottomlex/database';
import { type SQL, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import type { Database } from '../../src/platform/database.js';

type Books = Pick<Database, 'client'>;

/** A connection of its own, on which a question may take as long as it does. */
export const openBooks = (url: string): Books & { close(): Promise<void> } => {
  const driver = postgres(url, { max: 1, onnotice: () => {} });
  return { client: drizzle(driver, { schema }), close: () => driver.end() };
};

/** What must never be found, each by a query that names where it is. Told apart from the auditor, which it checks too. */
const faults: Record<string, SQL> = {
  'the entries of a transaction do not sum to zero, or it has fewer than two': sql`
    select id::text as subject from ledger_transactions left join ledger_entries on transaction_id = id
    group by id having coalesce(sum(amount), 1) <> 0 or count(*) < 2`,
  'all balances and what waits for them do not sum to zero': sql`
    select total::text as subject from (
      select (select sum(balance) from ledger_accounts) + (select coalesce(sum(amount), 0) from ledger_pending) as total
    ) as books where total <> 0`,
  'a balance and what waits for it are not the entries of the account': sql`
    select kind || ' ' || id as subject from ledger_accounts
    where balance + (select coalesce(sum(amount), 0) from ledger_pending where account_id = id)
      <> (select coalesce(sum(amount), 0) from ledger_entries where account_id = id)`,
  'what waits is no entry': sql`
    select account_id || ' ' || transaction_id as subject from ledger_pending
    where not exists (select from ledger_entries where (account_id, transaction_id, amount)
      = (ledger_pending.account_id, ledger_pending.transaction_id, ledger_pending.amount))`,
  'something that belongs to somebody is negative': sql`
    select kind || ' ' || id as subject from ledger_accounts
    where kind in ('wallet', 'earnings', 'tickets', 'payouts')
      and balance + (select coalesce(sum(amount), 0) from ledger_pending where account_id = id) < 0`,
  'a wallet was told another balance than its entries make': sql`
    select transaction_id || ' ' || account_id as subject from (
      select *, sum(amount) over (partition by account_id order by transaction_id) as summed
      from ledger_entries where account_id in (select id from ledger_accounts where kind = 'wallet')
    ) as told where balance_after is distinct from summed`,
  'a completed payment has no transaction': sql`
    select type || ' ' || id as subject from payments
    where (status in ('completed', 'refunded') or type = 'payout')
      and not exists (select from ledger_transactions where payment_id = payments.id and kind::text = type::text)`,
  'money moved for a payment that is not completed': sql`
    select type || ' ' || payments.id as subject from payments
    join ledger_transactions on payment_id = payments.id and kind::text = type::text
    where type <> 'payout' and status not in ('completed', 'refunded')
      -- What goes back to a card is taken from the wallet first, and comes back to it when the provider declines.
      and not (type = 'refund' and status = 'pending')
      and not exists (select from ledger_transactions as back
        where back.payment_id = payments.id and back.kind = 'payout_return')`,
  'a payment is given back without a refund, or has one and is not': sql`
    select payments.id::text as subject from payments
    left join payments as refund on refund.refunds_id = payments.id and refund.status = 'completed'
    where (payments.status = 'refunded') <> (refund.id is not null)`,
  'a tip moved another amount than it says': sql`
    select payments.id::text as subject from payments
    where type = 'tip' and not exists (
      select from ledger_transactions as posted
      join ledger_entries as entry on entry.transaction_id = posted.id
      join ledger_accounts as account on account.id = entry.account_id
      where posted.payment_id = payments.id and posted.kind = 'tip'
      having sum(entry.amount) filter (where account.kind = 'wallet' and owner_id = payer_id) = -payments.amount
        and coalesce(sum(entry.amount) filter (where account.kind = 'earnings' and owner_id = payee_id), 0)
          = payments.amount - fee
        and coalesce(sum(entry.amount) filter (where account.kind = 'revenue'), 0) = fee)`,
};

const announcements: Record<string, SQL> = {
  'a tip is in the log more than once': sql`
    select payload ->> 'paymentId' as subject from stream_events where type = 'tipReceived'
    group by 1 having count(*) > 1`,
  'a tip is not in the log': sql`
    select id::text as subject from payments
    where type = 'tip' and status = 'completed' and stream_id is not null and not exists (
      select from stream_events where stream_events.stream_id = payments.stream_id and type = 'tipReceived'
        and payload ->> 'paymentId' = payments.id::text)`,
  'the log tells of a tip that is none': sql`
    select payload ->> 'paymentId' as subject from stream_events where type = 'tipReceived' and not exists (
      select from payments where id = (payload ->> 'paymentId')::uuid and payments.type = 'tip'
        and payments.stream_id = stream_events.stream_id)`,
  'a tip waits for the log': sql`select payment_id::text as subject from tip_outbox`,
  'the places in a log have holes': sql`
    select stream_id::text as subject from stream_events group by stream_id having max(seq) - min(seq) + 1 <> count(*)`,
};

const find = async ({ client }: Books, queries: Record<string, SQL>): Promise<string[]> => {
  const found: string[] = [];
  for (const [fault, query] of Object.entries(queries)) {
    const rows = await client.execute<{ subject: string }>(query);
    found.push(...[...rows].map(({ subject }) => `${fault}: ${subject}`));
  }
  return found;
};

/** What the auditor finds at this moment, also while money moves. */
export const foundByAudit = (books: Books): Promise<string[]> =>
  find(books, {
    'the auditor': sql`select format('%s of %s: %s', found ->> 'invariant', found ->> 'subject', found ->> 'detail')
      as subject from audit_ledger(), jsonb_array_elements(breaks) as found`,
  });

/** Everything that is wrong with the books, one sentence each; what is right is the empty list. */
export const brokenBooks = async (books: Books): Promise<string[]> => [
  ...(await find(books, faults)),
  ...(await foundByAudit(books)),
];

/** Everything that is wrong with how tips were announced, once they all have been. */
export const brokenAnnouncements = (books: Books): Promise<string[]> => find(books, announcements);

/** How many tips still wait to enter the log of their stream. */
export const unannounced = async ({ client }: Books): Promise<number> => {
  const [row] = await client.execute<{ count: number }>(sql`select count(*)::int as count from tip_outbox`);
  return row?.count ?? 0;
};
