import type { inferRouterOutputs } from '@trpc/server';
import type { ErrorCode, ErrorShape, FieldError, Problem, SignedIn } from '@versbottomlex/shared';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import { type AppRouter, appRouter } from '../src/app-router.js';
import { listOperations, type Operation } from '../src/http/operations.js';

type Outputs = inferRouterOutputs<AppRouter>;

type AnyPath = {
  [Feature in keyof Outputs & string]: `${Feature}.${keyof Outputs[Feature] & string}`;
}[keyof Outputs & string];

/** Procedures that work over WebSocket alone. */
export const socketPaths = [
  'auth.renewSocket',
  'streams.onEvent',
  'streams.onDirectory',
  'chat.onMessage',
  'payments.onTip',
  'payments.onWallet',
  'presence.onChange',
] as const satisfies AnyPath[];
export type SocketPath = (typeof socketPaths)[number];

/** Every other procedure, as tRPC names it: `streams.list`. */
export type ProcedurePath = Exclude<AnyPath, SocketPath>;

export type OutputOf<Path extends ProcedurePath> =
  Path extends `${infer Feature extends keyof Outputs & string}.${infer Name}`
    ? Name extends keyof Outputs[Feature]
      ? Outputs[Feature][Name]
      : never
    : never;

export type TestedOperation = Operation & { procedurePath: ProcedurePath };

export const operations = listOperations(appRouter) as TestedOperation[];

/** Throws for a procedure that the router does not have. */
export const operationOf = (path: ProcedurePath): TestedOperation => {
  const operation = operations.find(({ procedurePath }) => procedurePath === path);
  if (!operation) throw new Error(`there is no operation ${path}`);
  return operation;
};

export const transports = ['REST', 'tRPC'] as const;
export type Transport = (typeof transports)[number];

/** Every operation over every transport, for tests of what all of them have in common. */
export const everyCall = transports.flatMap((transport) =>
  operations.map((operation) => ({ transport, operation, path: operation.procedurePath })),
);
export type EveryCall = (typeof everyCall)[number];

/** A failed call as either transport tells it, in one shape. */
export type Failure = {
  code: ErrorCode;
  detail: string;
  requestId: string;
  errors?: FieldError[] | undefined;
  retryAfterMs?: number | undefined;
  price?: { amount: number; currency: string } | undefined;
  debug?: { message: string; stack?: string } | undefined;
};

export type Answer<Data = unknown> = {
  status: number;
  headers: LightMyRequestResponse['headers'];
  /** The body as it went over the wire. */
  text: string;
  /** What a call that succeeded gave; undefined for one that failed. */
  data: Data;
  failure: Failure | undefined;
};

type Fields = Record<string, unknown>;

/** The request that carries `input` to an operation over REST: by path, query or body, as its method and path say. */
const toRestRequest = (operation: Operation, input?: Fields): InjectOptions => {
  const rest = { ...input };
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = String(rest[name]);
    delete rest[name];
    return encodeURIComponent(value);
  });
  const { method } = operation;
  const { idempotencyKey } = rest;
  delete rest.idempotencyKey;
  const headers = idempotencyKey === undefined ? {} : { 'idempotency-key': String(idempotencyKey) };
  const url = `/api${path}`;
  const isEmpty = Object.keys(rest).length === 0;
  if (method === 'GET' || method === 'DELETE') {
    const query = new URLSearchParams(
      Object.entries(rest).map(([name, value]): [string, string] => [name, String(value)]),
    );
    return { method, url: isEmpty ? url : `${url}?${query}` };
  }
  const hasBody = !isEmpty || (input !== undefined && operation.pathParameters.length === 0);
  return { method, url, headers, ...(hasBody && { payload: rest }) };
};

/** The request that carries `input` to a procedure over tRPC. */
const toTrpcRequest = ({ procedurePath, type }: Operation, input?: unknown): InjectOptions => {
  const url = `/trpc/${procedurePath}`;
  if (type === 'query') {
    const query = input === undefined ? '' : `?input=${encodeURIComponent(JSON.stringify(input))}`;
    return { method: 'GET', url: `${url}${query}` };
  }
  return {
    method: 'POST',
    url,
    ...(input !== undefined && {
      headers: { 'content-type': 'application/json' },
      payload: JSON.stringify(input),
    }),
  };
};

const readRest = (body: unknown, failed: boolean): Pick<Answer, 'data' | 'failure'> => {
  if (!failed) return { data: body, failure: undefined };
  const problem = body as Problem & Pick<Failure, 'debug'>;
  const { code, detail, requestId, errors, retryAfterMs, price, debug } = problem;
  return { data: undefined, failure: { code, detail, requestId, errors, retryAfterMs, price, debug } };
};

const readTrpc = (body: unknown, failed: boolean): Pick<Answer, 'data' | 'failure'> => {
  if (!failed) return { data: (body as { result: { data: unknown } }).result.data, failure: undefined };
  const { message, data } = (body as { error: ErrorShape }).error;
  const { appCode, requestId, issues, retryAfterMs, price } = data;
  const debug = data.debug && { message: data.debug.message, stack: data.debug.stack ?? '' };
  return {
    data: undefined,
    failure: { code: appCode, detail: message, requestId, errors: issues, retryAfterMs, price, debug },
  };
};

/** The request that carries `input` to an operation over either transport. */
export const toRequest = (transport: Transport, operation: Operation, input?: Fields): InjectOptions =>
  (transport === 'REST' ? toRestRequest : toTrpcRequest)(operation, input);

/** An answer of either transport, in one shape. */
export const readAnswer = (transport: Transport, response: LightMyRequestResponse): Answer => {
  const failed = response.statusCode >= 400;
  const body: unknown = response.body === '' ? undefined : response.json();
  const read = transport === 'REST' ? readRest : readTrpc;
  return {
    status: response.statusCode,
    headers: response.headers,
    text: response.body,
    ...read(body, failed),
  };
};

export type CallOptions = {
  as?: Pick<SignedIn, 'accessToken'> | undefined;
  headers?: Record<string, string>;
};

/** Sends the request that `transport` uses for the operation, as `options.as`. */
export const callOver = async (
  app: FastifyInstance,
  transport: Transport,
  operation: Operation,
  input?: Fields,
  { as, headers }: CallOptions = {},
): Promise<Answer> => {
  const request = toRequest(transport, operation, input);
  const response = await app.inject({
    ...request,
    headers: { ...request.headers, ...(as && { authorization: `Bearer ${as.accessToken}` }), ...headers },
  });
  return readAnswer(transport, response);
};
