import { sql } from 'drizzle-orm';
import { check, index, pgEnum, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from './columns.js';
import { payments } from './payments.js';
import { users } from './users.js';

export const payoutStatus = pgEnum('payout_status', ['requested', 'approved', 'rejected', 'paid']);

/** How far the payout of a performer's earnings has come: requested → approved → paid, or rejected before it is paid. */
export const payouts = pgTable(
  'payouts',
  {
    paymentId: uuid('payment_id')
      .primaryKey()
      .references(() => payments.id, { onDelete: 'restrict' }),
    status: payoutStatus('status').notNull().default('requested'),
    /** The admin who approved or rejected it, and when. */
    decidedById: uuid('decided_by_id').references(() => users.id, { onDelete: 'restrict' }),
    decidedAt: instant('decided_at'),
    /** Why it was rejected, as its performer is told. */
    reason: text('reason'),
    paidAt: instant('paid_at'),
    /** How the bank or provider names the transfer. */
    reference: text('reference'),
  },
  (table) => [
    // What admins have to do.
    index('payouts_open_idx').on(table.paymentId).where(sql`status in ('requested', 'approved')`),
    check('payouts_decided_has_admin', sql`(${table.decidedAt} is null) = (${table.decidedById} is null)`),
    check('payouts_decided_has_time', sql`(${table.status} = 'requested') = (${table.decidedAt} is null)`),
    check('payouts_paid_has_time', sql`(${table.status} = 'paid') = (${table.paidAt} is not null)`),
    check('payouts_reason_length', sql`length(${table.reason}) <= 500`),
    check('payouts_reference_length', sql`length(${table.reference}) <= 200`),
  ],
);
