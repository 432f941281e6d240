import type { FastifyInstance } from 'fastify';
import type { Config } from '../config.js';
import type { Logger } from '../platform/logger.js';
import { pathOf } from './failure.js';

/** One DEBUG line a request, health probes excepted. At other levels there is no hook, and so no cost. */
export const logRequests = (app: FastifyInstance, config: Pick<Config, 'logLevel'>, logger: Logger): void => {
  if (config.logLevel !== 'DEBUG') return;
  app.addHook('onResponse', (request, reply, done) => {
    if (!request.routeOptions.config.isQuiet) {
      logger.debug('Request answered', {
        requestId: request.id,
        method: request.method,
        path: pathOf(request.url),
        status: reply.statusCode,
        durationMs: Math.round(reply.elapsedTime * 10) / 10,
      });
    }
    done();
  });
};
