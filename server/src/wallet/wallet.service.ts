import type { SetSpendingLimitInput, SpendingLimit, Wallet, WalletFeedEvent } from '@versbottomlex/shared';
import type { Identity } from '../auth/identity.js';
import type { LedgerService } from '../ledger/ledger.service.js';
import type { Clock } from '../platform/clock.js';
import type { Database } from '../platform/database.js';
import type { EventBus } from '../platform/event-bus.js';
import type { Feed } from '../platform/feed.js';
import type { Logger } from '../platform/logger.js';
import { createClosedAccounts } from './closed-accounts.js';
import { findSpendingLimit, setSpendingLimit } from './spending-limit.queries.js';
import { listStandings, readWallet } from './wallet.queries.js';
import { createWalletFeed } from './wallet-feed.js';

type Deps = {
  database: Database;
  bus: EventBus;
  clock: Clock;
  logger: Logger;
  ledger: Pick<LedgerService, 'requireSound' | 'noteMoved'>;
  currency: string;
  /** How long earnings are held before they may be paid out. */
  holdDays: number;
};

/** tRPC's types allow a call without a signal; none of our transports makes one. */
const neverAborted = new AbortController().signal;

/** What users hold, and how much of it they let themselves spend. */
export const createWalletService = (deps: Deps) => {
  const { database, bus, clock, logger, currency, holdDays } = deps;
  const now = () => clock.now().toISOString();
  const read = (userId: string) => readWallet(database, { userId, currency, holdDays, now: now() });
  const feed = createWalletFeed({
    bus,
    logger,
    source: { read, listStandings: (userIds) => listStandings(database, { userIds, currency }) },
  });
  const closedAccounts = createClosedAccounts(deps);
  const limitOf = (userId: string) => findSpendingLimit(database, { userId, currency, now: now() });

  return {
    /** With `earnings` for performers, and for whoever ever earned something. */
    get: async ({ userId }: Identity): Promise<Wallet> => (await read(userId)).wallet,

    /** The own wallet, then once after every change of it. */
    follow: ({ userId }: Identity, signal: AbortSignal = neverAborted): Promise<Feed<WalletFeedEvent>> =>
      feed.follow(userId, signal),
    followerCount: feed.followerCount,

    getSpendingLimit: ({ userId }: Identity): Promise<SpendingLimit> => limitOf(userId),

    /** A lower limit holds at once, a higher one or none a day later. */
    setSpendingLimit: async (
      { userId }: Identity,
      { dailyAmount }: SetSpendingLimitInput,
    ): Promise<SpendingLimit> => {
      await setSpendingLimit(database, { userId, dailyAmount, currency, now: now() });
      return limitOf(userId);
    },

    /** Gives up what deleted accounts hold. */
    settleClosedAccounts: closedAccounts.settleAll,
    start: closedAccounts.start,
    stop: closedAccounts.stop,
  };
};

export type WalletService = ReturnType<typeof createWalletService>;
