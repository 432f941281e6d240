import type { Database } from '../platform/database.js';
import { foldLedger } from './ledger.queries.js';

/** How long entries wait for others to be folded with them. */
const GATHER_MS = 100;
/** How often it is looked for what another process has left, and how soon after a failure. */
const SWEEP_MS = 5000;
/** So that a statement stays far below its time-out, whatever has piled up. */
const ENTRIES_MAX = 5000;

/** Keeps the balances of accounts up to date that many payments go into at once. One statement at a time. */
export const createFoldLoop = ({ database }: { database: Database }) => {
  let timer: NodeJS.Timeout | undefined;
  let folding: Promise<void> | undefined;
  let isStarted = false;
  /** Whether something was written here that no fold which began later has taken. */
  let isDue = false;

  const foldAll = async (): Promise<void> => {
    try {
      do isDue = false;
      while (isStarted && (await foldLedger(database, ENTRIES_MAX)) === ENTRIES_MAX);
    } catch {
      // What cannot be folded waits where it is, and the sweep comes back to it.
      isDue = false;
    }
  };

  const schedule = (delayMs: number): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      folding = foldAll().then(() => {
        folding = undefined;
        if (isStarted) schedule(isDue ? GATHER_MS : SWEEP_MS);
      });
    }, delayMs).unref();
  };

  return {
    start: (): void => {
      isStarted = true;
      isDue = true;
      schedule(GATHER_MS);
    },
    /** To be called after entries were written here. */
    soon: (): void => {
      if (isDue || !isStarted) return;
      isDue = true;
      // A fold that is under way may not have seen them, and looks at `isDue` when it ends.
      if (!folding) schedule(GATHER_MS);
    },
    stop: async (): Promise<void> => {
      isStarted = false;
      clearTimeout(timer);
      await folding;
    },
  };
};
