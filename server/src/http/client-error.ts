import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { AppError } from '../platform/app-error.js';
import { PROBLEM_CONTENT_TYPE, toProblem } from './problem.js';

/** What Node's parser gives up on, before there is a request. */
const refusals: Record<string, { status: number; detail: string }> = {
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, detail: 'The request did not arrive in time.' },
  HPE_HEADER_OVERFLOW: { status: 431, detail: 'The headers are too large.' },
};
const unreadable = { status: 400, detail: 'This is not an HTTP request.' };

const answer = (status: number, body: string, requestId: string): string =>
  [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Content-Type: ${PROBLEM_CONTENT_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    'Connection: close',
    '',
    body,
  ].join('\r\n');

/** Answers what is not HTTP, or comes too slowly, as any other failure is answered, and ends the connection. */
export const answerClientError = (error: Error & { code?: string }, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const { status, detail } = refusals[error.code ?? ''] ?? unreadable;
  const requestId = randomUUID();
  const problem = toProblem(new AppError('MALFORMED_REQUEST', { detail }), {
    requestId,
    status,
    showsFaults: false,
  });
  if (socket.writable) socket.write(answer(status, JSON.stringify(problem), requestId));
  socket.destroySoon();
};
