import { PaymentType } from '@versbottomlex/shared';
import { type SQL, sql } from 'drizzle-orm';
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

const isInPeriod = (moment: SQL) => sql`
  ${moment} >= (${$('from')}::date)::timestamp at time zone 'UTC'
  and ${moment} < (${$('to')}::date + 1)::timestamp at time zone 'UTC'`;

const dayOf = (moment: SQL) => sql`(${moment} at time zone 'UTC')::date`;

/** Whether the refund of a ticket came before the release of its show, out of what nobody had earned yet. */
const isFromEscrow = (refundId: SQL) => sql`exists (
  select from ledger_transactions as posted
  join ledger_entries as entry on entry.transaction_id = posted.id
  join ledger_accounts as account on account.id = entry.account_id and account.kind = 'tickets'
  where posted.payment_id = ${refundId} and posted.kind = 'refund')`;

// A tip is read from the payment alone, since there are many: what the payee got is what the fee left. A show counts with
// the release of its tickets, a refund where it was taken from the earnings, both by what the ledger says of them.
const sumStatement = preparedSql(
  'earnings_sum',
  SumRow,
  sql`with earnings as (
    select id from ledger_accounts
    where owner_id = ${$('performerId')}::uuid and kind = 'earnings' and currency = ${$('currency')}::char(3)
  ), earned as (
    select ${dayOf(sql`completed_at`)} as day, type, stream_id, 1 as count, amount::bigint as gross,
      (amount - fee)::bigint as net
    from payments
    where payee_id = ${$('performerId')}::uuid and type = 'tip' and status in ('completed', 'refunded')
      and currency = ${$('currency')}::char(3) and ${isInPeriod(sql`completed_at`)}
    union all
    select ${dayOf(sql`posted.created_at`)}, given.type, given.stream_id, -1, -refund.amount::bigint, coalesce(taken.amount, 0)
    from payments as refund
    join payments as given on given.id = refund.refunds_id and given.type in ('tip', 'private_show')
    join ledger_transactions as posted on posted.payment_id = refund.id and posted.kind = 'refund'
    left join ledger_entries as taken
      on taken.transaction_id = posted.id and taken.account_id = (select id from earnings)
    where refund.payer_id = ${$('performerId')}::uuid and refund.type = 'refund'
      and refund.currency = ${$('currency')}::char(3) and ${isInPeriod(sql`posted.created_at`)}
      and not ${isFromEscrow(sql`refund.id`)}
    union all
    select ${dayOf(sql`posted.created_at`)}, 'private_show', streams.id, tickets.count, tickets.gross, coalesce(given.amount, 0)
    from streams
    join ledger_transactions as posted on posted.stream_id = streams.id and ${isInPeriod(sql`posted.created_at`)}
    left join ledger_entries as given
      on given.transaction_id = posted.id and given.account_id = (select id from earnings)
    cross join lateral (
      select count(*) as count, sum(ticket.amount) as gross
      from payments as ticket left join payments as refund on refund.refunds_id = ticket.id
      where ticket.stream_id = streams.id and ticket.type = 'private_show'
        and ticket.status in ('completed', 'refunded') and ticket.currency = ${$('currency')}::char(3)
        and (refund.id is null or not ${isFromEscrow(sql`refund.id`)})
    ) as tickets
    where streams.performer_id = ${$('performerId')}::uuid and tickets.count > 0
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
