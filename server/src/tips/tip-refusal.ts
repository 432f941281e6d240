import type { ErrorCode, SendTipInput } from '@versbottomlex/shared';
import { banned } from '../auth/room-refusals.js';
import { insufficientFunds, keyReused, spendingLimitReached } from '../payments/payment-refusals.js';
import { AppError, fieldError } from '../platform/app-error.js';

/** What a refusal is about. */
export type RefusedTip = {
  input: SendTipInput;
  currency: string;
  /** What the wallet holds. */
  balance: number;
  /** Of what ends by itself. */
  retryAfterMs: number | undefined;
  now: Date;
};

const toWhom = ({ streamId }: SendTipInput) => (streamId === undefined ? 'performerId' : 'streamId');

/** What a payer can do about each refusal. */
const errors: Partial<Record<ErrorCode, (tip: RefusedTip) => AppError>> = {
  NOT_FOUND: ({ input }) =>
    new AppError('NOT_FOUND', {
      detail: input.streamId === undefined ? 'There is no such performer.' : 'There is no such stream.',
    }),
  STREAM_NOT_LIVE: () =>
    new AppError('STREAM_NOT_LIVE', {
      detail:
        'The room of a stream can be tipped while it is live; its performer at any time, by performerId.',
    }),
  SELF_PAYMENT: ({ input }) => fieldError('SELF_PAYMENT', toWhom(input), 'is you, and nobody tips themself'),
  IDEMPOTENCY_KEY_REUSED: () => keyReused('tip'),
  INSUFFICIENT_FUNDS: ({ input, balance, currency }) =>
    insufficientFunds(balance, `the tip is ${input.amount}`, currency),
  SPENDING_LIMIT_REACHED: ({ now }) => spendingLimitReached('tip', now),
  BANNED: banned,
  TIMED_OUT: ({ retryAfterMs = 0 }) =>
    new AppError('TIMED_OUT', {
      detail: `A moderator keeps you from writing; tip without a message, or wait ${Math.ceil(retryAfterMs / 1000)} s.`,
      retryAfterMs,
    }),
  LINKS_NOT_ALLOWED: () =>
    new AppError('LINKS_NOT_ALLOWED', {
      detail: 'Links are off in this room; tip without the link in the message.',
    }),
  TERM_BLOCKED: () =>
    new AppError('TERM_BLOCKED', { detail: 'The message holds a term that is blocked here.' }),
};

/** The error that tells why no money has moved. */
export const refusedTip = (code: ErrorCode, tip: RefusedTip): AppError =>
  errors[code]?.(tip) ?? new AppError(code);
