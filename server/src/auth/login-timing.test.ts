import { users } from '@versbottomlex/database';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { failureOf } from '../../test/outcome.js';
import { userRow } from '../../test/rows.js';
import { scaled } from '../../test/scale.js';
import { createTestServices, type TestServices } from '../../test/services.js';
import { createPasswordHasher } from '../platform/password-hasher.js';

/** Of each kind; what a bound of 4.5 says of 500 and 500 is that nobody can tell the means apart. */
const LOGINS = scaled({ quick: 40, full: 500 });
const WELCH_T_MAX = 4.5;

let platform: TestServices;
/** Each is tried once, so that what slows down repeated failures has no part in it. */
const known: string[] = [];
beforeAll(async () => {
  const passwords = createPasswordHasher();
  platform = await createTestServices({ passwords });
  const passwordHash = await passwords.hash('a passphrase of the tests');
  const rows = Array.from({ length: LOGINS }, () => userRow({ passwordHash }));
  await platform.database.client.insert(users).values(rows);
  known.push(...rows.map(({ username }) => username ?? expect.fail()));
});
afterAll(() => platform.close());

const timeOf = async (username: string): Promise<number> => {
  const input = { username, password: 'a passphrase that is wrong' };
  const begun = performance.now();
  const failure = await failureOf(
    platform.services.auth.login(input, { address: '127.0.0.1', userAgent: 'tests' }),
  );
  const tookMs = performance.now() - begun;
  expect(failure.code).toBe('INVALID_CREDENTIALS');
  return tookMs;
};

const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const varianceOfMean = (values: number[]): number => {
  const middle = mean(values);
  return mean(values.map((value) => (value - middle) ** 2)) / (values.length - 1);
};
const welchT = (one: number[], other: number[]): number =>
  (mean(one) - mean(other)) / Math.sqrt(varianceOfMean(one) + varianceOfMean(other));

it('a login takes no longer or shorter for a name that nobody has', { timeout: 600_000 }, async () => {
  const strangers = known.map((name) => `${name.slice(0, -1)}_`);
  for (const name of ['warm_up_1', 'warm_up_2', 'warm_up_3']) await timeOf(name);
  const tookMs: { known: number[]; unknown: number[] } = { known: [], unknown: [] };
  for (const [place, name] of known.entries()) {
    // By turns who is first, because the machine slows down and speeds up again.
    const turns = ['known', 'unknown'] as const;
    for (const kind of place % 2 === 0 ? turns : turns.toReversed()) {
      tookMs[kind].push(await timeOf(kind === 'known' ? name : (strangers[place] ?? expect.fail())));
    }
  }
  expect(Math.abs(welchT(tookMs.known, tookMs.unknown))).toBeLessThan(WELCH_T_MAX);
});
