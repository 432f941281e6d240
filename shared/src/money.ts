import * as z from 'zod';

/** The largest amount one operation may move, in minor units: a million of the major unit. */
export const AMOUNT_MAX = 100_000_000;

const minorUnits = z.int({
  // Only of what is no whole number: a bound that is broken speaks for itself.
  error: ({ code, input }) =>
    code === 'invalid_type' && input !== undefined
      ? 'must be a whole number, in minor units: 500 is 5.00'
      : undefined,
});

/** A positive amount in minor units: 500 is 5.00. */
export const Amount = minorUnits.min(1).max(AMOUNT_MAX).meta({ example: 500 });

/** An ISO 4217 code. */
export const Currency = z
  .string()
  .regex(/^[A-Z]{3}$/, 'is not an ISO 4217 code')
  .meta({ example: 'USD' });
export const DEFAULT_CURRENCY = 'USD';

/** The smallest tip, top-up or payout, in minor units. */
export const PAYMENT_MIN = 100;

/** As {@link Amount}, from {@link PAYMENT_MIN}. */
export const PaymentAmount = minorUnits.min(PAYMENT_MIN).max(AMOUNT_MAX).meta({ example: 500 });

/** The most a wallet may hold, in minor units. */
export const WALLET_BALANCE_MAX = 10_000_000_000;

/** What an account holds, in minor units. */
export const Balance = z.int().meta({ description: 'In minor units.', example: 12_500 });

/**
 * Names a request, so that a retry of it is recognised: 8–128 of `A-Z a-z 0-9 _ -`, new for each request, the same for
 * its retries. Over REST it goes in the header `Idempotency-Key`.
 */
export const IdempotencyKey = z
  .string()
  .regex(/^[A-Za-z0-9_-]{8,128}$/, 'must be 8 to 128 letters, digits, hyphens or underscores')
  .meta({
    description: 'Names this request: the same key again gets the same answer, and nothing is charged twice.',
    example: '3f8b1c2e-7a54-4d0b-9f1e-5c6d7e8f9a0b',
  });

/** An amount in minor units as people write it, without the currency: `333` is `3.33` in USD and `333` in JPY. */
export const toMajorUnits = (amount: number, currency: string): string => {
  const { maximumFractionDigits: digits = 0 } = new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
  }).resolvedOptions();
  return (amount / 10 ** digits).toFixed(digits);
};
