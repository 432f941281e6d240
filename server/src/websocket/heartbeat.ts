import type { WebSocket } from 'ws';
import { PING_INTERVAL_MS } from './limits.js';

/** Pings a socket every 25 s, and drops one that is half open: of which nothing has come back since the ping before. */
export const createHeartbeat = (ws: WebSocket, openedAtMs: number) => {
  let pingedAtMs = openedAtMs;
  let isPongDue = false;
  ws.on('pong', () => {
    isPongDue = false;
  });
  return {
    /** To be called now and then; the time is milliseconds of any clock that goes forward. */
    tick: (atMs: number): void => {
      if (atMs - pingedAtMs < PING_INTERVAL_MS) return;
      if (isPongDue) {
        ws.terminate();
        return;
      }
      isPongDue = true;
      pingedAtMs = atMs;
      ws.ping();
    },
  };
};
