import type { Clock } from '../platform/clock.js';
import type { Database } from '../platform/database.js';
import type { EventBus } from '../platform/event-bus.js';
import type { Logger } from '../platform/logger.js';
import { createAuditor } from './auditor.js';
import { createFoldLoop } from './fold-loop.js';

type Deps = { database: Database; bus: EventBus; clock: Clock; logger: Logger; auditIntervalMinutes: number };

/** The books behind every payment. */
export const createLedgerService = (deps: Deps) => {
  const folds = createFoldLoop(deps);
  const { audit, look, isSound, lastAudit, requireSound, ...auditor } = createAuditor(deps);
  /** Of each procedure, how often a request of it ended how. */
  const requests = new Map<string, Map<string, number>>();
  return {
    /** Throws PAYMENTS_HALTED while the last audit found a break. */
    requireSound,
    isSound,
    lastAudit,
    /** Proves the books now; undefined while another process does. */
    audit,
    /** Reads what the last audit of any process found, as every process does every few seconds. */
    look,
    /**
     * To be called after money has moved: the balances of busy accounts follow, and the devices of these users hear of it.
     * Null is the world outside.
     */
    noteMoved: (...userIds: (string | null)[]): void => {
      folds.soon();
      for (const userId of userIds) {
        if (userId !== null) deps.bus.publish({ type: 'walletChanged', userId });
      }
    },
    /** Counts a request that was let through: `ok`, or the code of why no money moved. */
    countRequest: (procedure: string, outcome: string): void => {
      const outcomes = requests.get(procedure) ?? new Map<string, number>();
      requests.set(procedure, outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1));
    },
    /** What was counted since the start of the process. */
    listRequests: () =>
      [...requests].flatMap(([procedure, outcomes]) =>
        [...outcomes].map(([outcome, count]) => ({ procedure, outcome, count })),
      ),
    start: (): void => {
      folds.start();
      auditor.start();
    },
    stop: async (): Promise<void> => {
      await auditor.stop();
      await folds.stop();
    },
  };
};

export type LedgerService = ReturnType<typeof createLedgerService>;
