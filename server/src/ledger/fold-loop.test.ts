import { ledgerPending } from '@versbottomlex/database';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { createFactories } from '../../test/factories.js';
import { holdTransaction } from '../../test/held-transaction.js';
import { createTestServices } from '../../test/services.js';
import { databaseUnavailable } from '../platform/database-errors.js';
import { createFoldLoop } from './fold-loop.js';

const platform = await createTestServices();
const { database, databaseUrl } = platform;
const given = createFactories(platform);
const waitingCount = () => database.client.$count(ledgerPending);
let loop = createFoldLoop({ database });
afterEach(async () => {
  await loop.stop();
  vi.useRealTimers();
});
afterAll(platform.close);

/** Below the sweep, so that what is folded within it was not found by chance. */
const timeout = 3000;

it('folds what was left before the start, and what is written later, soon', async () => {
  await given.funds(await given.account(), 500);
  expect(await waitingCount()).toBe(1);
  loop = createFoldLoop({ database });
  loop.start();
  await expect.poll(waitingCount, { timeout }).toBe(0);
  await given.funds(await given.account(), 500);
  loop.soon();
  await expect.poll(waitingCount, { timeout }).toBe(0);
});

it('folds what is written while a fold is under way that does not see it', async () => {
  await given.funds(await given.account(), 500);
  const busy = await holdTransaction(databaseUrl, 'select from ledger_accounts for update');
  loop = createFoldLoop({ database });
  loop.start();
  await busy.untilWaitedFor();
  const late = holdTransaction(databaseUrl, 'insert into ledger_pending values (1, 1, 1), (1, 2, -1)');
  await (await late).commit();
  loop.soon();
  await busy.commit();
  await expect.poll(waitingCount, { timeout }).toBe(0);
});

it('folds nothing any more once it is stopped, and stops when what is under way has ended', async () => {
  await given.funds(await given.account(), 500);
  const busy = await holdTransaction(databaseUrl, 'select from ledger_accounts for update');
  loop = createFoldLoop({ database });
  loop.start();
  await busy.untilWaitedFor();
  let hasStopped = false;
  const stopping = loop.stop().then(() => {
    hasStopped = true;
  });
  loop.soon();
  expect([hasStopped, await waitingCount()]).toEqual([false, 1]);
  await busy.commit();
  await stopping;
  expect(await waitingCount()).toBe(0);
});

it('asks a database that is away every few seconds, however much is written', async () => {
  vi.useFakeTimers();
  let asked = 0;
  const run = async () => {
    asked += 1;
    throw databaseUnavailable();
  };
  loop = createFoldLoop({ database: { ...database, run } });
  loop.start();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(asked).toBe(4);
  for (let written = 0; written < 1000; written += 1) loop.soon();
  await vi.advanceTimersByTimeAsync(1000);
  expect(asked).toBe(5);
});
