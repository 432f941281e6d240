import { addSeconds, type Clock } from '../platform/clock.js';
import type { Database } from '../platform/database.js';
import { logBackgroundFault } from '../platform/fault-log.js';
import type { Logger } from '../platform/logger.js';
import { touchSession } from './sessions.queries.js';

/** Fine enough for a list of devices, and one write in five minutes for whoever calls a hundred times a second. */
const PRECISION_SECONDS = 5 * 60;

type Deps = { database: Database; clock: Clock; logger: Logger };

/** Keeps the time when each session was last used, to within five minutes, without making any call wait for it. */
export const createSessionUse = ({ database, clock, logger }: Deps) => {
  const underWay = new Set<string>();

  return {
    /** Tells that a session, which the database had as used at `lastUsedAt`, is used now. */
    note: ({ sessionId, lastUsedAt }: { sessionId: string; lastUsedAt: string }): void => {
      const now = clock.now();
      const before = addSeconds(now, -PRECISION_SECONDS);
      if (Date.parse(lastUsedAt) >= before.getTime() || underWay.has(sessionId)) return;
      underWay.add(sessionId);
      touchSession(database, { sessionId, now: now.toISOString(), before: before.toISOString() })
        .catch((error: unknown) => logBackgroundFault(logger, 'Use of a session not noted', error))
        .finally(() => underWay.delete(sessionId));
    },
  };
};
