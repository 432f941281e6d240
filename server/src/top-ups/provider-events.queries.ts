import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Database, onlyRow, preparedSql } from '../platform/database.js';
import type { ProviderEvent } from './providers/provider.js';

const $ = sql.placeholder;

/** What becomes of an event: see `take_provider_event`. */
export const eventOutcomes = [
  'completed',
  'failed',
  'unchanged',
  'failed_late',
  'duplicate',
  'noted',
  'unknown_payment',
  'mismatch',
] as const;

const takeStatement = preparedSql(
  'top_ups_take_event',
  z.object({
    outcome: z.enum(eventOutcomes),
    paymentId: z.string().nullable(),
    ownerId: z.string().nullable(),
  }),
  sql`select outcome, payment_id as "paymentId", owner as "ownerId"
    from take_provider_event(${$('provider')}::text, ${$('id')}::text, ${$('type')}::text, ${$('effect')}::text,
      ${$('reference')}::text, ${$('paymentId')}::uuid, ${$('amount')}::bigint, ${$('currency')}::text,
      ${$('failureReason')}::text, ${$('now')}::timestamptz)`,
);

/** Takes an event once, with its effect. */
export const takeEvent = (database: Database, event: ProviderEvent & { provider: string; now: string }) =>
  onlyRow(takeStatement(database, event));

const OpenPayment = z.object({
  paymentId: z.string(),
  type: z.enum(['top_up', 'refund']),
  amount: z.int(),
  currency: z.string(),
  reference: z.string().nullable(),
  /** Of a refund: what the provider calls the top-up. */
  topUpReference: z.string().nullable(),
});
export type OpenPayment = z.infer<typeof OpenPayment>;

const columns = sql`payments.id as "paymentId", payments.type, payments.amount, payments.currency, sent.reference,
  (select reference from provider_payments where payment_id = payments.refunds_id) as "topUpReference"
  from provider_payments as sent join payments on payments.id = sent.payment_id`;

const listUnansweredStatement = preparedSql(
  'top_ups_list_unanswered',
  OpenPayment,
  sql`select ${columns}
    where sent.reference is null and sent.answered_status is null and sent.provider = ${$('provider')}::text
      and sent.created_at < ${$('before')}::timestamptz and payments.status = 'pending'
    order by random() limit ${$('limit')}::int`,
);

/**
 * Payments that the provider was to be asked for before then, and of which no answer is noted: any of them, so that some
 * that go on failing hold up no other.
 */
export const listUnanswered = (
  database: Database,
  of: { provider: string; before: string; limit: number },
): Promise<OpenPayment[]> => listUnansweredStatement(database, of);

const listProcessingStatement = preparedSql(
  'top_ups_list_processing',
  OpenPayment,
  sql`select ${columns}
    where sent.provider = ${$('provider')}::text and sent.reference is not null and payments.status = 'pending'
      and (payments.type = 'refund' or sent.checkout ->> 'status' = 'processing')
    order by sent.created_at limit ${$('limit')}::int`,
);

/** Payments that the provider has to settle by itself. */
export const listProcessing = (
  database: Database,
  of: { provider: string; limit: number },
): Promise<OpenPayment[]> => listProcessingStatement(database, of);

const findRefundStatement = preparedSql(
  'top_ups_find_refund',
  z.object({ ...OpenPayment.shape, provider: z.string(), status: z.string() }),
  sql`select sent.provider, payments.status, ${columns} where payments.id = ${$('id')}::uuid and payments.type = 'refund'`,
);

/** A refund that a provider has to do with. */
export const findProviderRefund = async (database: Database, id: string) =>
  (await findRefundStatement(database, { id }))[0];
