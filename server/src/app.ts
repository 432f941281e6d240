import type { AnyRouter } from '@trpc/server';
import Fastify, { type FastifyInstance } from 'fastify';
import { appRouter } from './app-router.js';
import type { Config } from './config.js';
import { logRequests } from './http/access-log.js';
import { limitAddresses } from './http/address-limit.js';
import { API_PREFIX } from './http/api-prefix.js';
import { allowOrigins } from './http/cors.js';
import { createCsrf, refuseForgeries } from './http/csrf.js';
import { mountCsrfToken } from './http/csrf-token.js';
import { mountDocs } from './http/docs.js';
import { closeConnectionsWhenStopping } from './http/draining.js';
import { createSendFailure } from './http/failure.js';
import { dropGoneClients } from './http/gone-clients.js';
import { mountHealth } from './http/health.js';
import { checkHosts } from './http/host-check.js';
import { watchRoutes } from './http/known-routes.js';
import { mountMedia } from './http/media.js';
import { mountMetrics } from './http/metrics.js';
import { refuseNotServed } from './http/not-served.js';
import { createContextFactory } from './http/request-context.js';
import { mountRest } from './http/rest.js';
import { setHeaders } from './http/security-headers.js';
import { serverOptions } from './http/server-options.js';
import { createSharedAnswers } from './http/shared-answers.js';
import { mountTrpc } from './http/trpc-http.js';
import { mountUploads } from './http/uploads.js';
import { mountWebhooks } from './http/webhooks.js';
import type { Clock } from './platform/clock.js';
import type { Database } from './platform/database.js';
import type { EventBus } from './platform/event-bus.js';
import type { Logger } from './platform/logger.js';
import type { Services } from './services.js';
import type { Context } from './trpc/context.js';
import { uploadsRouter } from './uploads/uploads.router.js';
import { mountSocket } from './websocket/mount-socket.js';

export type AppDeps = {
  config: Config;
  logger: Logger;
  services: Services;
  database: Pick<Database, 'isReachable'>;
  bus: EventBus;
  clock: Clock;
  /** The procedures that are served; the whole API unless a test has others. */
  router?: AnyRouter;
};

/** Builds the HTTP server from its parts. It does not listen. */
export const buildApp = async (deps: AppDeps): Promise<FastifyInstance> => {
  const { config, logger, services, bus, router = appRouter } = deps;
  const sendFailure = createSendFailure({ logger, showsFaults: config.mode === 'development' });
  const csrf = createCsrf(config);
  const createContext = createContextFactory({ ...deps, csrf });
  const sharedAnswers = createSharedAnswers(bus);
  const countGuest = (address: string, show: Context['showLimit']) =>
    services.limits.requireCall({ address, userId: undefined, isRead: true }, show);

  const app: FastifyInstance = Fastify(serverOptions(config, sendFailure));
  app.setErrorHandler(sendFailure);

  // In this order: headers first, so that refusals have them; then what is cheapest to refuse.
  dropGoneClients(app);
  closeConnectionsWhenStopping(app);
  const known = watchRoutes(app);
  logRequests(app, config, logger);
  await setHeaders(app, config);
  checkHosts(app, config);
  await allowOrigins(app, config);
  refuseNotServed(app, known, await limitAddresses(app, config));
  refuseForgeries(app, csrf);
  await mountSocket(app, { ...deps, router, createContext });

  mountHealth(app, deps);
  mountMetrics(app, deps);
  const rest = { router, createContext, sharedAnswers, countGuest };
  const uploads = { router: uploadsRouter, createContext };
  const api = { prefix: API_PREFIX };
  await app.register(async (scope) => mountRest(scope, rest), api);
  await app.register(async (scope) => mountCsrfToken(scope, services, csrf), api);
  await app.register(async (scope) => mountUploads(scope, uploads), api);
  await app.register(async (scope) => mountWebhooks(scope, services), api);
  await app.register(async (scope) => mountMedia(scope, config));
  await app.register(async (scope) => mountTrpc(scope, { router, createContext, logger }));
  await app.register(async (scope) => mountDocs(scope, { router, config }));
  return app;
};
