import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createFactories } from '../../test/factories.js';
import { createTestServices } from '../../test/services.js';
import { AppError } from '../platform/app-error.js';
import { createClosedAccounts } from './closed-accounts.js';

const platform = await createTestServices();
const { database, clock, logs } = platform;
const given = createFactories(platform);
afterAll(platform.close);

let isHalted = false;
let noted = 0;
const ledger = {
  requireSound: () => {
    if (isHalted) throw new AppError('PAYMENTS_HALTED');
  },
  noteMoved: () => {
    noted += 1;
  },
};
let closedAccounts: ReturnType<typeof createClosedAccounts>;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  closedAccounts = createClosedAccounts({ ...platform, ledger });
  closedAccounts.start();
  isHalted = false;
  noted = 0;
});
afterEach(async () => {
  await closedAccounts.stop();
  vi.useRealTimers();
});

const leftovers = async (): Promise<number> => {
  const [row] = await database.client.execute<{ amount: number }>(sql`
    select coalesce(sum(balance), 0)::int as amount from ledger_accounts join users on users.id = owner_id
    where deleted_at is not null`);
  return row?.amount ?? Number.NaN;
};
/** An account into which money came after it was deleted. */
const addLeftover = async (amount: number): Promise<string> => {
  const account = await given.account();
  await given.deleted(account);
  await given.funds(account, amount);
  return account.user.id;
};
const sweep = async () => {
  vi.advanceTimersByTime(10_000);
  await closedAccounts.stop();
  closedAccounts.start();
};

it('gives up within 10 s what came after a deletion, and says so in the log', async () => {
  const userId = await addLeftover(700);
  await given.funds(await given.account(), 500);
  await sweep();
  expect([await leftovers(), noted]).toEqual([0, 1]);
  expect(logs.at(-1)).toMatchObject({ level: 'INFO', data: { userId, amount: 700 } });
});

it('finds what comes long after, when it looks at everybody', async () => {
  await sweep();
  await addLeftover(700);
  clock.advance(11 * 60);
  await sweep();
  expect(await leftovers()).toBe(700);
  await closedAccounts.settleAll();
  expect(await leftovers()).toBe(0);
});

it('moves nothing while the ledger is out of balance, and does it afterwards', async () => {
  await addLeftover(700);
  isHalted = true;
  await sweep();
  expect(await leftovers()).toBe(700);
  isHalted = false;
  await sweep();
  expect(await leftovers()).toBe(0);
});
