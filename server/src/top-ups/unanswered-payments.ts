import { addSeconds, type Clock } from '../platform/clock.js';
import type { Database } from '../platform/database.js';
import type { Logger } from '../platform/logger.js';
import { listUnanswered, type OpenPayment } from './provider-events.queries.js';

/** Longer than a request can be under way; after that nobody else is about to ask the provider. */
const UNANSWERED_SECONDS = 10;
/** How long a provider that did not answer is left alone. */
const PAUSE_SECONDS = 10;
const PAYMENTS_MAX = 20;

type Deps = { database: Database; clock: Clock; logger: Logger };

/** Asks a provider again for what a crash or a lost answer left without one. */
export const createUnansweredPayments = ({ database, clock, logger }: Deps) => {
  let pausedUntil = new Date(0);

  return async (provider: string, ask: (payment: OpenPayment) => Promise<unknown>): Promise<void> => {
    const now = clock.now();
    if (now < pausedUntil) return;
    const before = addSeconds(now, -UNANSWERED_SECONDS).toISOString();
    const due = await listUnanswered(database, { provider, before, limit: PAYMENTS_MAX });
    const failures: unknown[] = [];
    for (const payment of due) await ask(payment).catch((error: unknown) => failures.push(error));
    if (failures.length === 0) return;
    pausedUntil = addSeconds(now, PAUSE_SECONDS);
    logger.warn('Payments wait for an answer of their provider', { provider, count: failures.length });
  };
};
