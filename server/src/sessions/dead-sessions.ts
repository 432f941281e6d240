import { addSeconds, type Clock } from '../platform/clock.js';
import type { Database } from '../platform/database.js';
import type { Logger } from '../platform/logger.js';
import { createSweep } from '../platform/sweep.js';
import { deleteDeadSessions } from './sessions.queries.js';

const SWEEP_MS = 3_600_000;
/** No session lives longer; the day more is for clocks that differ. */
const SECONDS_MAX = 31 * 24 * 3600;
/** So many rows are gone well within a statement's time. */
const BATCH = 1000;

/** The least UUIDv7 of a moment (RFC 9562, section 5.7). */
const leastIdAt = (moment: Date): string => {
  const digits = moment.getTime().toString(16).padStart(12, '0');
  return `${digits.slice(0, 8)}-${digits.slice(8)}-7000-8000-000000000000`;
};

/** Removes the rows of sessions once no token can be of them, because they say where somebody was. */
export const createDeadSessions = (deps: { database: Database; clock: Clock; logger: Logger }) => {
  const { database, clock, logger } = deps;
  return createSweep({
    work: async () => {
      const before = addSeconds(clock.now(), -SECONDS_MAX);
      let removed: number;
      do removed = await deleteDeadSessions(database, { beforeId: leastIdAt(before), limit: BATCH });
      while (removed === BATCH);
    },
    intervalMs: SWEEP_MS,
    logger,
    fault: 'Sessions that are over not removed',
  });
};
