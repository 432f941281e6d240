import type { IncomingMessage, Server } from 'node:http';
import type { FastifyHttpOptions } from 'fastify';
import type { Config } from '../config.js';
import { answerClientError } from './client-error.js';
import type { SendFailure } from './failure.js';
import { requestIdOf } from './request-id.js';

export const BODY_BYTES_MAX = 1024 * 1024;

/** Slow senders hold a socket no longer than this (OWASP names the attack slowloris). */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** Node looks for late requests this often; its default adds up to 30 s to both. */
const TIMEOUT_CHECK_INTERVAL_MS = 5000;
/** An idle socket, or a reader that takes nothing, is dropped after this; WebSockets are not, once upgraded. */
const SOCKET_IDLE_TIMEOUT_MS = 90_000;
/** Above the 60 s after which usual balancers drop an idle connection, so that it is not us who close it under them. */
const KEEP_ALIVE_TIMEOUT_MS = 72_000;
/** A batch of ten procedure names, or any id, fits. */
const PATH_PARAMETER_LENGTH_MAX = 1024;

/** Fastify refuses a bare number of hops, because the nearest of them must be known: we have only the operator's word. */
const trustProxyOf = ({
  trustProxy,
}: Pick<Config, 'trustProxy'>): FastifyHttpOptions<Server>['trustProxy'] =>
  typeof trustProxy === 'number' ? (_address, hop) => hop < trustProxy : trustProxy;

const ABSOLUTE_FORM = /^https?:\/\/([^/?#]*)([^#]*)/i;

/** A target that names its host takes the place of Host (RFC 9112, 3.2.2), so that one name is checked and routed by. */
const toOriginForm = ({ url = '/', headers }: Pick<IncomingMessage, 'url' | 'headers'>): string => {
  if (url.startsWith('/')) return url;
  const [, host, path] = ABSOLUTE_FORM.exec(url) ?? [];
  if (host === undefined || path === undefined) return url;
  headers.host = host;
  return path.startsWith('/') ? path : `/${path}`;
};

/** Everything about the server that is not a route: limits, time-outs, request ids, answers before routing. */
export const serverOptions = (config: Config, sendFailure: SendFailure) =>
  ({
    logger: false,
    genReqId: requestIdOf,
    trustProxy: trustProxyOf(config),
    rewriteUrl: toOriginForm,
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: SOCKET_IDLE_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    // A request without Host is refused by our own check, which answers as every other refusal does.
    http: {
      headersTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUT_CHECK_INTERVAL_MS,
      requireHostHeader: false,
    },
    // Requests that arrive on open connections during the drain are served; new connections are not accepted.
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: {
      caseSensitive: true,
      ignoreTrailingSlash: false,
      maxParamLength: PATH_PARAMETER_LENGTH_MAX,
    },
    frameworkErrors: sendFailure,
    clientErrorHandler: answerClientError,
  }) satisfies FastifyHttpOptions<Server>;
