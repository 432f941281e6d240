import { v7 as uuidv7 } from 'uuid';
import type { LedgerService } from '../ledger/ledger.service.js';
import type { Clock } from '../platform/clock.js';
import type { Database } from '../platform/database.js';
import type { EventBus } from '../platform/event-bus.js';
import { logBackgroundFault } from '../platform/fault-log.js';
import type { Logger } from '../platform/logger.js';
import { createSweep } from '../platform/sweep.js';
import type { StreamsService } from '../streams/streams.service.js';
import { listDueShows, settleShow } from './settlement.queries.js';

/** How many tickets one statement gives back; it takes a tenth of a second, far from its time-out. */
const TICKETS_MAX = 100;
/** How often it is looked for shows that are overdue, and for what another process has left. */
const SWEEP_MS = 5000;

const MINUTE_MS = 60_000;

export type SettlerDeps = {
  database: Database;
  bus: EventBus;
  clock: Clock;
  logger: Logger;
  streams: Pick<StreamsService, 'endOverdue'>;
  ledger: Pick<LedgerService, 'noteMoved' | 'requireSound'>;
  showGraceMinutes: number;
};

/**
 * Gives the money of a show's tickets to its performer, or back, once the show has ended; and ends shows that did not
 * begin in time. Any number of processes may do this at once: the database lets one settle a show, and each ticket once.
 */
export const createShowSettler = (deps: SettlerDeps) => {
  const { database, bus, clock, logger, streams, ledger, showGraceMinutes } = deps;
  const underWay = new Map<string, Promise<void>>();
  let isStopping = false;

  /** Whether there may be more. */
  const settleSome = async (streamId: string): Promise<boolean> => {
    ledger.requireSound();
    const refundIds = Array.from({ length: TICKETS_MAX }, () => uuidv7());
    const settled = await settleShow(database, { streamId, refundIds, now: clock.now().toISOString() });
    const { outcome, performerId, holders } = settled;
    if (outcome === 'unchanged') return false;
    ledger.noteMoved(...holders, outcome === 'released' ? performerId : null);
    for (const userId of holders) bus.publish({ type: 'accessChanged', userId, streamId });
    if (outcome !== 'more') logger.info('Tickets settled', { streamId, outcome });
    return outcome === 'more';
  };

  /** What cannot be done now waits for the sweep. */
  const report = (streamId: string, error: unknown): void =>
    logBackgroundFault(logger, 'Tickets not settled', error, { streamId });

  const run = async (streamId: string): Promise<void> => {
    try {
      while (!isStopping && (await settleSome(streamId)));
    } catch (error) {
      report(streamId, error);
    }
  };

  /** One statement of a show at a time. Whatever made it due is in the database, where the next one reads it. */
  const settle = (streamId: string): Promise<void> => {
    const doing = (underWay.get(streamId) ?? Promise.resolve()).then(() => run(streamId));
    const done = doing.finally(() => {
      if (underWay.get(streamId) === done) underWay.delete(streamId);
    });
    underWay.set(streamId, done);
    return done;
  };

  /** Ends what is overdue, and settles what has ended. Throws DEPENDENCY_UNAVAILABLE. */
  const settleDue = async (): Promise<void> => {
    const dueBefore = new Date(clock.now().getTime() - showGraceMinutes * MINUTE_MS).toISOString();
    for (const { streamId, isOverdue } of await listDueShows(database, dueBefore)) {
      if (isStopping) return;
      if (isOverdue) {
        await streams.endOverdue(streamId, dueBefore).catch((error: unknown) => report(streamId, error));
      }
      await settle(streamId);
    }
  };

  const sweep = createSweep({
    work: settleDue,
    intervalMs: SWEEP_MS,
    logger,
    fault: 'Shows that are due not found',
  });
  let unsubscribe = () => {};
  return {
    settleDue: sweep.run,
    start: (): void => {
      unsubscribe = bus.subscribe((event) => {
        if (event.type === 'streamChanged') void settle(event.streamId);
      });
      sweep.start();
    },
    /** Ends after the statements that are under way. */
    stop: async (): Promise<void> => {
      isStopping = true;
      unsubscribe();
      await sweep.stop();
      await Promise.all(underWay.values());
      isStopping = false;
    },
  };
};
