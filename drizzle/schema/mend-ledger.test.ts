import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { projectDirectory } from '../../server/src/config.js';
import { openModel } from '../../server/test/model.js';

const model = await openModel();
afterAll(model.close);

const now = '2026-03-10T12:00:00.000Z';
const run = async (statement: string) => (await model.query(sql.raw(statement)))[0] ?? {};

/** The statements that docs/mend-the-ledger.md gives, which hold `text`, with the examples in them replaced. */
const instruction = (text: string, replaced: Record<string, string | number>): string => {
  const page = readFileSync(join(projectDirectory, 'docs/mend-the-ledger.md'), 'utf8');
  const [, block = expect.fail(`docs/mend-the-ledger.md says nothing of ${text}`)] = page
    .split(/^ *```sql$|^ *```$/m)
    .flatMap((part, place) => (part.includes(text) && place % 2 === 1 ? ['', part] : []));
  return Object.entries(replaced).reduce(
    (written, [example, value]) => written.replaceAll(example, String(value)),
    block.replace(/BEGIN;|COMMIT;/g, ''),
  );
};

const broken = async (): Promise<string[]> => {
  const { breaks } = await run('select breaks from audit_ledger()');
  return [...new Set((breaks as { invariant: string }[]).map(({ invariant }) => invariant))].sort();
};
const account = async (
  kind: string,
  owner: string | null,
  provider: string | null = null,
): Promise<number> => {
  const [row] = await model.query(
    sql`select ledger_account(${kind}, ${owner}, null, ${provider}, 'USD')::int as id`,
  );
  return Number(row?.id);
};
const holds = async (id: number) =>
  (await run(`select balance::int from ledger_accounts where id = ${id}`)).balance;

let payer: string;
let performer: string;
let wallet: number;
const fill = async (amount: number) => {
  const id = uuidv7();
  await run(`insert into payments (id, type, status, payee_id, amount, currency, completed_at)
    values ('${id}', 'top_up', 'completed', '${payer}', ${amount}, 'USD', '${now}')`);
  const card = await account('clearing', null, 'sandbox');
  await run(`select post_transaction('top_up', '${id}', null, array[${card}, ${wallet}],
    array[-${amount}, ${amount}]::bigint[], '${now}')`);
};
const tip = async (amount: number): Promise<string> => {
  const id = uuidv7();
  const { outcome } =
    await run(`select outcome from send_tip('${id}', '${payer}', null, '${performer}', ${amount}, null, null,
    false, false, 'USD', 2000, null, null, '${now}')`);
  expect(outcome).toBe('completed');
  return id;
};

beforeEach(async () => {
  payer = await model.addUser();
  performer = await model.addUser({ role: 'performer', isVerified: true });
  wallet = await account('wallet', payer);
  await fill(1000);
  expect(await broken()).toEqual([]);
});

it('a balance that was written, and all that was told of it since', async () => {
  await run(`update ledger_accounts set balance = balance + 5000 where id = ${wallet}`);
  await tip(300);
  await fill(100);
  expect(await broken()).toEqual(['balance', 'wallet_history']);
  await run(instruction('SET balance_after', { 42: wallet }));
  expect(await broken()).toEqual([]);
  expect(await holds(wallet)).toBe(800);
});

it('a wallet that has spent what was not there, with money of the platform', async () => {
  await run(`update ledger_accounts set balance = balance + 500 where id = ${wallet}`);
  await tip(1500);
  const mend = instruction('SET balance_after', { 42: wallet });
  await expect(run(mend)).rejects.toThrow();
  const bank = await account('clearing', null, 'bank');
  const given = { 'ARRAY[3, 42]': `ARRAY[${bank}, ${wallet}]`, '<new id>': uuidv7(), '<user id>': payer };
  await run(instruction("'top_up'", given));
  await run(mend);
  expect(await broken()).toEqual([]);
  expect(await holds(wallet)).toBe(0);
});

it('a status that was written', async () => {
  const id = await tip(300);
  await run(`update payments set status = 'refunded' where id = '${id}'`);
  expect(await broken()).toEqual(['refund_agrees']);
  await run(instruction('payments_guard_facts', { '<payment id>': id }));
  expect(await broken()).toEqual([]);
});

it('a tip that went elsewhere', async () => {
  const id = uuidv7();
  await run(`insert into payments (id, type, status, payer_id, payee_id, amount, fee, currency, completed_at)
    values ('${id}', 'tip', 'completed', '${payer}', '${performer}', 300, 60, 'USD', '${now}')`);
  const revenue = await account('revenue', null);
  const earnings = await account('earnings', performer);
  await run(`select post_transaction('tip', '${id}', null, array[${wallet}, ${earnings}, ${revenue}],
    array[-300, 290, 10]::bigint[], '${now}')`);
  expect(await broken()).toEqual(['entries_agree']);
  const accounts = {
    '[7, 12, 3]': `[${wallet}, ${earnings}, ${revenue}]`,
    '[12, 3]': `[${earnings}, ${revenue}]`,
  };
  await run(instruction("'correction'", { ...accounts, '<payment id>': id }));
  expect(await broken()).toEqual([]);
});
