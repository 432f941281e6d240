import type { Server } from 'node:http';
import websocket from '@fastify/websocket';
import type { AnyRouter } from '@trpc/server';
import { closeCodes } from '@versbottomlex/shared';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import type { Config } from '../config.js';
import { sessionTokenOf } from '../http/cookies.js';
import { isAllowedOrigin } from '../http/cors.js';
import { logUnlessLogged } from '../http/failure.js';
import type { CreateContext } from '../http/request-context.js';
import { AppError } from '../platform/app-error.js';
import type { Clock } from '../platform/clock.js';
import type { EventBus } from '../platform/event-bus.js';
import type { Logger } from '../platform/logger.js';
import type { Services } from '../services.js';
import { type Connection, type Credentials, createConnection } from './connection.js';
import { createConnections } from './connections.js';
import { CLOSING_MS, FRAME_BYTES_MAX } from './limits.js';
import { createTrpcHandler } from './trpc-handler.js';
import { createUpgrades } from './upgrades.js';

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

/**
 * Anything but tRPC's own mark is refused: a token in a URL ends up in logs and histories, and whoever sent one in a
 * header would be taken for a guest.
 */
const refuseMisplacedTokens = (request: FastifyRequest): void => {
  const { connectionParams, ...others } = request.query as Record<string, unknown>;
  const isMarkOdd = ![undefined, '1'].includes(connectionParams as string | undefined);
  if (Object.keys(others).length > 0 || isMarkOdd || request.headers.authorization !== undefined) {
    throw new AppError('MALFORMED_REQUEST', {
      detail:
        'The token goes in the first frame, with connectionParams=1 in the URL; not in the URL or a header.',
    });
  }
};

const sendsParams = (request: FastifyRequest): boolean =>
  (request.query as { connectionParams?: string }).connectionParams === '1';

/** What says who opens the socket, unless the first frame will; a page cannot keep its browser from sending cookies. */
const cookieTokenOf = (request: FastifyRequest): string | undefined =>
  sendsParams(request) ? undefined : sessionTokenOf(request, 'access');

/**
 * Serves the whole API over WebSocket at `/trpc`: every procedure, and the subscriptions, which are nowhere else.
 */
export const mountSocket = async (app: FastifyInstance, deps: Deps): Promise<void> => {
  const { config, router, services, bus, clock, logger, createContext } = deps;
  const connections = createConnections({ auth: services.auth, bus, logger });
  const isOriginAllowed = isAllowedOrigin(config);
  const now = () => clock.now().getTime();

  const upgrades = createUpgrades(app.server, PATH);

  const options = {
    // Typed as a server, of which the plugin uses the one event.
    server: upgrades.emitter as unknown as Server,
    maxPayload: FRAME_BYTES_MAX,
    perMessageDeflate: false,
    autoPong: false,
    // Newer than the types of ws.
    closeTimeout: CLOSING_MS,
  };

  await app.register(websocket, {
    options,
    // A client that breaks the protocol is closed by ws with the code for it; that is no fault of ours.
    errorHandler: () => {},
    preClose: (done) => {
      upgrades.stop();
      void connections.shutDown().finally(() => {
        for (const ws of app.websocketServer.clients) ws.terminate();
        done();
      });
    },
  });

  const authenticate = async (accessToken: string): Promise<Credentials> => {
    const expiresAtMs = await services.auth.expiryOf(accessToken);
    for (;;) {
      const revocationCount = connections.revocationCount();
      const identity = await services.auth.authenticate(accessToken);
      // Otherwise it may be this session that was revoked after it was read, and before the socket could be told.
      if (connections.revocationCount() === revocationCount) return { accessToken, identity, expiresAtMs };
    }
  };

  const connect = (ws: WebSocket, request: FastifyRequest): void => {
    const connection: Connection = createConnection({
      ws,
      request,
      sendsParams: sendsParams(request),
      cookieToken: cookieTokenOf(request),
      now,
      authenticate,
      countIn: (userId) => connections.countIn(connection, userId),
      createContext,
      createHandler: (context, outlet, onFeed) =>
        createTrpcHandler({ router, ws, context, logger, outlet, onFeed }),
    });
    connections.add(connection);
    ws.once('close', () => connections.remove(connection));
  };

  const accept = (ws: WebSocket, request: FastifyRequest): void => {
    if (connections.isStopping()) ws.close(closeCodes.restarting);
    else if (connections.count() >= config.socketsMax) ws.close(closeCodes.overloaded);
    else {
      try {
        connect(ws, request);
      } catch (error) {
        // Nobody would look after what was opened by half.
        logUnlessLogged(logger, error, { requestId: request.id, path: PATH });
        ws.terminate();
      }
    }
  };

  // An answer to an upgrade ends its connection, which Node's server no longer looks after.
  app.addHook('onSend', (request, reply, _payload, done) => {
    if (upgrades.has(request.raw)) reply.header('connection', 'close');
    done();
  });
  app.addHook('onResponse', (request, _reply, done) => {
    if (upgrades.has(request.raw)) request.raw.socket.destroy();
    done();
  });

  // A hook of the plugin makes sockets of routes, once it is loaded.
  await app.after();

  app.route({
    method: 'GET',
    url: PATH,
    exposeHeadRoute: false,
    config: { rateLimit: { max: config.rateLimits.handshakesPerMinute, timeWindow: WINDOW_MS } },
    preValidation: async (request) => {
      refuseMisplacedTokens(request);
      if (!isOriginAllowed(request.headers.origin)) {
        throw new AppError('FORBIDDEN', { detail: 'This origin may not open a socket.' });
      }
      await services.limits.requireHandshake(request.ip);
      if (request.headers.origin === undefined && cookieTokenOf(request) !== undefined) {
        throw new AppError('ORIGIN_NOT_ALLOWED', {
          detail: 'A session in cookies is for pages, whose browsers name their origin.',
        });
      }
    },
    handler: () => {
      throw new AppError('NOT_FOUND', { detail: 'This path is a WebSocket.' });
    },
    wsHandler: accept,
  });
};
