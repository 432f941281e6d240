import { TRPCError } from '@trpc/server';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../platform/app-error.js';
import { logFault } from '../platform/fault-log.js';
import type { Logger } from '../platform/logger.js';
import { toAppError, toErrorShape } from '../trpc/errors.js';
import { PROBLEM_CONTENT_TYPE, toProblem } from './problem.js';

/** Fastify's own errors that need words of their own; the others are told by their status. */
const details: Record<string, string> = {
  FST_ERR_CTP_INVALID_JSON_BODY: 'The body is not valid JSON.',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'The body is not as long as Content-Length says.',
  FST_ERR_BAD_URL: 'The path is not valid percent-encoding.',
  FST_ERR_MAX_PARAM_LENGTH: 'A part of the path is too long.',
};

const codesByStatus = {
  404: 'NOT_FOUND',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
} as const;

const hasOwn = <T extends object>(object: T, key: PropertyKey): key is keyof T => Object.hasOwn(object, key);

/** The client errors that Fastify and its plugins raise before a handler runs, as ours; their own texts are not passed on. */
const fromTransport = (error: Error & { statusCode?: unknown; code?: unknown }): AppError | undefined => {
  const { statusCode: status } = error;
  if (typeof status !== 'number' || status < 400 || status >= 500) return undefined;
  const code = hasOwn(codesByStatus, status) ? codesByStatus[status] : 'MALFORMED_REQUEST';
  const detail = typeof error.code === 'string' ? details[error.code] : undefined;
  return new AppError(code, { cause: error, ...(detail !== undefined && { detail }) });
};

const toFailure = (error: unknown): AppError =>
  error instanceof Error && !(error instanceof AppError) && !(error instanceof TRPCError)
    ? (fromTransport(error) ?? toAppError(error))
    : toAppError(error);

/** Procedures log their own faults, and mark their errors by carrying ours as the cause. */
const isLogged = (error: unknown): boolean => error instanceof TRPCError && error.cause instanceof AppError;

/** Logs a fault that no procedure has logged yet. */
export const logUnlessLogged = (
  logger: Logger,
  error: unknown,
  request: { requestId: string; path: string },
): void => {
  if (!isLogged(error)) logFault(logger, toFailure(error), request);
};

/** Whole seconds, rounded up, so that nobody comes back too early. */
export const retryAfterSeconds = (retryAfterMs: number): number => Math.ceil(retryAfterMs / 1000);

/** The path of a URL, without its query, which may hold what no log should. */
export const pathOf = (url: string): string => {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
};

/** Whether the answer is read by a tRPC client. */
export const isTrpcPath = (path: string): boolean => path === '/trpc' || path.startsWith('/trpc/');

export type SendFailure = (error: unknown, request: FastifyRequest, reply: FastifyReply) => void;

/**
 * Answers any failure in the caller's own language: tRPC's error shape under `/trpc`, RFC 9457 elsewhere. Faults are
 * logged exactly once.
 */
export const createSendFailure = (options: { logger: Logger; showsFaults: boolean }): SendFailure => {
  const { logger, showsFaults } = options;
  return (error, request, reply) => {
    const requestId = request.id;
    const path = pathOf(request.raw.url ?? '/');
    const failure = toFailure(error);
    logUnlessLogged(logger, error, { requestId, path });
    reply.code(failure.status).header('x-request-id', requestId).header('cache-control', 'no-store');
    if (failure.retryAfterMs !== undefined)
      reply.header('retry-after', retryAfterSeconds(failure.retryAfterMs));
    if (failure.status === 401) reply.header('www-authenticate', 'Bearer');
    if (isTrpcPath(path)) {
      reply
        .header('content-type', 'application/json; charset=utf-8')
        .send(JSON.stringify({ error: toErrorShape(failure, requestId, showsFaults) }));
    } else {
      reply
        .header('content-type', PROBLEM_CONTENT_TYPE)
        .send(JSON.stringify(toProblem(failure, { requestId, showsFaults })));
    }
  };
};
