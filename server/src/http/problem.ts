import type { Problem } from '@versbottomlex/shared';
import { errorCodes } from '@versbottomlex/shared';
import type { AppError } from '../platform/app-error.js';
import { debugOf } from '../trpc/errors.js';

export const PROBLEM_CONTENT_TYPE = 'application/problem+json; charset=utf-8';

/** The URN that names a kind of problem, from its code. */
export const problemType = (code: string): string =>
  `urn:versbottomlex:problem:${code.toLowerCase().replaceAll('_', '-')}`;

export type ProblemOptions = {
  requestId: string;
  /** Whether message and stack of a fault are shown: in development only. */
  showsFaults: boolean;
  /** Where it is not that of the code. */
  status?: number;
};

/** The body of a failed REST call, as RFC 9457 has it, with our members. */
export const toProblem = (error: AppError, options: ProblemOptions): Problem & { debug?: unknown } => {
  const debug = options.showsFaults ? debugOf(error) : undefined;
  return {
    type: problemType(error.code),
    title: errorCodes[error.code].title,
    status: options.status ?? error.status,
    detail: error.message,
    code: error.code,
    requestId: options.requestId,
    ...(error.errors && { errors: error.errors }),
    ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
    ...(error.price && { price: error.price }),
    ...(debug && { debug }),
  };
};
