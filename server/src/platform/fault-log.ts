import { AppError } from './app-error.js';
import type { Logger } from './logger.js';

const stackOf = (error: AppError): string | undefined =>
  error.cause instanceof Error ? error.cause.stack : error.stack;

/** One ERROR line for an answer of 5xx: where, which request, which code, and the stack of what went wrong. */
export const logFault = (
  logger: Logger,
  error: AppError,
  request: { requestId: string; path: string },
): void => {
  if (error.status < 500) return;
  logger.error('Request failed', {
    ...request,
    code: error.code,
    status: error.status,
    stack: stackOf(error),
  });
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
