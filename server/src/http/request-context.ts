import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config.js';
import { AppError } from '../platform/app-error.js';
import type { Logger } from '../platform/logger.js';
import type { Services } from '../services.js';
import type { Context } from '../trpc/context.js';
import { sessionTokenOf } from './cookies.js';
import type { Csrf } from './csrf.js';
import { showLimit } from './limit-headers.js';
import { sessionCookiesOf } from './session-cookies.js';

const BEARER = /^Bearer +([^\s]+) *$/i;

/**
 * The token of an Authorization header: undefined without one, and empty for another scheme or a malformed value, so
 * that credentials which cannot be read are refused instead of ignored.
 */
export const accessTokenOf = (header: string | undefined): string | undefined =>
  header === undefined ? undefined : (BEARER.exec(header)?.[1] ?? '');

/** Whether the caller is a guest, whose answers may be shared with other guests. */
export const isAnonymous = (request: FastifyRequest): boolean =>
  request.headers.authorization === undefined && sessionTokenOf(request, 'access') === undefined;

const refuseRenewal = async (): Promise<never> => {
  throw new AppError('SOCKET_REQUIRED', { detail: 'There is no socket to renew.' });
};

/** Without a reply, as for a socket, headers of the answer are dropped. */
export type CreateContext = (request: FastifyRequest, reply?: FastifyReply) => Context;

/** Makes the one function that turns an HTTP request into what procedures know of their call, for REST and tRPC. */
export const createContextFactory = (deps: {
  config: Config;
  logger: Logger;
  services: Services;
  csrf: Csrf;
}): CreateContext => {
  const { logger, services, csrf } = deps;
  const showsFaults = deps.config.mode === 'development';
  return (request, reply) => ({
    requestId: request.id,
    address: request.ip,
    userAgent: request.headers['user-agent'],
    accessToken: accessTokenOf(request.headers.authorization) ?? sessionTokenOf(request, 'access'),
    cookies: sessionCookiesOf(csrf, request, reply),
    showsFaults,
    connectionId: request.id,
    renewSocket: refuseRenewal,
    isCounted: false,
    showLimit: reply ? (count) => showLimit(reply, count) : () => {},
    setHeader: (name, value) => void reply?.header(name, value),
    services,
    logger,
  });
};
