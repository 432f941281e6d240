import { AppError, fieldError } from '../platform/app-error.js';

/** `what` is what was asked for: a tip, a ticket. Like its neighbours, one wording for every feature. */
export const keyReused = (what: string): AppError =>
  fieldError(
    'IDEMPOTENCY_KEY_REUSED',
    'idempotencyKey',
    `was used for another ${what}; a new one needs a new key`,
  );

/** `asked` says what was to be paid, such as "the tip is 500"; amounts are in minor units of `currency`. */
export const insufficientFunds = (balance: number, asked: string, currency: string): AppError =>
  new AppError('INSUFFICIENT_FUNDS', {
    detail: `The wallet holds ${balance} and ${asked}, in minor units of ${currency}; top it up with POST /api/payments/top-up.`,
  });

/** Spending limits are for a day in UTC. */
const untilMidnight = (now: Date): number =>
  Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1) - now.getTime();

/** Tells to wait for the next day. */
export const spendingLimitReached = (what: string, now: Date): AppError =>
  new AppError('SPENDING_LIMIT_REACHED', {
    detail: `The ${what} would pass the limit that you have set yourself for a day; the next begins at 00:00 UTC.`,
    retryAfterMs: untilMidnight(now),
  });
