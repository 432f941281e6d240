import { TRPCError } from '@trpc/server';
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';
import type { ErrorData, ErrorShape, FieldError } from '@versbottomlex/shared';
import { ZodError } from 'zod';
import { AppError } from '../platform/app-error.js';

/** tRPC names its errors by HTTP status; these are the ones that our codes map to. */
const trpcCodes: Record<number, TRPCError['code']> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  402: 'PAYMENT_REQUIRED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_SUPPORTED',
  409: 'CONFLICT',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  422: 'UNPROCESSABLE_CONTENT',
  429: 'TOO_MANY_REQUESTS',
  500: 'INTERNAL_SERVER_ERROR',
  503: 'SERVICE_UNAVAILABLE',
};

const fieldErrors = (error: ZodError): FieldError[] =>
  error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({
          path: [...issue.path, key].join('.'),
          message: 'is not a field of this input',
        }))
      : [{ path: issue.path.join('.'), message: issue.message }],
  );

const validationFailed = (cause: ZodError): AppError => {
  const errors = fieldErrors(cause);
  const detail = errors.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ');
  return new AppError('VALIDATION_FAILED', { detail: detail.slice(0, 1000), errors, cause });
};

/** Whatever a procedure or tRPC itself threw, as the one kind of error that is shown; unknown ones are INTERNAL_ERROR. */
export const toAppError = (error: unknown): AppError => {
  if (error instanceof AppError) return error;
  if (!(error instanceof TRPCError)) return new AppError('INTERNAL_ERROR', { cause: error });
  if (error.cause instanceof AppError) return error.cause;
  switch (error.code) {
    case 'BAD_REQUEST':
      return error.cause instanceof ZodError
        ? validationFailed(error.cause)
        : new AppError('MALFORMED_REQUEST', { cause: error });
    case 'PARSE_ERROR':
      return new AppError('MALFORMED_REQUEST', { detail: 'The body is not valid JSON.', cause: error });
    case 'NOT_FOUND':
      return new AppError('NOT_FOUND', { detail: 'There is no such procedure.' });
    case 'METHOD_NOT_SUPPORTED':
      return new AppError('METHOD_NOT_ALLOWED', {
        detail: 'Queries are read with GET, mutations sent with POST.',
      });
    case 'UNSUPPORTED_MEDIA_TYPE':
      return new AppError('UNSUPPORTED_MEDIA_TYPE');
    case 'PAYLOAD_TOO_LARGE':
      return new AppError('PAYLOAD_TOO_LARGE');
    default:
      return new AppError('INTERNAL_ERROR', { cause: error });
  }
};

/** The same error as tRPC carries it: its HTTP status is that of REST. */
export const toTrpcError = (error: AppError): TRPCError =>
  new TRPCError({
    code: trpcCodes[error.status] ?? 'INTERNAL_SERVER_ERROR',
    message: error.message,
    cause: error,
  });

/** What development shows of a fault of ours, and production never does. */
export const debugOf = (error: AppError): { message: string; stack: string | undefined } | undefined =>
  error.code === 'INTERNAL_ERROR' && error.cause instanceof Error
    ? { message: error.cause.message, stack: error.cause.stack }
    : undefined;

/** `error.data` of a tRPC error. */
export const toErrorData = (error: AppError, requestId: string, path: string | undefined): ErrorData => ({
  code: trpcCodes[error.status] ?? 'INTERNAL_SERVER_ERROR',
  httpStatus: error.status,
  appCode: error.code,
  requestId,
  ...(path !== undefined && { path }),
  ...(error.errors && { issues: error.errors }),
  ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
  ...(error.price && { price: error.price }),
});

/** A whole tRPC error, as clients read it; without `path` for what fails before a procedure is called. */
export const toErrorShape = (
  error: AppError,
  requestId: string,
  showsFaults: boolean,
  path?: string,
): ErrorShape => {
  const data = toErrorData(error, requestId, path);
  const debug = showsFaults ? debugOf(error) : undefined;
  const code = TRPC_ERROR_CODES_BY_KEY[data.code as keyof typeof TRPC_ERROR_CODES_BY_KEY];
  return { message: error.message, code, data: { ...data, ...(debug && { debug }) } };
};
