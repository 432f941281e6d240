import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, RouteHandlerMethod } from 'fastify';
import type { Config } from '../config.js';
import { AppError } from '../platform/app-error.js';

const WINDOW_MS = 60_000;
/** Some 5 MB; with more addresses than this in a minute, the longest silent ones start anew. */
const ADDRESSES_MAX = 50_000;

/**
 * Limits all requests of one address (of one /64 for IPv6), whatever they ask for, with the RateLimit headers of the
 * IETF draft. Routes that are added later are covered; the handler that is returned covers requests without one.
 */
export const limitAddresses = async (
  app: FastifyInstance,
  { rateLimits }: Pick<Config, 'rateLimits'>,
): Promise<RouteHandlerMethod> => {
  await app.register(rateLimit, {
    max: rateLimits.globalPerMinute,
    timeWindow: WINDOW_MS,
    cache: ADDRESSES_MAX,
    enableDraftSpec: true,
    errorResponseBuilder: (_request, { ttl }) =>
      new AppError('RATE_LIMITED', { detail: 'Too many requests from this address.', retryAfterMs: ttl }),
  });
  return app.rateLimit();
};
