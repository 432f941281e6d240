import { Checkout, type ErrorCode, PaymentStatus } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Database, InstantColumn, onlyRow, preparedSql } from '../platform/database.js';

const $ = sql.placeholder;

const openStatement = preparedSql(
  'top_ups_open',
  z.object({
    outcome: z.string(),
    paymentId: z.string().nullable(),
    provider: z.string().nullable(),
    answeredStatus: PaymentStatus.nullable(),
    checkout: Checkout.nullable(),
    createdAt: InstantColumn.nullable(),
    completedAt: InstantColumn.nullable(),
  }),
  sql`select outcome, payment_id as "paymentId", provider, answered_status as "answeredStatus", checkout,
      created_time as "createdAt", completed_time as "completedAt"
    from open_top_up(${$('id')}::uuid, ${$('ownerId')}::uuid, ${$('amount')}::int, ${$('currency')}::char(3),
      ${$('provider')}::text, ${$('balanceMax')}::bigint, ${$('idempotencyKey')}::text, ${$('requestHash')}::text,
      ${$('now')}::timestamptz)`,
);

/** A top-up that is there, with the answer that was given to it, if it was. */
export type KnownTopUp = {
  paymentId: string;
  provider: string;
  createdAt: string;
  answer: { status: PaymentStatus; checkout: Checkout; completedAt: string | null } | null;
};

export type NewTopUp = {
  id: string;
  ownerId: string;
  amount: number;
  currency: string;
  provider: string;
  /** What a wallet may hold. */
  balanceMax: number;
  idempotencyKey: string | null;
  requestHash: string | null;
  now: string;
};

/** Writes down a top-up, or finds the one that has its key; or tells why there is none. */
export const openTopUp = async (
  database: Database,
  topUp: NewTopUp,
): Promise<KnownTopUp | { refusal: ErrorCode }> => {
  const row = await onlyRow(openStatement(database, topUp));
  const { outcome, paymentId, provider, answeredStatus: status, checkout, createdAt, completedAt } = row;
  if (paymentId === null || provider === null || createdAt === null) return { refusal: outcome as ErrorCode };
  const answer = status && checkout && { status, checkout, completedAt };
  return { paymentId, provider, createdAt, answer };
};

const answerStatement = preparedSql(
  'top_ups_answer',
  z.object({
    result: z.string(),
    ownerId: z.string(),
    status: PaymentStatus,
    checkout: Checkout.nullable(),
    completedAt: InstantColumn.nullable(),
  }),
  sql`select result, owner as "ownerId", answered as status, checkout, completed_time as "completedAt"
    from answer_provider_payment(${$('paymentId')}::uuid, ${$('reference')}::text, ${$('checkout')}::text::jsonb,
      ${$('status')}::payment_status, ${$('failureReason')}::text, ${$('now')}::timestamptz)`,
);

/** What a provider answered to a top-up or, without `checkout`, to a refund. */
export type ProviderAnswer = {
  paymentId: string;
  reference: string | null;
  checkout: Checkout | null;
  status: PaymentStatus;
  failureReason: string | null;
  now: string;
};

/** Notes the first answer of a provider and does what follows; later ones change nothing, and are told the first. */
export const answerPayment = (database: Database, answer: ProviderAnswer) => {
  const checkout = answer.checkout && JSON.stringify(answer.checkout);
  return onlyRow(answerStatement(database, { ...answer, checkout }));
};

const findStatement = preparedSql(
  'top_ups_find',
  z.object({
    amount: z.int(),
    currency: z.string(),
    checkout: Checkout.nullable(),
    createdAt: InstantColumn,
  }),
  sql`select amount, currency, checkout, payments.created_at as "createdAt"
    from payments join provider_payments on payment_id = id
    where id = ${$('id')}::uuid and type = 'top_up' and payee_id = ${$('ownerId')}::uuid
      and provider = ${$('provider')}::text`,
);

/** A user's own top-up with this provider. */
export const findTopUp = async (database: Database, of: { id: string; ownerId: string; provider: string }) =>
  (await findStatement(database, of))[0];

const confirmStatement = preparedSql(
  'top_ups_confirm',
  z.object({ outcome: z.string(), completedAt: InstantColumn.nullable() }),
  sql`select outcome, completed_time as "completedAt"
    from confirm_top_up(${$('id')}::uuid, ${$('ownerId')}::uuid, ${$('status')}::payment_status,
      ${$('failureReason')}::text, ${$('now')}::timestamptz)`,
);

/** Settles a top-up that waits for its confirmation; `outcome` is `completed`, `failed`, or a code. */
export const confirmTopUp = (
  database: Database,
  of: { id: string; ownerId: string; status: PaymentStatus; failureReason: string | null; now: string },
) => onlyRow(confirmStatement(database, of));
