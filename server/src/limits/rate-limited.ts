import { AppError } from '../platform/app-error.js';
import type { Count } from './counter.js';

export const isOver = ({ used, max }: Count): boolean => used > max;

/** That a limit is reached, with the time until its window ends. */
export const rateLimited = ({ resetsInMs }: Pick<Count, 'resetsInMs'>, detail: string): AppError =>
  new AppError('RATE_LIMITED', { detail, retryAfterMs: Math.max(1, Math.ceil(resetsInMs)) });
