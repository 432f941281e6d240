import type { LedgerService } from '../ledger/ledger.service.js';
import { addSeconds, type Clock } from '../platform/clock.js';
import type { Database } from '../platform/database.js';
import type { Logger } from '../platform/logger.js';
import { createSweep } from '../platform/sweep.js';
import { forfeitLeftovers, listLeftovers } from './closed-accounts.queries.js';

const SWEEP_MS = 10_000;
/** No payment takes this long, so that one that crossed with a deletion is found soon after. */
const RECENT_SECONDS = 600;
/** What reaches an account long after is found by looking at all of them now and then. */
const SWEEPS_BETWEEN_ALL = 360;
const EVER_SINCE = '-infinity';
/** Of users, a sweep. */
const LEFTOVERS_MAX = 100;

type Deps = {
  database: Database;
  clock: Clock;
  logger: Logger;
  ledger: Pick<LedgerService, 'requireSound' | 'noteMoved'>;
};

/** Gives up what reaches the accounts of deleted users, so that no money is left with nobody. */
export const createClosedAccounts = ({ database, clock, logger, ledger }: Deps) => {
  let sweeps = 0;

  /** Settles the accounts of those who were deleted since then, at most {@link LEFTOVERS_MAX}. */
  const settle = async (deletedSince: string): Promise<void> => {
    ledger.requireSound();
    const now = clock.now().toISOString();
    for (const userId of await listLeftovers(database, { deletedSince, limit: LEFTOVERS_MAX })) {
      const amount = await forfeitLeftovers(database, { userId, now });
      if (amount === 0) continue;
      ledger.noteMoved();
      logger.info('Money of a deleted account forfeited', { userId, amount });
    }
  };

  const settleRecent = (): Promise<void> => {
    const isOfAll = sweeps % SWEEPS_BETWEEN_ALL === 0;
    sweeps += 1;
    return settle(isOfAll ? EVER_SINCE : addSeconds(clock.now(), -RECENT_SECONDS).toISOString());
  };

  const { start, stop } = createSweep({
    work: settleRecent,
    intervalMs: SWEEP_MS,
    logger,
    fault: 'Accounts of deleted users not settled',
  });
  return { settleAll: () => settle(EVER_SINCE), start, stop };
};
