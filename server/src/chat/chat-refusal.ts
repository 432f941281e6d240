import type { ErrorCode } from '@versbottomlex/shared';
import { banned } from '../auth/room-refusals.js';
import { AppError } from '../platform/app-error.js';

/** What a writer can do about each refusal; `wait` is how long, such as "42 s". */
const details: Partial<Record<ErrorCode, (wait: string) => string>> = {
  NOT_FOUND: () => 'There is no such stream.',
  STREAM_NOT_LIVE: () => 'Messages can be sent while the stream is live.',
  TIMED_OUT: (wait) => `A moderator keeps you from writing; you can again in ${wait}.`,
  SLOW_MODE: (wait) => `Slow mode is on; write again in ${wait}.`,
  FOLLOWERS_ONLY: () => 'Only followers of the performer may write: POST /api/users/{id}/follow.',
  TICKETS_ONLY: () => 'Only those who hold a ticket for this stream may write.',
  LINKS_NOT_ALLOWED: () => 'Links are off in this room; send the message without its link.',
  TERM_BLOCKED: () => 'The message holds a term that is blocked here.',
};

/** The error that tells why a message is not stored; which term is blocked is not said. */
export const refusedMessage = (code: ErrorCode, retryAfterMs: number | undefined): AppError => {
  if (code === 'BANNED') return banned();
  const detail = details[code]?.(`${Math.ceil((retryAfterMs ?? 0) / 1000)} s`);
  return new AppError(code, {
    ...(detail !== undefined && { detail }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
};
