import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Database } from '../platform/database.js';
import type { Services } from '../services.js';
import { retryAfterSeconds } from './failure.js';

const RETRY_AFTER_MS = 2000;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Probes come every few seconds, so that their lines would hide the others. */
    isQuiet?: boolean;
  }
}

/**
 * `/health/live` says that the process answers, without asking anything; `/health/ready` (and `/health`) that it can do
 * its work: 503 while the database is away, or payments are halted because the ledger is broken. Both are free of the address limit, which probes would share with clients.
 */
export const mountHealth = (
  app: FastifyInstance,
  {
    database,
    services,
  }: {
    database: Pick<Database, 'isReachable'>;
    services: { ledger: Pick<Services['ledger'], 'isSound'> };
  },
): void => {
  const options = { config: { rateLimit: false as const, isQuiet: true } };
  const ready = async (_request: unknown, reply: FastifyReply) => {
    const isReachable = await database.isReachable();
    const isSound = services.ledger.isSound();
    const checks = { database: isReachable ? 'ok' : 'unavailable', ledger: isSound ? 'ok' : 'broken' };
    if (isReachable && isSound) return { status: 'ok', checks };
    reply.code(503).header('retry-after', retryAfterSeconds(RETRY_AFTER_MS));
    return { status: 'unavailable', checks };
  };
  app.get('/health/live', options, (_request, reply) => {
    reply.send({ status: 'ok' });
  });
  app.get('/health/ready', options, ready);
  app.get('/health', options, ready);
};
