import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Long enough to be unique, short enough for a log line, and nothing that could break out of one. */
const SANE = /^[A-Za-z0-9_.-]{8,128}$/;

/** The `X-Request-Id` that a caller sent, when it is sane; a new UUID otherwise. */
export const requestIdOf = (request: Pick<IncomingMessage, 'headers'>): string => {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && SANE.test(given) ? given : randomUUID();
};
