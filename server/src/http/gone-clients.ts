import type { FastifyInstance } from 'fastify';

/**
 * Drops requests whose connection was reset before they were looked at: they come from no address any more, which
 * limits count by, and nobody is there to be answered.
 */
export const dropGoneClients = (app: FastifyInstance): void => {
  app.addHook('onRequest', (request, reply, done) => {
    if (request.raw.socket.remoteAddress === undefined) reply.hijack();
    done();
  });
};
