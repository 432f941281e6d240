import { Payment } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Database, InstantColumn, preparedSql } from '../platform/database.js';

const $ = sql.placeholder;

export const refusals = [
  'NOT_FOUND',
  'FORBIDDEN',
  'NOT_REFUNDABLE',
  'ALREADY_REFUNDED',
  'FUNDS_SPENT',
  'WALLET_FULL',
] as const;
export type Refusal = (typeof refusals)[number];

const Row = z.union([
  z.object({
    outcome: z.literal('done'),
    holderId: z.string().nullable(),
    giverId: z.string().nullable(),
    logged: z.boolean(),
    ...Payment.shape,
    createdAt: InstantColumn,
    completedAt: InstantColumn.nullable(),
  }),
  z.object({ outcome: z.enum(refusals) }),
]);

/** A payment that was given back and the payment that does so, or why nothing was done. */
export type Refunded =
  | { outcome: Refusal }
  | {
      outcome: 'done';
      payment: Payment;
      refund: Payment;
      /** Whoever had paid, and whoever had been paid; null for the world outside. */
      holderId: string | null;
      giverId: string | null;
      /** Whether the log of the payment's stream grew. */
      logged: boolean;
    };

// The function is called once, and both payments are what it returned: this statement would not see what it wrote. Nothing
// of them is kept from whoever may do this: admins see everything, and performers what their own tickets cost.
const refundStatement = preparedSql(
  'refunds_refund_payment',
  Row,
  sql`with refunded as materialized (
      select * from refund_payment(${$('refundId')}::uuid, ${$('id')}::uuid, ${$('actorId')}::uuid,
        ${$('now')}::timestamptz)
    ), noted as materialized (
      select note_audit(${$('actorId')}::uuid, 'payment_refunded',
        coalesce((original).payer_id, (original).payee_id), jsonb_build_object('paymentId', (original).id))
      from refunded
      where outcome = 'done'
        and not ((original).type = 'private_show' and (original).payee_id = ${$('actorId')}::uuid)
    ), told as (
      select outcome, (original).payer_id as "holderId", (original).payee_id as "giverId", logged, (original).*
      from refunded
      union all
      select outcome, (original).payer_id, (original).payee_id, logged, (refund).* from refunded where outcome = 'done'
    )
    select outcome, "holderId", "giverId", logged, id, type, status, payer_id as "payerId", payee_id as "payeeId",
      stream_id as "streamId", amount, currency, fee, message, is_anonymous as "isAnonymous",
      refunds_id as "refundsId", created_at as "createdAt", completed_at as "completedAt"
    from told left join noted on true order by refunds_id nulls first`,
);

/** Gives a payment back, once; an admin who does so is noted, a performer with own tickets is not. */
export const refundPayment = async (
  database: Database,
  of: { refundId: string; id: string; actorId: string; now: string },
): Promise<Refunded> => {
  const [original, refund] = await refundStatement(database, of);
  if (!original) throw new Error('refund_payment gave no outcome');
  if (original.outcome !== 'done') return original;
  if (refund?.outcome !== 'done') throw new Error('refund_payment told of no refund');
  const { outcome, holderId, giverId, logged, ...payment } = original;
  const { outcome: _, holderId: _holder, giverId: _giver, logged: _logged, ...refunding } = refund;
  return { outcome, payment, refund: refunding, holderId, giverId, logged };
};
