import type { FastifyInstance, RouteHandlerMethod } from 'fastify';
import { AppError } from '../platform/app-error.js';
import { pathOf } from './failure.js';
import { type KnownRoutes, methodNotAllowed } from './known-routes.js';

/** That no route has this path, or none that the caller may know of. */
export const notServed = (): AppError =>
  new AppError('NOT_FOUND', { detail: 'There is nothing at this path; /api-docs says what there is.' });

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
      done(methods.length > 0 ? methodNotAllowed(reply, methods) : notServed());
    }, done);
  });
  app.setNotFoundHandler(() => {
    throw notServed();
  });
};
