import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createFactories, type Factories } from './factories.js';
import { createTestServices, type TestServices } from './services.js';

let test: TestServices;
let given: Factories;
beforeAll(async () => {
  test = await createTestServices();
  given = createFactories(test);
});
afterAll(() => test.close());

it('fills a wallet by balanced postings, however much it is to hold', async () => {
  const viewer = await given.account();
  await given.funds(viewer, 500);
  await given.funds(viewer, 250_000_001);
  const rows = await test.database.client.execute(sql`
    select
      (select balance::float from ledger_accounts where owner_id = ${viewer.user.id} and kind = 'wallet') as wallet,
      (select count(*)::int from payments where payee_id = ${viewer.user.id} and status = 'completed') as payments,
      (select count(*)::int from ledger_transactions where kind = 'top_up') as transactions,
      (select sum(amount)::float from ledger_entries where amount < 0) as clearing,
      (select max(balance_after)::float from ledger_entries where amount > 0) as last`);
  expect(rows).toEqual([
    { wallet: 250_000_501, payments: 4, transactions: 4, clearing: -250_000_501, last: 250_000_501 },
  ]);
});
