import * as z from 'zod';
import { AuthExpiringEvent } from './auth-expiring.js';
import { Id } from './ids.js';
import { LastEventId } from './live.js';
import { AMOUNT_MAX, Balance, Currency, IdempotencyKey, PaymentAmount } from './money.js';
import { Payment } from './payments.js';
import { Timestamp } from './timestamps.js';

/** What a user can spend, and what a performer has earned. */
export const Wallet = z
  .object({
    balance: Balance,
    currency: Currency,
    earnings: z
      .object({
        balance: Balance.meta({ description: 'What was earned and not yet asked for, in minor units.' }),
        available: Balance.meta({
          description: 'What of it may be paid out now; the rest is held for some days.',
        }),
        pendingPayouts: Balance.meta({ description: 'What was asked for and is not paid yet.' }),
      })
      .optional()
      .meta({ description: 'Absent for whoever has never earned anything and is no performer.' }),
  })
  .meta({ id: 'Wallet' });
export type Wallet = z.infer<typeof Wallet>;

/** The wallet as it is, once at the start and after every change of it, whichever device made it. */
export const WalletFeedEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('wallet'), wallet: Wallet }),
  AuthExpiringEvent,
]);
export type WalletFeedEvent = z.infer<typeof WalletFeedEvent>;

/** The feed always opens with the wallet as it is, so that nothing is told of what was missed. */
export const OnWalletInput = z.strictObject({ lastEventId: LastEventId.optional() }).prefault({});
export type OnWalletInput = z.infer<typeof OnWalletInput>;

export const TopUpInput = z.strictObject({
  amount: PaymentAmount,
  idempotencyKey: IdempotencyKey.optional(),
});
export type TopUpInput = z.infer<typeof TopUpInput>;

export const paymentProviders = ['sandbox', 'stripe'] as const;
export const PaymentProviderName = z.enum(paymentProviders);
export type PaymentProviderName = z.infer<typeof PaymentProviderName>;

/**
 * Top-ups of these amounts, in minor units, go as their name says with the provider `sandbox`; any other completes at
 * once. So a frontend can be tried against every case.
 */
export const sandboxAmounts = {
  /** Fails at once. */
  declined: 10_001,
  /** Waits for POST /api/payments/{id}/confirm, and completes. */
  confirmed: 10_002,
  /** Completes a moment later; the webhook of it comes twice, before and after one that tells a failure. */
  processed: 10_003,
  /** Waits for its confirmation, and fails. */
  declinedWhenConfirmed: 10_004,
  /** Fails a moment later. */
  declinedWhenProcessed: 10_005,
  /** Is answered with PROVIDER_UNAVAILABLE; a retry with the same key completes. */
  unansweredAtFirst: 10_006,
  /** Completes at once; when it is refunded, the provider declines that. */
  refundDeclined: 10_007,
  /** Completes at once; its refund completes a moment after it was asked for. */
  refundProcessed: 10_008,
} as const;

/** What the payer's browser needs to go on. */
export const Checkout = z
  .object({
    provider: PaymentProviderName,
    status: z.enum(['completed', 'requires_confirmation', 'processing', 'failed']).meta({
      description:
        'What is next: nothing, the payer confirms it, or the provider takes its time; the payment is pending until then.',
    }),
    clientSecret: z
      .string()
      .nullable()
      .meta({ description: 'For Stripe.js, which confirms the payment with it.', example: null }),
    publishableKey: z.string().nullable().meta({ description: 'For Stripe.js.', example: null }),
    failureReason: z
      .string()
      .nullable()
      .meta({ description: 'Of one that failed, as the provider names it.', example: null }),
  })
  .meta({ id: 'Checkout' });
export type Checkout = z.infer<typeof Checkout>;

export const TopUpAnswer = z.object({ payment: Payment, checkout: Checkout }).meta({ id: 'TopUpAnswer' });
export type TopUpAnswer = z.infer<typeof TopUpAnswer>;

export const ConfirmTopUpInput = z.strictObject({ id: Id });

/** What a user lets themself spend on tips and tickets, from midnight to midnight in UTC. */
export const SpendingLimit = z
  .object({
    dailyAmount: z
      .int()
      .nullable()
      .meta({ description: 'In minor units; null for no limit.', example: 5000 }),
    spentToday: Balance,
    next: z
      .object({ dailyAmount: z.int().nullable(), from: Timestamp })
      .nullable()
      .meta({ description: 'A higher limit, or none, holds a day after it was asked for.', example: null }),
    currency: Currency,
  })
  .meta({ id: 'SpendingLimit' });
export type SpendingLimit = z.infer<typeof SpendingLimit>;

export const SetSpendingLimitInput = z.strictObject({
  dailyAmount: z.int().min(0).max(AMOUNT_MAX).nullable().meta({ example: 5000 }),
});
export type SetSpendingLimitInput = z.infer<typeof SetSpendingLimitInput>;
