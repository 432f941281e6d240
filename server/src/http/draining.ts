import type { FastifyInstance } from 'fastify';

/** Longer than a call may take; what is not answered by then is a request that its client never finished. */
const PATIENCE_MS = 8000;

/**
 * Closes each connection after its last answer while the server stops: Fastify closes those that are idle by then, and
 * a client that kept one busy would otherwise hold the process until its keep-alive runs out. After `patienceMs` those
 * that are left are closed too, since Node no longer times out a request that is only half sent.
 */
export const closeConnectionsWhenStopping = (app: FastifyInstance, patienceMs = PATIENCE_MS): void => {
  let isStopping = false;
  app.addHook('preClose', (done) => {
    isStopping = true;
    setTimeout(() => app.server.closeAllConnections(), patienceMs).unref();
    done();
  });
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (isStopping) reply.header('connection', 'close');
    done();
  });
};
