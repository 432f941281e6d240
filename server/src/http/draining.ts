import type { FastifyInstance } from 'fastify';

/**
 * Closes each connection after its last answer while the server stops: Fastify closes those that are idle by then, and
 * a client that kept one busy would otherwise hold the process until its keep-alive runs out.
 */
export const closeConnectionsWhenStopping = (app: FastifyInstance): void => {
  let isStopping = false;
  app.addHook('preClose', (done) => {
    isStopping = true;
    done();
  });
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (isStopping) reply.header('connection', 'close');
    done();
  });
};
