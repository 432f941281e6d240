import { Payment, type PaymentHistoryInput } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Database, InstantColumn, preparedSql } from '../platform/database.js';

const $ = sql.placeholder;

/** A row of {@link paymentColumns}. */
export const PaymentRow = z.object({
  ...Payment.shape,
  createdAt: InstantColumn,
  completedAt: InstantColumn.nullable(),
});

/**
 * A payment as its reader may see it: the payee of an anonymous tip does not learn who paid, nor when it is given back,
 * and what the platform keeps is the payee's business. Wants the placeholders `readerId` and `isAuditor`.
 */
export const paymentColumns = sql`id, type, status,
  case when is_anonymous and type <> 'refund' and payee_id = ${$('readerId')}::uuid and not ${$('isAuditor')}::boolean
    then null else payer_id end as "payerId",
  case when is_anonymous and type = 'refund' and payer_id = ${$('readerId')}::uuid and not ${$('isAuditor')}::boolean
    then null else payee_id end as "payeeId",
  stream_id as "streamId", amount, currency,
  case when ${$('isAuditor')}::boolean
    or ${$('readerId')}::uuid = case when type = 'refund' then payer_id else payee_id end
    then fee end as fee,
  message, is_anonymous as "isAnonymous", refunds_id as "refundsId", created_at as "createdAt",
  completed_at as "completedAt"`;

const half = (party: 'payer_id' | 'payee_id') => sql`(
  select * from payments
  where ${sql.raw(party)} = ${$('readerId')}::uuid
    and (${$('type')}::payment_type is null or type = ${$('type')}::payment_type)
    and (${$('status')}::payment_status is null or status = ${$('status')}::payment_status)
    and (${$('afterId')}::uuid is null or id < ${$('afterId')}::uuid)
  order by id desc limit ${$('limit')}::int)`;

// Two index scans of at most a page each; nobody pays oneself, so that no payment is in both.
const listPaymentsStatement = preparedSql(
  'payments_list',
  PaymentRow,
  sql`select ${paymentColumns} from (${half('payer_id')} union all ${half('payee_id')}) as own
    order by id desc limit ${$('limit')}::int`,
);

/** The payments that a user made or received, newest first. */
export const listPayments = (
  database: Database,
  readerId: string,
  filter: Pick<PaymentHistoryInput, 'type' | 'status'> & { limit: number; afterId: string | undefined },
): Promise<Payment[]> =>
  listPaymentsStatement(database, {
    readerId,
    isAuditor: false,
    type: filter.type ?? null,
    status: filter.status ?? null,
    limit: filter.limit,
    afterId: filter.afterId ?? null,
  });

const findPaymentStatement = preparedSql(
  'payments_find',
  PaymentRow,
  sql`select ${paymentColumns} from payments
    where id = ${$('id')}::uuid
      and (${$('isAuditor')}::boolean or ${$('readerId')}::uuid in (payer_id, payee_id))`,
);

/** A payment of which the reader is a party, or any for an auditor. */
export const findPayment = async (
  database: Database,
  of: { id: string; readerId: string; isAuditor: boolean },
): Promise<Payment | undefined> => (await findPaymentStatement(database, of))[0];
