import type { ErrorCode } from '@versbottomlex/shared';
import { banned } from '../auth/room-refusals.js';
import { insufficientFunds, keyReused, spendingLimitReached } from '../payments/payment-refusals.js';
import { AppError, fieldError } from '../platform/app-error.js';

/** What a refusal is about; `balance` is what the wallet holds. */
export type RefusedTicket = { price: number; currency: string; balance: number; now: Date };

/** What a buyer can do about each refusal. */
const errors: Partial<Record<ErrorCode, (ticket: RefusedTicket) => AppError>> = {
  NOT_FOUND: () => new AppError('NOT_FOUND', { detail: 'There is no such stream.' }),
  SELF_PAYMENT: () => fieldError('SELF_PAYMENT', 'streamId', 'is your own, and open to you'),
  NO_TICKET_NEEDED: () =>
    new AppError('NO_TICKET_NEEDED', { detail: 'The stream is public; watch it without a ticket.' }),
  STREAM_ENDED: () =>
    new AppError('STREAM_ENDED', { detail: 'The show has ended, and no tickets are sold any more.' }),
  BANNED: banned,
  ALREADY_OWNED: () =>
    new AppError('ALREADY_OWNED', { detail: 'You hold a ticket of this show, and were not charged again.' }),
  PRICE_CHANGED: ({ price, currency }) =>
    new AppError('PRICE_CHANGED', {
      detail: 'The ticket costs something else by now, and was not bought; ask again with the new price.',
      price: { amount: price, currency },
    }),
  IDEMPOTENCY_KEY_REUSED: () => keyReused('ticket'),
  INSUFFICIENT_FUNDS: ({ balance, price, currency }) =>
    insufficientFunds(balance, `the ticket costs ${price}`, currency),
  SPENDING_LIMIT_REACHED: ({ now }) => spendingLimitReached('ticket', now),
};

/** The error that tells why no ticket was sold. */
export const refusedTicket = (code: ErrorCode, ticket: RefusedTicket): AppError =>
  errors[code]?.(ticket) ?? new AppError(code);
