import type { ErrorCode } from '@versbottomlex/shared';
import { banned } from '../auth/room-refusals.js';
import { AppError } from '../platform/app-error.js';

/** What a refusal is about; `balance` is what the wallet holds. */
export type RefusedTicket = { price: number; currency: string; balance: number; now: Date };

/** Spending limits are for a day in UTC. */
const untilMidnight = (now: Date): number =>
  Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1) - now.getTime();

const field = (code: ErrorCode, path: string, message: string): AppError =>
  new AppError(code, { detail: `${path}: ${message}`, errors: [{ path, message }] });

/** What a buyer can do about each refusal. */
const errors: Partial<Record<ErrorCode, (ticket: RefusedTicket) => AppError>> = {
  NOT_FOUND: () => new AppError('NOT_FOUND', { detail: 'There is no such stream.' }),
  SELF_PAYMENT: () => field('SELF_PAYMENT', 'streamId', 'is your own, and open to you'),
  NO_TICKET_NEEDED: () =>
    new AppError('NO_TICKET_NEEDED', { detail: 'The stream is public; watch it without a ticket.' }),
  STREAM_ENDED: () =>
    new AppError('STREAM_ENDED', { detail: 'The show has ended, and no tickets are sold any more.' }),
  BANNED: banned,
  ALREADY_OWNED: () =>
    new AppError('ALREADY_OWNED', { detail: 'You hold a ticket of this show, and were not charged again.' }),
  IDEMPOTENCY_KEY_REUSED: () =>
    field(
      'IDEMPOTENCY_KEY_REUSED',
      'idempotencyKey',
      'was used for another ticket; a new one needs a new key',
    ),
  INSUFFICIENT_FUNDS: ({ balance, price, currency }) =>
    new AppError('INSUFFICIENT_FUNDS', {
      detail: `The wallet holds ${balance} and the ticket costs ${price}, in minor units of ${currency}; top it up with POST /api/payments/top-up.`,
    }),
  SPENDING_LIMIT_REACHED: ({ now }) =>
    new AppError('SPENDING_LIMIT_REACHED', {
      detail:
        'The ticket would pass the limit that you have set yourself for a day; the next begins at 00:00 UTC.',
      retryAfterMs: untilMidnight(now),
    }),
};

/** The error that tells why no ticket was sold. */
export const refusedTicket = (code: ErrorCode, ticket: RefusedTicket): AppError =>
  errors[code]?.(ticket) ?? new AppError(code);
