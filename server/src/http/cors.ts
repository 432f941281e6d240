import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../config.js';

/** In development, any port of this machine may be a frontend. */
const LOCAL_ORIGIN = /^http:\/\/(localhost|127\.0\.0\.1)(:\d+)?$/;
/** The longest that Chromium remembers a preflight. */
const PREFLIGHT_SECONDS = 7200;

/** Whether a page of this origin may open a socket; without one it is no page that asks. */
export const isAllowedOrigin = (config: Pick<Config, 'mode' | 'webOrigins' | 'publicUrl'>) => {
  const allowed = new Set([...config.webOrigins, new URL(config.publicUrl).origin]);
  return (origin: string | undefined): boolean =>
    origin === undefined ||
    allowed.has(origin) ||
    (config.mode === 'development' && LOCAL_ORIGIN.test(origin));
};

/** Lets the allowed origins read answers, with credentials; others get no permission, and their browsers refuse. */
export const allowOrigins = async (
  app: FastifyInstance,
  config: Pick<Config, 'mode' | 'webOrigins'>,
): Promise<void> => {
  await app.register(cors, {
    origin: config.mode === 'development' ? [...config.webOrigins, LOCAL_ORIGIN] : config.webOrigins,
    credentials: true,
    methods: 'GET, HEAD, POST, PUT, DELETE',
    allowedHeaders:
      'Authorization, Content-Type, Idempotency-Key, X-Request-Id, X-CSRF-Token, X-Session, Trpc-Accept',
    exposedHeaders:
      'Content-Disposition, X-Request-Id, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset',
    maxAge: PREFLIGHT_SECONDS,
    strictPreflight: false,
  });
};
