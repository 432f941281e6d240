import * as z from 'zod';
import { Id } from './ids.js';
import { Balance, Currency } from './money.js';
import { pageFields, pageOf } from './pagination.js';
import { Timestamp } from './timestamps.js';

export const paymentTypes = ['tip', 'top_up', 'private_show', 'refund', 'payout'] as const;
export const PaymentType = z.enum(paymentTypes).meta({ id: 'PaymentType' });
export type PaymentType = z.infer<typeof PaymentType>;

export const paymentStatuses = ['pending', 'completed', 'failed', 'refunded'] as const;
export const PaymentStatus = z.enum(paymentStatuses).meta({ id: 'PaymentStatus', example: 'completed' });
export type PaymentStatus = z.infer<typeof PaymentStatus>;

/** A movement of money as its payer and payee see it; `amount` is in minor units. */
export const Payment = z
  .object({
    id: Id,
    type: PaymentType,
    status: PaymentStatus,
    payerId: Id.nullable().meta({
      description: 'Whose money it was: null for money from outside, and for an anonymous tip.',
    }),
    payeeId: Id.nullable().meta({
      description: 'Who got it: null for money that leaves, and where it goes back to an anonymous tipper.',
    }),
    streamId: Id.nullable(),
    amount: z.int().meta({ example: 500 }),
    currency: Currency,
    fee: z.int().nullable().meta({
      description: 'What the platform keeps of `amount`; null for whoever is neither the payee nor an admin.',
      example: 100,
    }),
    message: z.string().nullable().meta({ example: 'Bravo!' }),
    isAnonymous: z.boolean(),
    refundsId: Id.nullable().meta({
      description: 'Of a refund: the payment that it gives back.',
      example: null,
    }),
    createdAt: Timestamp,
    completedAt: Timestamp.nullable(),
  })
  .meta({ id: 'Payment' });
export type Payment = z.infer<typeof Payment>;

export const PaymentPage = pageOf(Payment).meta({ id: 'PaymentPage' });
export type PaymentPage = z.infer<typeof PaymentPage>;

export const PaymentHistoryInput = z
  .strictObject({
    type: PaymentType.optional(),
    status: PaymentStatus.optional(),
    ...pageFields,
  })
  .prefault({});
export type PaymentHistoryInput = z.infer<typeof PaymentHistoryInput>;
export const GetPaymentInput = z.strictObject({ id: Id });

/** A payment of one's own, with what the wallet held after it. */
export const PaidAnswer = z.object({ payment: Payment, balance: Balance }).meta({ id: 'PaidAnswer' });
export type PaidAnswer = z.infer<typeof PaidAnswer>;

/** The procedures whose input takes an `idempotencyKey`. */
export const idempotentProcedures = [
  'payments.tip',
  'payments.topUp',
  'payments.buyAccess',
  'payments.requestPayout',
] as const;
