import { AppError } from '../platform/app-error.js';
import type { Count } from './counter.js';

export const isOver = ({ used, max }: Count): boolean => used > max;

const waitOf = (ms: number): string => {
  const seconds = Math.ceil(ms / 1000);
  if (seconds === 1) return '1 second';
  return seconds < 120 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
};

/** That a limit is reached, with the time until its window ends; `reason` is a sentence. */
export const rateLimited = ({ resetsInMs }: Pick<Count, 'resetsInMs'>, reason: string): AppError => {
  const retryAfterMs = Math.max(1, Math.ceil(resetsInMs));
  return new AppError('RATE_LIMITED', {
    detail: `${reason} Try again in ${waitOf(retryAfterMs)}.`,
    retryAfterMs,
  });
};
