import { EventEmitter } from 'node:events';
import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { pathOf, retryAfterSeconds } from '../http/failure.js';
import { PROBLEM_CONTENT_TYPE, toProblem } from '../http/problem.js';
import { requestIdOf } from '../http/request-id.js';
import { AppError } from '../platform/app-error.js';

/** What makes a request an upgrade; without these it is an ordinary one. */
const UPGRADE_HEADERS = /^(connection|upgrade|http2-settings)$/i;

/** A refusal of any other path, and of every one while the server stops, when clients come back in droves. */
const answerOf = (error: AppError, requestId: string): string => {
  const body = JSON.stringify(toProblem(error, { requestId, showsFaults: false }));
  return [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}`,
    `Content-Type: ${PROBLEM_CONTENT_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    ...(error.retryAfterMs === undefined ? [] : [`Retry-After: ${retryAfterSeconds(error.retryAfterMs)}`]),
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    'Connection: close',
    '',
    body,
  ].join('\r\n');
};

/** Without Fastify, whose own refusals of a path end before its hooks, so that nothing would end the connection. */
const refuse = (request: IncomingMessage, socket: Socket, error: AppError): void => {
  socket.on('error', () => socket.destroy());
  socket.write(answerOf(error, requestIdOf(request)));
  socket.destroySoon();
};

const isToWebSocket = ({ headers }: IncomingMessage): boolean =>
  headers.upgrade?.toLowerCase() === 'websocket';

/**
 * Serves a request whose offer to upgrade is not taken up, as RFC 9110 (7.8) allows: Java's client offers HTTP/2 with
 * every first request. Node has taken the socket from the server by now, so that it is handed back with the request
 * before what was not read of it.
 */
const ignoreUpgrade = (server: Server, request: IncomingMessage, socket: Socket, unread: Buffer): void => {
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`];
  const { rawHeaders } = request;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (!UPGRADE_HEADERS.test(name)) lines.push(`${name}: ${rawHeaders[index + 1]}`);
  }
  if (/\bclose\b/i.test(request.headers.connection ?? '')) lines.push('Connection: close');
  if (unread.length > 0) socket.unshift(unread);
  socket.unshift(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'));
  server.emit('connection', socket);
};

/**
 * The upgrades to WebSocket at `path` that `server` is asked for, as an emitter for whoever serves them; others are
 * refused, and once `stop` was called all of them.
 */
export const createUpgrades = (server: Server, path: string) => {
  const emitter = new EventEmitter();
  const requests = new WeakSet<IncomingMessage>();
  let isStopping = false;
  server.on('upgrade', (request: IncomingMessage, socket: Socket, unread: Buffer) => {
    if (!isToWebSocket(request)) return ignoreUpgrade(server, request, socket, unread);
    if (pathOf(request.url ?? '') !== path) {
      return refuse(
        request,
        socket,
        new AppError('NOT_FOUND', { detail: `Only ${path} is served over WebSocket.` }),
      );
    }
    if (isStopping) {
      const detail = 'The server restarts.';
      return refuse(request, socket, new AppError('OVERLOADED', { detail, retryAfterMs: 1000 }));
    }
    requests.add(request);
    emitter.emit('upgrade', request, socket, unread);
  });
  return {
    emitter,
    has: (request: IncomingMessage): boolean => requests.has(request),
    stop: (): void => {
      isStopping = true;
    },
  };
};
