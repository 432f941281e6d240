import { createHmac, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { decodeJwt } from 'jose';
import type { Config } from '../config.js';
import { AppError } from '../platform/app-error.js';
import { sessionTokenOf } from './cookies.js';
import { isAllowedOrigin } from './cors.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether a request to the route takes nobody's word for who calls, so that forging one gains nothing. */
    ignoresCookies?: boolean | ((request: FastifyRequest) => boolean);
  }
}

/** These change nothing (RFC 9110, 9.2.1), and what they answer is for allowed origins to read. */
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Not verified here: a token of no session, or of a forged one, is refused by whoever authenticates it. */
const claimedSessionOf = (token: string): string | undefined => {
  try {
    const { sid } = decodeJwt(token);
    return typeof sid === 'string' ? sid : undefined;
  } catch {
    return undefined;
  }
};

const areEqual = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
};

type Request = Pick<FastifyRequest, 'headers'>;

/**
 * Tells our pages' requests from those that another site has a browser send with its cookies: by their origin, and by a
 * token that only a page which may read our answers can know (OWASP's HMAC based token, bound to the session).
 */
export const createCsrf = (config: Pick<Config, 'mode' | 'webOrigins' | 'publicUrl' | 'secrets'>) => {
  const isAllowed = isAllowedOrigin(config);

  const requireOrigin = (isOurs: boolean): void => {
    if (!isOurs) {
      throw new AppError('ORIGIN_NOT_ALLOWED', {
        detail:
          'A session in cookies is for pages of PUBLIC_URL and WEB_ORIGINS; elsewhere, send the access token in the Authorization header.',
      });
    }
  };

  const tokenOf = (sessionId: string): string =>
    createHmac('sha256', config.secrets.csrf).update(sessionId).digest('base64url');

  return {
    /** The same for the whole life of a session. */
    tokenOf,

    /** Throws ORIGIN_NOT_ALLOWED for a request that names another origin than ours. */
    requireNoOtherOrigin: ({ headers }: Request): void => requireOrigin(isAllowed(headers.origin)),

    /** Throws ORIGIN_NOT_ALLOWED or CSRF_TOKEN_INVALID, unless one of our pages has sent the cookie `sessionToken`. */
    requireGenuine: ({ headers }: Request, sessionToken: string): void => {
      const { origin } = headers;
      requireOrigin(origin === undefined ? headers['sec-fetch-site'] === 'same-origin' : isAllowed(origin));
      const sessionId = claimedSessionOf(sessionToken);
      const given = headers['x-csrf-token'];
      if (sessionId === undefined || typeof given !== 'string' || !areEqual(given, tokenOf(sessionId))) {
        throw new AppError('CSRF_TOKEN_INVALID', {
          detail: 'Send what GET /api/csrf-token answers in the header X-CSRF-Token.',
        });
      }
    },
  };
};

export type Csrf = ReturnType<typeof createCsrf>;

const ignoresCookies = (request: FastifyRequest): boolean => {
  const { ignoresCookies: ignores = false } = request.routeOptions.config;
  return typeof ignores === 'function' ? ignores(request) : ignores;
};

/** Refuses every request that would change something by the word of a cookie, and may be another site's. */
export const refuseForgeries = (app: FastifyInstance, csrf: Csrf): void => {
  app.addHook('onRequest', (request, _reply, done) => {
    if (SAFE_METHODS.has(request.method)) return done();
    const token = sessionTokenOf(request, 'access');
    if (token === undefined || ignoresCookies(request)) return done();
    try {
      csrf.requireGenuine(request, token);
      done();
    } catch (error) {
      done(error as Error);
    }
  });
};
