import type { FastifyInstance } from 'fastify';
import type { Services } from '../services.js';
import { JSON_CONTENT_TYPE } from './rest.js';

/** Some ten times what providers send. */
const BODY_BYTES_MAX = 256 * 1024;

/**
 * Takes the webhooks of payment providers at `/payments/webhooks/{provider}` (registered below `/api`). The body stays the
 * bytes that came, because their signature is over those, and not over what they say.
 */
export const mountWebhooks = (app: FastifyInstance, services: Pick<Services, 'topUps'>): void => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });
  app.post<{ Params: { provider: string } }>(
    '/payments/webhooks/:provider',
    { bodyLimit: BODY_BYTES_MAX },
    async ({ params, body, headers }, reply) => {
      const bytes = body instanceof Buffer ? body : Buffer.alloc(0);
      await services.topUps.receiveWebhook(params.provider, { body: bytes, headers });
      reply.header('content-type', JSON_CONTENT_TYPE);
      return { received: true };
    },
  );
};
