import * as z from 'zod';
import { Id } from './ids.js';
import { Balance, Currency, IdempotencyKey, PaymentAmount } from './money.js';
import { pageFields, pageOf } from './pagination.js';
import { PaymentType } from './payments.js';
import { block, line } from './text.js';
import { Timestamp } from './timestamps.js';
import { UserSummary } from './users.js';

/** A day in UTC. */
const Day = z.iso.date().meta({ example: '2026-01-31' });

/** What came in over some time: `net` is what is left of `gross` after the platform's `fee`. Refunds are taken off. */
const sums = {
  count: z.int().meta({ example: 12 }),
  gross: Balance,
  fee: Balance.meta({ description: 'In minor units.', example: 2500 }),
  net: Balance.meta({ description: 'What is left of `gross`, in minor units.', example: 10_000 }),
};

/** The first and the last day, in UTC; the last 30 days when they are left out, at most 366. */
export const EarningsInput = z.strictObject({ from: Day.optional(), to: Day.optional() }).prefault({});
export type EarningsInput = z.infer<typeof EarningsInput>;

/** What a performer earned by tips and by shows that took place. */
export const Earnings = z
  .object({
    from: Day,
    to: Day,
    currency: Currency,
    total: z.object(sums),
    byDay: z.array(z.object({ day: Day, ...sums })),
    byType: z.array(z.object({ type: PaymentType, ...sums })),
    byStream: z.array(
      z.object({
        streamId: Id.nullable().meta({ description: 'Null for tips to the performer, outside any stream.' }),
        title: z.string().nullable().meta({ example: 'Friday night piano' }),
        ...sums,
      }),
    ),
  })
  .meta({ id: 'Earnings' });
export type Earnings = z.infer<typeof Earnings>;

export const payoutStatuses = ['requested', 'approved', 'rejected', 'paid'] as const;
export const PayoutStatus = z.enum(payoutStatuses).meta({ id: 'PayoutStatus', example: 'requested' });
export type PayoutStatus = z.infer<typeof PayoutStatus>;

export const Payout = z
  .object({
    id: Id.meta({ description: 'Also the id of its payment.' }),
    performer: UserSummary,
    amount: z.int().meta({ example: 10_000 }),
    currency: Currency,
    status: PayoutStatus,
    reason: z.string().nullable().meta({ description: 'Why it was rejected.', example: null }),
    reference: z.string().nullable().meta({ description: 'How the bank names the transfer.', example: null }),
    createdAt: Timestamp,
    decidedAt: Timestamp.nullable().meta({ example: null }),
    paidAt: Timestamp.nullable().meta({ example: null }),
  })
  .meta({ id: 'Payout' });
export type Payout = z.infer<typeof Payout>;

export const PayoutPage = pageOf(Payout).meta({ id: 'PayoutPage' });
export type PayoutPage = z.infer<typeof PayoutPage>;

export const RequestPayoutInput = z.strictObject({
  amount: PaymentAmount.meta({ example: 10_000 }),
  idempotencyKey: IdempotencyKey.optional(),
});
export type RequestPayoutInput = z.infer<typeof RequestPayoutInput>;

/** Own payouts; admins see everybody's, or those of `performerId`. */
export const ListPayoutsInput = z
  .strictObject({ status: PayoutStatus.optional(), performerId: Id.optional(), ...pageFields })
  .prefault({});
export type ListPayoutsInput = z.infer<typeof ListPayoutsInput>;

export const ApprovePayoutInput = z.strictObject({ id: Id });
export const RejectPayoutInput = z.strictObject({
  id: Id,
  reason: block(1, 500).meta({ example: 'The name on the bank account is another.' }),
});
export type RejectPayoutInput = z.infer<typeof RejectPayoutInput>;
export const MarkPayoutPaidInput = z.strictObject({
  id: Id,
  reference: line(1, 200).optional().meta({ example: 'SEPA 2026-01-31/17' }),
});
export type MarkPayoutPaidInput = z.infer<typeof MarkPayoutPaidInput>;
