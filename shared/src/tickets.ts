import * as z from 'zod';
import { Id } from './ids.js';
import { IdempotencyKey } from './money.js';
import { Payment } from './payments.js';

export const BuyAccessInput = z.strictObject({ streamId: Id, idempotencyKey: IdempotencyKey.optional() });
export type BuyAccessInput = z.infer<typeof BuyAccessInput>;

export const RefundInput = z.strictObject({ id: Id });

/** `payment` is what was given back, `refund` what gives it back: pending until the provider has, where one is involved. */
export const RefundAnswer = z.object({ payment: Payment, refund: Payment }).meta({ id: 'RefundAnswer' });
export type RefundAnswer = z.infer<typeof RefundAnswer>;
