import * as z from 'zod';
import { Id } from './ids.js';
import { Amount, IdempotencyKey } from './money.js';
import { Payment } from './payments.js';

export const BuyAccessInput = z
  .strictObject({
    streamId: Id,
    price: Amount.optional().meta({
      description: 'What the buyer was shown; when the ticket costs something else by now, it is not bought.',
    }),
    idempotencyKey: IdempotencyKey.optional(),
  })
  .meta({ examples: [{ streamId: '019b76f2-7a6e-7c3a-9d53-2f1f0a6b8c11', price: 500 }] });
export type BuyAccessInput = z.infer<typeof BuyAccessInput>;

export const RefundInput = z.strictObject({ id: Id });

/** `payment` is what was given back, `refund` what gives it back: pending until the provider has, where one is involved. */
export const RefundAnswer = z.object({ payment: Payment, refund: Payment }).meta({ id: 'RefundAnswer' });
export type RefundAnswer = z.infer<typeof RefundAnswer>;
