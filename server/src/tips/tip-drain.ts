import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../platform/clock.js';
import type { Database } from '../platform/database.js';
import type { EventBus } from '../platform/event-bus.js';
import type { Logger } from '../platform/logger.js';
import { createSweep } from '../platform/sweep.js';
import { listWaiting, logTips } from './tips.queries.js';

/** What one statement moves at most; a longer one would keep the room's chat waiting for the log. */
const TIPS_MAX = 500;
/** A busy room's tips are moved together this often; a quiet one's at once. */
const GATHER_MS = 25;
/** How often it is looked for what another process has left, or could not be moved. */
const SWEEP_MS = 1000;

type Deps = { database: Database; bus: EventBus; clock: Clock; logger: Logger };

type Drain = { isAsked: boolean; done: Promise<void> };

/**
 * Moves tips from the outbox into the logs of their streams, and tells of them: each exactly once, since it leaves the
 * outbox in the statement that puts it into the log. A stream has one statement under way.
 */
export const createTipDrain = ({ database, bus, clock, logger }: Deps) => {
  const drains = new Map<string, Drain>();
  let isStarted = false;

  /** Whether there may be more. */
  const moveSome = async (streamId: string): Promise<boolean> => {
    const of = { streamId, tipsMax: TIPS_MAX, now: clock.now().toISOString() };
    // With nothing to tell, or with a lost answer, the tips may still be in the log by now: whoever follows it reads on.
    const entries = await logTips(database, of).catch((error: unknown) => {
      bus.publish({ type: 'streamLogged', streamId, entries: [] });
      throw error;
    });
    bus.publish({ type: 'streamLogged', streamId, entries });
    return entries.length >= TIPS_MAX;
  };

  const run = async (streamId: string, drain: Drain): Promise<void> => {
    try {
      let hasMore = true;
      while (hasMore || drain.isAsked) {
        const nextAt = performance.now() + GATHER_MS;
        drain.isAsked = false;
        hasMore = await moveSome(streamId);
        const restMs = nextAt - performance.now();
        if (!hasMore && drain.isAsked && restMs > 0) await sleep(restMs);
      }
    } catch {
      // What cannot be moved now waits for the sweep.
    } finally {
      drains.delete(streamId);
    }
  };

  /** To be called after a tip was sent to a stream. */
  const soon = (streamId: string): void => {
    if (!isStarted) return;
    const known = drains.get(streamId);
    if (known) {
      known.isAsked = true;
      return;
    }
    const drain: Drain = { isAsked: false, done: Promise.resolve() };
    drains.set(streamId, drain);
    drain.done = run(streamId, drain);
  };

  const sweep = createSweep({
    work: async () => (await listWaiting(database)).forEach(soon),
    intervalMs: SWEEP_MS,
    logger,
    fault: 'Tips that wait for their log not found',
  });

  return {
    soon,
    start: (): void => {
      isStarted = true;
      sweep.start();
    },
    /** Ends after the statements that are under way. */
    stop: async (): Promise<void> => {
      isStarted = false;
      await sweep.stop();
      await Promise.all([...drains.values()].map(({ done }) => done));
    },
  };
};
