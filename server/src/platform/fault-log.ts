import { AppError } from './app-error.js';
import type { Logger } from './logger.js';

const stackOf = (error: AppError): string | undefined =>
  error.cause instanceof Error ? error.cause.stack : error.stack;

/**
 * One line for an answer of 5xx: where, which request, which code, and the stack of what went wrong. A 503 that was
 * decided on here, as while payments are halted, is a WARN without one: nothing went wrong, and there may be thousands.
 */
export const logFault = (
  logger: Logger,
  error: AppError,
  request: { requestId: string; path: string },
): void => {
  if (error.status < 500) return;
  const failed = { ...request, code: error.code, status: error.status };
  if (error.status === 503 && error.cause === undefined) logger.warn('Request refused', failed);
  else logger.error('Request failed', { ...failed, stack: stackOf(error) });
};

/**
 * One ERROR line for work in the background that failed by a fault of ours. What is away or halted is none: the work is
 * found again.
 */
export const logBackgroundFault = (
  logger: Logger,
  message: string,
  error: unknown,
  data: Record<string, unknown> = {},
): void => {
  if (error instanceof AppError && error.status === 503) return;
  logger.error(message, { ...data, stack: error instanceof Error ? error.stack : String(error) });
};
