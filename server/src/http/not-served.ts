import type { FastifyInstance, RouteHandlerMethod } from 'fastify';
import { AppError } from '../platform/app-error.js';
import { pathOf } from './failure.js';
import { type KnownRoutes, methodNotAllowed } from './known-routes.js';

const notFound = () => new AppError('NOT_FOUND', { detail: 'There is nothing at this path.' });

/**
 * Answers 404 on unknown paths and 405 on known ones, before a body is read, and counts both by `limit`: plugins that
 * hook into routes do not see requests without one.
 */
export const refuseNotServed = (
  app: FastifyInstance,
  known: KnownRoutes,
  limit: RouteHandlerMethod,
): void => {
  app.addHook('onRequest', (request, reply, done) => {
    if (!request.is404) return done();
    Promise.resolve(limit.call(app, request, reply)).then(() => {
      const methods = known.methodsOf(pathOf(request.raw.url ?? '/'));
      done(methods.length > 0 ? methodNotAllowed(reply, methods) : notFound());
    }, done);
  });
  app.setNotFoundHandler(() => {
    throw notFound();
  });
};
