import postgres from 'postgres';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../database.js';

let own: TestDatabase;
let observer: postgres.Sql;
beforeAll(async () => {
  own = await createTestDatabase(inject('databaseServerUrl'));
  observer = postgres(own.url, { max: 1 });
  await observer`create table notes (who text)`;
});
afterAll(async () => {
  await observer.end();
  await own.drop();
});

const isGone = async (pid: number): Promise<boolean> =>
  (await observer`select from pg_stat_activity where pid = ${pid}`).length === 0;

/** A promise, and what settles it. */
const signal = () => {
  let fire = () => {};
  const fired = new Promise<void>((resolve) => {
    fire = resolve;
  });
  return { fire: () => fire(), fired };
};

/**
 * Why a write of ours is one statement and never a transaction over several: this driver can carry a statement of a
 * transaction whose connection has died into another's. When this fails, the driver has been mended.
 */
test('the driver commits a statement of a dead transaction inside the next one on its connection', async () => {
  const driver = postgres(own.url, { max: 1, onnotice: () => {} });
  const [first, second] = [signal(), signal()];
  const [isFirstOpen, isFirstDone, isSecondOpen] = [signal(), signal(), signal()];
  let firstPid = 0;

  const firstTransaction = driver
    .begin(async (sql) => {
      firstPid = (await sql`select pg_backend_pid() as pid`)[0]?.pid;
      isFirstOpen.fire();
      await first.fired;
      await sql`insert into notes values ('of the dead transaction')`;
      isFirstDone.fire();
    })
    .catch(() => {});
  await isFirstOpen.fired;
  await observer`select pg_terminate_backend(${firstPid})`;
  await expect.poll(() => isGone(firstPid)).toBe(true);

  const secondTransaction = driver
    .begin(async (sql) => {
      await sql`insert into notes values ('of the other transaction')`;
      isSecondOpen.fire();
      await second.fired;
      throw new Error('wants nothing of this to be kept');
    })
    .catch(() => {});
  await isSecondOpen.fired;
  first.fire();
  await isFirstDone.fired;
  second.fire();
  await Promise.all([firstTransaction, secondTransaction]);
  await driver.end({ timeout: 1 });

  const kept = await observer`select who from notes order by who`;
  expect(kept.map(({ who }) => who)).toEqual(['of the dead transaction', 'of the other transaction']);
});
