import { type ErrorCode, errorCodes, type FieldError } from '@versbottomlex/shared';
import { detailOf } from './error-details.js';

export type AppErrorOptions = {
  /** What a caller can do about it; what its code says when absent. */
  detail?: string;
  errors?: FieldError[];
  retryAfterMs?: number;
  price?: { amount: number; currency: string };
  cause?: unknown;
};

/** Nobody mends more at once; an answer that named every wrong key would be larger than the request. */
const ERRORS_MAX = 50;
const PATH_LENGTH_MAX = 200;

const shown = (errors: FieldError[]): FieldError[] =>
  errors.slice(0, ERRORS_MAX).map(({ path, message }) => ({ path: path.slice(0, PATH_LENGTH_MAX), message }));

/** A failure that a client can act on by its code. Everything that a service throws on purpose is one. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly errors: FieldError[] | undefined;
  readonly retryAfterMs: number | undefined;
  readonly price: { amount: number; currency: string } | undefined;

  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    super(options.detail ?? detailOf(code), { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.errors = options.errors && shown(options.errors);
    this.retryAfterMs = options.retryAfterMs;
    this.price = options.price;
  }

  get status(): number {
    return errorCodes[this.code].status;
  }
}

/** A failure for which one field of the input is to blame. */
export const fieldError = (code: ErrorCode, path: string, message: string): AppError =>
  new AppError(code, { detail: `${path}: ${message}`, errors: [{ path, message }] });

/** A broken rule of one field that only the server can check. */
export const invalidField = (path: string, message: string): AppError =>
  fieldError('VALIDATION_FAILED', path, message);
