import type { Database } from '../platform/database.js';
import { foldLedger } from './ledger.queries.js';

/** How long entries wait for others to be folded with them. */
const GATHER_MS = 100;
/** How often it is looked for what another process has left. */
const SWEEP_MS = 5000;
const ENTRIES_MAX = 5000;

/** Keeps the balances of accounts up to date that many payments go into at once. */
export const createFoldLoop = ({ database }: { database: Database }) => {
  let timer: NodeJS.Timeout | undefined;
  let folding: Promise<void> | undefined;
  let isStarted = false;
  /** Whether a fold is due within GATHER_MS; what is written meanwhile goes with it. */
  let isSoon = false;
  /** Whether something was written while a fold was under way, which may not have seen it. */
  let isMissed = false;

  const foldAll = async (): Promise<void> => {
    while ((await foldLedger(database, ENTRIES_MAX)) === ENTRIES_MAX) {
      // There are more.
    }
  };

  const schedule = (delayMs: number) => {
    clearTimeout(timer);
    isSoon = delayMs === GATHER_MS;
    timer = setTimeout(() => {
      isSoon = false;
      // What cannot be folded now waits where it is.
      folding = foldAll()
        .catch(() => {})
        .finally(() => {
          folding = undefined;
          if (isStarted) schedule(isMissed ? GATHER_MS : SWEEP_MS);
          isMissed = false;
        });
    }, delayMs).unref();
  };

  return {
    start: (): void => {
      isStarted = true;
      schedule(GATHER_MS);
    },
    /** To be called after entries were written here. */
    soon: (): void => {
      if (folding) isMissed = true;
      else if (isStarted && !isSoon) schedule(GATHER_MS);
    },
    stop: async (): Promise<void> => {
      isStarted = false;
      clearTimeout(timer);
      await folding;
    },
  };
};
