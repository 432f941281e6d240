import { PaymentType } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Database, preparedSql } from '../platform/database.js';

const $ = sql.placeholder;

/** One sum: over a day, a type or a stream, or over all. */
const SumRow = z.object({
  over: z.enum(['total', 'day', 'type', 'stream']),
  day: z.string().nullable(),
  type: PaymentType.nullable(),
  streamId: z.string().nullable(),
  title: z.string().nullable(),
  count: z.number(),
  gross: z.number(),
  fee: z.number(),
  net: z.number(),
});
export type EarningsSum = z.infer<typeof SumRow>;

// From the ledger, by the index on an account's entries in time, so that `net` is what was credited, to the unit; a
// payment says what its payer gave. A show counts with its release, by the tickets that had not been given back before;
// a refund counts only where it was taken from the earnings, and takes off what it gave back.
const sumStatement = preparedSql(
  'earnings_sum',
  SumRow,
  sql`with entries as (
    select posted.id, posted.kind, posted.payment_id, posted.stream_id, account.id as account_id, entry.amount as net,
      (entry.created_at at time zone 'UTC')::date as day
    from ledger_accounts as account
    join ledger_entries as entry on entry.account_id = account.id
      and entry.created_at >= (${$('from')}::date)::timestamp at time zone 'UTC'
      and entry.created_at < (${$('to')}::date + 1)::timestamp at time zone 'UTC'
    join ledger_transactions as posted on posted.id = entry.transaction_id
    where account.owner_id = ${$('performerId')}::uuid and account.kind = 'earnings'
      and account.currency = ${$('currency')}::char(3) and posted.kind in ('tip', 'release', 'refund')
  ), earned as (
    select day, payment.type, payment.stream_id, 1 as count, payment.amount::bigint as gross, net
    from entries join payments as payment on payment.id = entries.payment_id where kind = 'tip'
    union all
    select day, given.type, given.stream_id, -1, -refund.amount::bigint, net
    from entries join payments as refund on refund.id = entries.payment_id
    join payments as given on given.id = refund.refunds_id where kind = 'refund'
    union all
    select day, 'private_show', entries.stream_id, tickets.count, tickets.gross, net
    from entries cross join lateral (
      select count(*) as count, coalesce(sum(ticket.amount), 0) as gross
      from payments as ticket
      where ticket.stream_id = entries.stream_id and ticket.type = 'private_show'
        and (ticket.status = 'completed' or ticket.status = 'refunded' and exists (
          select from payments as refund
          join ledger_transactions as posted on posted.payment_id = refund.id and posted.kind = 'refund'
          join ledger_entries as taken on taken.transaction_id = posted.id and taken.account_id = entries.account_id
          where refund.refunds_id = ticket.id))
    ) as tickets where kind = 'release'
  ), sums as (
    select case grouping(day, type, stream_id) when 7 then 'total' when 3 then 'day' when 5 then 'type' else 'stream' end
        as over, day, type, stream_id, sum(count) as count, sum(gross) as gross, sum(net) as net
    from earned group by grouping sets ((), (day), (type), (stream_id))
  )
  select over, day::text as day, type, stream_id as "streamId", streams.title,
    coalesce(count, 0)::float8 as count, coalesce(gross, 0)::float8 as gross,
    coalesce(gross - net, 0)::float8 as fee, coalesce(net, 0)::float8 as net
  from sums left join streams on streams.id = stream_id
  order by over, day, type, net desc, stream_id`,
);

/** What a performer earned from the first to the last day, in UTC: the sums, each in the order that they are told in. */
export const sumEarnings = (
  database: Database,
  of: { performerId: string; currency: string; from: string; to: string },
): Promise<EarningsSum[]> => sumStatement(database, of);
