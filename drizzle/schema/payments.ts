import { sql } from 'drizzle-orm';
import {
  type AnyPgColumn,
  boolean,
  char,
  index,
  integer,
  pgEnum,
  pgTable,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { createdAt, id, instant } from './columns.js';
import { streams } from './streams.js';

export const paymentType = pgEnum('payment_type', ['tip', 'top_up', 'private_show', 'refund', 'payout']);
export const paymentStatus = pgEnum('payment_status', ['pending', 'completed', 'failed', 'refunded']);

/**
 * The business view of money: who paid whom, for what, and how it stands. A top-up has no payer and a payout no payee,
 * since their other side lies outside. The trigger `payments_guard_facts` holds what a payment must be, and lets its
 * status alone change. Users and streams that money refers to cannot be removed; users are held by the trigger
 * `payments_keep_parties`, since a foreign key would lock the row of a performer for every tip
 * (docs/decisions/0015-rules-of-hot-rows.md).
 */
export const payments = pgTable(
  'payments',
  {
    id: id(),
    type: paymentType('type').notNull(),
    status: paymentStatus('status').notNull(),
    payerId: uuid('payer_id'),
    payeeId: uuid('payee_id'),
    streamId: uuid('stream_id').references(() => streams.id, { onDelete: 'restrict' }),
    /** In minor units of `currency`. */
    amount: integer('amount').notNull(),
    currency: char('currency', { length: 3 }).notNull().default('USD'),
    /** What the platform keeps of `amount`; the payee gets the rest. */
    fee: integer('fee').notNull().default(0),
    /** The payment that a refund gives back. */
    refundsId: uuid('refunds_id').references((): AnyPgColumn => payments.id, { onDelete: 'restrict' }),
    /** Names the request, by its caller's word, so that a retry of it is recognised; null when every request is new. */
    idempotencyKey: text('idempotency_key'),
    /** Of the request with that key: another request under the same key is refused. */
    requestHash: text('request_hash'),
    message: text('message'),
    isAnonymous: boolean('is_anonymous').notNull().default(false),
    createdAt: createdAt(),
    completedAt: instant('completed_at'),
  },
  (table) => [
    // The two halves of a user's history, newest first.
    index('payments_payer_idx').on(table.payerId, table.id),
    index('payments_payee_idx').on(table.payeeId, table.id),
    // What a stream earned.
    index('payments_stream_idx').on(table.streamId, table.id).where(sql`stream_id is not null`),
    // One payment a key of its caller: the payer, or who tops up.
    uniqueIndex('payments_idempotency_key')
      .on(sql`coalesce(payer_id, payee_id)`, table.type, table.idempotencyKey)
      .where(sql`idempotency_key is not null`),
    uniqueIndex('payments_refunded_once').on(table.refundsId).where(sql`refunds_id is not null`),
    // One ticket a viewer; a refunded one may be bought again.
    uniqueIndex('payments_one_ticket')
      .on(table.streamId, table.payerId)
      .where(sql`type = 'private_show' and status = 'completed'`),
  ],
);
