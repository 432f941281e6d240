import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { projectDirectory } from '../server/src/config.js';
import { createFactories } from '../server/test/factories.js';
import { createTestServices, type TestServices } from '../server/test/services.js';

let platform: TestServices;
beforeAll(async () => {
  platform = await createTestServices();
  const given = createFactories(platform);
  await given.funds(await given.account(), 500);
});
afterAll(() => platform.close());

/** Runs the script as npm does, on the database of the test. */
const audit = async () => {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--conditions=source', 'scripts/ledger-audit.ts'],
    {
      cwd: projectDirectory,
      env: { PATH: process.env.PATH, NODE_ENV: 'test', DATABASE_URL: platform.databaseUrl },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const closed = once(child, 'close');
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await closed;
  return { code, output, errors };
};
const shift = (by: number) =>
  platform.database.client.execute(
    sql`update ledger_accounts set balance = balance + ${by} where kind = 'wallet'`,
  );

it('ends with 0 where the ledger is sound, and with 1 and every break where it is not, which halts servers', async () => {
  const sound = await audit();
  expect(sound).toMatchObject({ code: 0, errors: '' });
  expect(sound.output).toMatch(/^The ledger is sound: 2 entries, audited in \d+\.\d s\.\n$/);

  await shift(5);
  const broken = await audit();
  expect(broken.code).toBe(1);
  expect(broken.output).toMatch(
    /^balance {2}wallet account \d+: it holds 505, and its entries add up to 500\nThe ledger is broken: 1 break in 2 entries\. Payments are halted\.\n$/,
  );
  await platform.services.ledger.look();
  expect(platform.services.ledger.isSound()).toBe(false);

  await shift(-5);
  expect((await audit()).code).toBe(0);
  await platform.services.ledger.look();
  expect(platform.services.ledger.isSound()).toBe(true);
});
