import websocket from '@fastify/websocket';
import type { AnyRouter } from '@trpc/server';
import { closeCodes } from '@versbottomlex/shared';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import type { Config } from '../config.js';
import { isAllowedOrigin } from '../http/cors.js';
import { pathOf } from '../http/failure.js';
import type { CreateContext } from '../http/request-context.js';
import { AppError } from '../platform/app-error.js';
import type { Clock } from '../platform/clock.js';
import type { EventBus } from '../platform/event-bus.js';
import type { Logger } from '../platform/logger.js';
import type { Services } from '../services.js';
import { type Credentials, createConnection } from './connection.js';
import { createConnections } from './connections.js';
import { FRAME_BYTES_MAX, SOCKETS_A_USER_MAX } from './limits.js';
import { createTrpcHandler } from './trpc-handler.js';

const PATH = '/trpc';
const WINDOW_MS = 60_000;

type Deps = {
  config: Config;
  router: AnyRouter;
  services: Services;
  bus: EventBus;
  clock: Clock;
  logger: Logger;
  createContext: CreateContext;
};

/** Anything but tRPC's own mark is refused: a token in a URL ends up in logs and histories. */
const refuseQuery = (request: FastifyRequest): void => {
  const { connectionParams, ...others } = request.query as Record<string, unknown>;
  if (Object.keys(others).length > 0 || ![undefined, '1'].includes(connectionParams as string | undefined)) {
    throw new AppError('MALFORMED_REQUEST', {
      detail:
        'The socket’s URL takes connectionParams=1 and nothing else; the token goes in the first frame.',
    });
  }
};

/**
 * Serves the whole API over WebSocket at `/trpc`: every procedure, and the subscriptions, which are nowhere else. To be
 * called before routes are added, since upgrades of other paths have to be refused there.
 */
export const mountSocket = async (app: FastifyInstance, deps: Deps): Promise<void> => {
  const { config, router, services, bus, clock, logger, createContext } = deps;
  const connections = createConnections({ auth: services.auth, bus, logger });
  const isOriginAllowed = isAllowedOrigin(config);
  const now = () => clock.now().getTime();

  await app.register(websocket, {
    options: { maxPayload: FRAME_BYTES_MAX, perMessageDeflate: false },
    // A client that breaks the protocol is closed by ws with the code for it; that is no fault of ours.
    errorHandler: () => {},
    preClose: (done) => {
      connections.shutDown().then(
        () => done(),
        () => done(),
      );
    },
  });

  const authenticate = async (accessToken: string): Promise<Credentials> => {
    const [identity, expiresAtMs] = await Promise.all([
      services.auth.authenticate(accessToken),
      services.auth.expiryOf(accessToken),
    ]);
    return { accessToken, identity, expiresAtMs };
  };

  const authenticateNew = async (accessToken: string): Promise<Credentials> => {
    const credentials = await authenticate(accessToken);
    if (connections.countOfUser(credentials.identity.userId) < SOCKETS_A_USER_MAX) return credentials;
    throw new AppError('RATE_LIMITED', { detail: `An account has at most ${SOCKETS_A_USER_MAX} sockets.` });
  };

  const accept = (ws: WebSocket, request: FastifyRequest): void => {
    if (connections.count() >= config.socketsMax) {
      ws.close(closeCodes.overloaded);
      return;
    }
    const connection = createConnection({
      ws,
      request,
      sendsParams: (request.query as { connectionParams?: string }).connectionParams === '1',
      now,
      authenticateNew,
      authenticate,
      createContext,
      createHandler: (context, outlet) =>
        createTrpcHandler({ router, ws, request: request.raw, context, logger, outlet }),
    });
    connections.add(connection);
    ws.once('close', () => connections.remove(connection));
  };

  app.addHook('onRequest', (request, _reply, done) => {
    const isUpgrade = (request as FastifyRequest & { ws?: boolean }).ws === true;
    if (isUpgrade && pathOf(request.raw.url ?? '') !== PATH) {
      done(new AppError('NOT_FOUND', { detail: 'Only /trpc is served over WebSocket.' }));
    } else done();
  });

  // A hook of the plugin makes sockets of routes, once it is loaded.
  await app.after();

  app.route({
    method: 'GET',
    url: PATH,
    exposeHeadRoute: false,
    config: { rateLimit: { max: config.rateLimits.handshakesPerMinute, timeWindow: WINDOW_MS } },
    preValidation: async (request) => {
      refuseQuery(request);
      if (!isOriginAllowed(request.headers.origin)) {
        throw new AppError('FORBIDDEN', { detail: 'This origin may not open a socket.' });
      }
    },
    handler: () => {
      throw new AppError('NOT_FOUND', { detail: 'This path is a WebSocket.' });
    },
    wsHandler: accept,
  });
};
