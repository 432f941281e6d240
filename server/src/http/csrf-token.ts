import type { FastifyInstance } from 'fastify';
import { AppError } from '../platform/app-error.js';
import type { Services } from '../services.js';
import { noSessionCookies, sessionTokenOf } from './cookies.js';
import type { Csrf } from './csrf.js';
import { JSON_CONTENT_TYPE } from './rest.js';

/**
 * Serves `GET /csrf-token` (registered below `/api`) to whoever has a session in cookies. An expired access token does not
 * matter, because this is needed to refresh it; cookies that are good for nothing are taken away.
 */
export const mountCsrfToken = (app: FastifyInstance, services: Pick<Services, 'auth'>, csrf: Csrf): void => {
  app.get('/csrf-token', async (request, reply) => {
    const tokens = {
      accessToken: sessionTokenOf(request, 'access'),
      refreshToken: sessionTokenOf(request, 'refresh'),
    };
    const sessionId = await services.auth.findSessionId(tokens);
    if (sessionId === undefined) {
      const hasCookies = tokens.accessToken !== undefined || tokens.refreshToken !== undefined;
      if (hasCookies) reply.header('set-cookie', noSessionCookies);
      throw new AppError('NOT_AUTHENTICATED', { detail: 'There is no session in cookies.' });
    }
    reply.header('content-type', JSON_CONTENT_TYPE);
    return { csrfToken: csrf.tokenOf(sessionId) };
  });
};
