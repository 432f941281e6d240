import postgres from 'postgres';
import { afterAll, expect, inject, it } from 'vitest';
import { createTestDatabase } from '../../test/database.js';

const own = await createTestDatabase(inject('databaseServerUrl'));
const observer = postgres(own.url, { max: 1, onnotice: () => {} });
/** One connection, as when the rest of a pool is busy. */
const driver = postgres(own.url, { max: 1, onnotice: () => {} });
afterAll(async () => {
  await driver.end({ timeout: 1 });
  await observer.end();
  await own.drop();
});

const createGate = () => {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
};

// This is why a write is one statement here, and lint bans the driver's transactions (postgres issue 1216). Money moves
// least of all in one: a debit whose connection died would be committed by whoever has the next transaction, without its
// credit, and its caller would hear that it failed. Once this test fails, the driver is mended, and the ban can be
// thought over.
it('the driver still runs a statement of a dead transaction inside another one, and commits it', async () => {
  await observer`create table bleeding (what text)`;
  const [connectionIsDead, otherHasBegun, deadHasGoneOn] = [createGate(), createGate(), createGate()];

  const dead = driver.begin(async (transaction) => {
    await transaction`insert into bleeding values ('of the dead one, while it lived')`;
    const [backend] = await transaction<{ pid: number }[]>`select pg_backend_pid() as pid`;
    await observer`select pg_terminate_backend(${backend?.pid ?? 0}, 5000)`;
    connectionIsDead.open();
    await otherHasBegun.opened;
    const lateStatement = transaction`insert into bleeding values ('of the dead one, after its connection died')`;
    await lateStatement.catch(() => {});
    deadHasGoneOn.open();
  });
  const deadIsOver = dead.catch((error: unknown) => error);

  await connectionIsDead.opened;
  const other = driver.begin(async (transaction) => {
    await transaction`insert into bleeding values ('of the other one')`;
    otherHasBegun.open();
    await deadHasGoneOn.opened;
    throw new Error('the other one wants nothing of this kept');
  });
  await expect(other).rejects.toThrow();
  await deadIsOver;

  const survivors = await observer`select what from bleeding`;
  expect(survivors.map((row) => row.what)).toContain('of the dead one, after its connection died');
});
