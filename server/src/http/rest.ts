import type { AnyRouter } from '@trpc/server';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import { prefersCsv, sendCsv, varyByAccept } from './csv-answer.js';
import { refuseMethod } from './known-routes.js';
import { showLimit } from './limit-headers.js';
import { csvTableOf, listOperations, type Operation } from './operations.js';
import { readJsonBodies } from './request-body.js';
import { type CreateContext, isAnonymous } from './request-context.js';
import { planInput, readInput } from './rest-input.js';
import type { SharedAnswers } from './shared-answers.js';

export const JSON_CONTENT_TYPE = 'application/json; charset=utf-8';

type ShowLimit = (count: { used: number; max: number; resetsInMs: number }) => void;

type Deps = {
  router: AnyRouter;
  createContext: CreateContext;
  sharedAnswers: SharedAnswers;
  /** Counts a call of somebody who is signed out. Throws RATE_LIMITED. */
  countGuest: (address: string, show: ShowLimit) => Promise<void>;
};

/** Calls the operation's procedure, and answers its output. */
const caller = (operation: Operation, createContext: CreateContext) => {
  const { run, procedurePath: path, type } = operation;
  const plan = planInput(operation);
  return async (request: FastifyRequest, reply: FastifyReply, isCounted = false): Promise<unknown> => {
    const input = readInput(plan, request);
    const ctx = createContext(request, reply);
    ctx.isCounted = isCounted;
    return run({ ctx, getRawInput: async () => input, path, type });
  };
};

const toJson = (output: unknown): string => JSON.stringify(output) ?? 'null';

const handlerOf = (
  operation: Operation,
  { createContext, sharedAnswers, countGuest }: Deps,
): RouteHandlerMethod => {
  const call = caller(operation, createContext);
  const answer = async (request: FastifyRequest, reply: FastifyReply, isCounted = false): Promise<string> =>
    toJson(await call(request, reply, isCounted));
  const status = operation.meta.successStatus ?? 200;
  const toTable = csvTableOf(operation);
  const send = (reply: FastifyReply, body: string) => {
    reply.code(status).header('content-type', JSON_CONTENT_TYPE).send(body);
  };
  if (toTable) {
    return async (request, reply) => {
      const output = await call(request, reply);
      varyByAccept(reply);
      return prefersCsv(request) ? sendCsv(reply, toTable(output)) : send(reply, toJson(output));
    };
  }
  if (!operation.meta.isShared) {
    return async (request, reply) => send(reply, await answer(request, reply));
  }
  return (request, reply) => {
    if (!isAnonymous(request)) return answer(request, reply).then((body) => send(reply, body));
    const url = request.raw.url ?? '';
    // Each guest's own call is counted, and never the one that answers several: its refusal would be theirs too.
    const counted = countGuest(request.ip, (count) => showLimit(reply, count));
    return counted
      .then(() => sharedAnswers.find(url) ?? sharedAnswers.share(url, () => answer(request, reply, true)))
      .then((body) => send(reply, body));
  };
};

const toFastifyPath = (path: string) => path.replaceAll(/\{(\w+)\}/g, ':$1');

const toPattern = (path: string) => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`);

/**
 * A path such as `/payments/tip` is also an instance of `/payments/{id}`: without a route of its own, a GET of it would
 * be taken for the payment `tip`.
 */
const shadowedMethods = (path: string, operations: Operation[]): Operation['method'][] => {
  const own = new Set(operations.filter((other) => other.path === path).map(({ method }) => method));
  const others = operations.filter((other) => other.path !== path && toPattern(other.path).test(path));
  return [...new Set(others.map(({ method }) => method))].filter((method) => !own.has(method));
};

const refuseShadowed = (app: FastifyInstance, operations: Operation[]): void => {
  const fixed = new Set(
    operations.filter(({ pathParameters }) => pathParameters.length === 0).map(({ path }) => path),
  );
  for (const path of fixed) {
    const methods = shadowedMethods(path, operations);
    if (methods.length === 0) continue;
    const allowed = operations.filter((other) => other.path === path).map(({ method }) => method);
    app.route({ method: methods, url: path, config: { isRefusal: true }, handler: refuseMethod(allowed) });
  }
};

/**
 * Mounts every documented procedure as a route of its own that calls the procedure (registered below `/api`). Schemas
 * are never changed for it, so that tRPC and REST accept the same values.
 */
export const mountRest = (app: FastifyInstance, deps: Deps): void => {
  readJsonBodies(app);
  const operations = listOperations(deps.router);
  for (const operation of operations) {
    if (operation.meta.isShared && (operation.method !== 'GET' || operation.type !== 'query')) {
      throw new Error(`${operation.procedurePath} is shared, which only a GET of a query can be`);
    }
    if (operation.meta.csv && (operation.method !== 'GET' || operation.meta.isShared)) {
      throw new Error(`${operation.procedurePath} has a table, which only a GET that is not shared can have`);
    }
    app.route({
      method: operation.method,
      url: toFastifyPath(operation.path),
      config: { ignoresCookies: operation.meta.access === 'open' },
      handler: handlerOf(operation, deps),
    });
  }
  refuseShadowed(app, operations);
};
