import type { AnyRouter, TRPCError } from '@trpc/server';
import { fastifyRequestHandler } from '@trpc/server/adapters/fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../platform/app-error.js';
import type { Logger } from '../platform/logger.js';
import { toAppError } from '../trpc/errors.js';
import { logUnlessLogged, pathOf, retryAfterSeconds } from './failure.js';
import { isOpen, isSubscription } from './operations.js';
import { readJsonBodies } from './request-body.js';
import type { CreateContext } from './request-context.js';

const PREFIX = '/trpc/';
const BATCH_CALLS_MAX = 10;
const JSON_TYPE = /^application\/json\s*(;|$)/i;

/** What tRPC would take for a form or a file is refused: a form of another site needs no permission to be sent. */
const requireJson = (request: FastifyRequest): void => {
  const type = request.headers['content-type'];
  if (type !== undefined && !JSON_TYPE.test(type)) throw new AppError('UNSUPPORTED_MEDIA_TYPE');
};

/** The names of the procedures that a path calls, decoded as tRPC decodes them. */
const namesOf = (path: string): string[] => {
  try {
    return decodeURIComponent(path).split(',');
  } catch (cause) {
    throw new AppError('MALFORMED_REQUEST', { detail: 'The path is not valid percent-encoding.', cause });
  }
};

const requireServed = (router: AnyRouter, path: string, reply: FastifyReply): void => {
  const names = namesOf(path);
  if (names.length > BATCH_CALLS_MAX) {
    throw new AppError('MALFORMED_REQUEST', { detail: `A batch holds at most ${BATCH_CALLS_MAX} calls.` });
  }
  if (names.some((name) => isSubscription(router, name))) {
    // RFC 9110, 10.2.1: an empty Allow says that no method is allowed here.
    reply.header('allow', '');
    throw new AppError('METHOD_NOT_ALLOWED', { detail: 'Subscriptions are served over WebSocket only.' });
  }
};

/** Whether no call of the request asks who calls; a path that cannot be read is not for us to vouch for. */
const callsOnlyOpen = (router: AnyRouter, path: string): boolean => {
  try {
    return namesOf(path).every((name) => isOpen(router, name));
  } catch {
    return false;
  }
};

const calledPathOf = (request: FastifyRequest): string => pathOf(request.raw.url ?? '').slice(PREFIX.length);

/** The headers that go with the errors of an answer, as on REST. */
const headersFor = (errors: TRPCError[]): Record<string, string> => {
  const failures = errors.map(toAppError);
  const waits = failures.flatMap(({ retryAfterMs }) => (retryAfterMs === undefined ? [] : [retryAfterMs]));
  return {
    ...(waits.length > 0 && { 'retry-after': String(retryAfterSeconds(Math.max(...waits))) }),
    ...(failures.some(({ status }) => status === 401) && { 'www-authenticate': 'Bearer' }),
  };
};

/** tRPC's `Vary` joins the one that CORS has set, instead of replacing it. */
const keepVary = (app: FastifyInstance): void => {
  app.addHook('onSend', (_request, reply, payload, done) => {
    const vary = reply.getHeader('vary');
    if (payload instanceof Response && typeof vary === 'string') payload.headers.append('vary', vary);
    done(null, payload);
  });
};

/**
 * Serves queries (GET) and mutations (POST) of `router` below `/trpc`, JSON only, at most ten calls a request. Errors
 * have tRPC's shape, and the status of a single call is that of REST. Subscriptions are refused before they run.
 */
export const mountTrpc = (
  app: FastifyInstance,
  deps: { router: AnyRouter; createContext: CreateContext; logger: Logger },
): void => {
  const { router, createContext, logger } = deps;
  const checkJson = app.getDefaultJsonParser('error', 'error');
  // The text is what tRPC reads; it is parsed here too, so that a procedure without input refuses what is not JSON.
  readJsonBodies(app, (request, body, done) => checkJson(request, body, (error) => done(error, body)));
  keepVary(app);

  app.route({
    method: ['GET', 'POST'],
    url: `${PREFIX}*`,
    exposeHeadRoute: false,
    config: { ignoresCookies: (request) => callsOnlyOpen(router, calledPathOf(request)) },
    handler: async (request, reply) => {
      const path = calledPathOf(request);
      requireServed(router, path, reply);
      if (request.method === 'GET') requireJson(request);
      else if (request.body === undefined) {
        // No body is no input; tRPC asks for a content type all the same.
        request.body = '';
        request.raw.headers['content-type'] = 'application/json';
      }
      await fastifyRequestHandler({
        router,
        req: request,
        res: reply,
        path,
        createContext: () => createContext(request, reply),
        responseMeta: ({ errors }) => ({ headers: headersFor(errors) }),
        onError: ({ error, path: name }) =>
          logUnlessLogged(logger, error, { requestId: request.id, path: name ?? `${PREFIX}${path}` }),
      });
    },
  });
};
