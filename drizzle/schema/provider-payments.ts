import { sql } from 'drizzle-orm';
import { index, jsonb, pgTable, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { createdAt } from './columns.js';
import { paymentStatus, payments } from './payments.js';

/** What a payment provider has to do with a payment: a top-up, or the refund of one. */
export const providerPayments = pgTable(
  'provider_payments',
  {
    paymentId: uuid('payment_id')
      .primaryKey()
      .references(() => payments.id, { onDelete: 'restrict' }),
    provider: text('provider').notNull(),
    /** How the provider names it; null until it has answered. */
    reference: text('reference'),
    /** What the payer's browser needs to go on, as it was answered; null until then. */
    checkout: jsonb('checkout'),
    /** The payment's status when the request was answered, which a retry is told too; null until then. */
    answeredStatus: paymentStatus('answered_status'),
    /** Why the provider declined, in its word for it. */
    failureReason: text('failure_reason'),
    createdAt: createdAt(),
  },
  (table) => [
    uniqueIndex('provider_payments_reference_key')
      .on(table.provider, table.reference)
      .where(sql`reference is not null`),
    // What a crash left between us and the provider.
    index('provider_payments_unsent_idx').on(table.createdAt).where(sql`reference is null`),
  ],
);

/** Each event of a provider once: its webhooks come twice, late and in any order. */
export const providerEvents = pgTable(
  'provider_events',
  {
    provider: text('provider').notNull(),
    eventId: text('event_id').notNull(),
    type: text('type').notNull(),
    paymentId: uuid('payment_id'),
    /** What became of it. */
    outcome: text('outcome').notNull(),
    receivedAt: createdAt(),
  },
  (table) => [primaryKey({ name: 'provider_events_pkey', columns: [table.provider, table.eventId] })],
);
