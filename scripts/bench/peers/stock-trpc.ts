import { EventEmitter, on } from 'node:events';
import { initTRPC, tracked } from '@trpc/server';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import { WebSocketServer } from 'ws';
import { z } from 'zod';
import { startPostEndpoint } from './post-endpoint.js';

/** The subscription of tRPC's documentation: one emitter, and an async generator for every subscriber. */
const emitter = new EventEmitter().setMaxListeners(0);
const t = initTRPC.create();
const router = t.router({
  streams: t.router({
    onEvent: t.procedure.input(z.object({ streamId: z.string() })).subscription(async function* ({ signal }) {
      for await (const [event] of on(emitter, 'event', { signal })) yield tracked(event.id, event.data);
    }),
  }),
});

const server = startPostEndpoint((body) => {
  emitter.emit('event', JSON.parse(body.toString()));
});
applyWSSHandler({
  wss: new WebSocketServer({ server }),
  router,
  keepAlive: { enabled: true, pingMs: 30_000, pongWaitMs: 5000 },
});
