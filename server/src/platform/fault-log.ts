import type { AppError } from './app-error.js';
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
