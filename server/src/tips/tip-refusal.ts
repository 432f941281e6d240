import type { ErrorCode, SendTipInput } from '@versbottomlex/shared';
import { banned } from '../auth/room-refusals.js';
import { AppError } from '../platform/app-error.js';

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

/** Spending limits are for a day in UTC. */
const untilMidnight = (now: Date): number =>
  Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1) - now.getTime();

const toWhom = ({ streamId }: SendTipInput) => (streamId === undefined ? 'performerId' : 'streamId');

const field = (code: ErrorCode, path: string, message: string): AppError =>
  new AppError(code, { detail: `${path}: ${message}`, errors: [{ path, message }] });

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
  SELF_PAYMENT: ({ input }) => field('SELF_PAYMENT', toWhom(input), 'leads to yourself'),
  IDEMPOTENCY_KEY_REUSED: () =>
    field('IDEMPOTENCY_KEY_REUSED', 'idempotencyKey', 'was used for another tip; a new tip needs a new key'),
  INSUFFICIENT_FUNDS: ({ input, balance, currency }) =>
    new AppError('INSUFFICIENT_FUNDS', {
      detail: `The wallet holds ${balance} and the tip is ${input.amount}, in minor units of ${currency}; top it up with POST /api/payments/top-up.`,
    }),
  SPENDING_LIMIT_REACHED: ({ now }) =>
    new AppError('SPENDING_LIMIT_REACHED', {
      detail:
        'The tip would pass the limit that you have set yourself for a day; the next begins at 00:00 UTC.',
      retryAfterMs: untilMidnight(now),
    }),
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
