import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectFailure } from '../answers.js';
import { createFactories } from '../factories.js';
import { createTestApp, type TestApp } from '../harness.js';
import { type SampleCall, sampleCalls } from '../sample-calls.js';
import { callOver, type EveryCall, everyCall, operations, type ProcedurePath } from '../transports.js';

const moving = everyCall.filter(({ operation }) => operation.meta.movesMoney);
const others = everyCall.filter(({ path, operation }) => {
  return path.startsWith('payments.') && !operation.meta.movesMoney;
});

/** What may be changed all the same: no money moves by it. */
const changesNoMoney = ['payments.clearGoal', 'payments.setGoal', 'payments.setSpendingLimit'];

describe('while an audit found the ledger broken', () => {
  let test: TestApp;
  const samples = {} as Record<ProcedurePath, SampleCall>;
  const call = ({ transport, operation, path }: EveryCall) => {
    const { owner, input } = samples[path];
    return callOver(test.app, transport, operation, input, { as: owner });
  };

  beforeAll(async () => {
    test = await createTestApp();
    const given = createFactories(test);
    const paths = new Set([...moving, ...others].map(({ path }) => path));
    for (const path of paths) samples[path] = await sampleCalls[path](given);
    await given.funds(await given.account(), 500);
    await test.database.client.execute(sql`
      update ledger_accounts set balance = balance + 1 where kind = 'wallet'`);
    await test.services.ledger.audit();
  });
  afterAll(() => test.close());

  it.each(moving)('$path over $transport moves no money', async (one) => {
    const answer = await call(one);
    expectFailure(one.transport, answer, 'PAYMENTS_HALTED');
    expect(answer.status).toBe(503);
    expect(answer.failure?.retryAfterMs).toBe(60_000);
    if (one.transport === 'REST') expect(answer.headers['retry-after']).toBe('60');
  });

  it.each(others)('$path over $transport goes on', async (one) => {
    expect((await call(one)).status).toBe(one.operation.meta.successStatus ?? 200);
  });

  it('the server is not ready, and says why', async () => {
    const answer = await test.app.inject('/health/ready');
    expect([answer.statusCode, answer.json()]).toEqual([
      503,
      { status: 'unavailable', checks: { database: 'ok', ledger: 'broken' } },
    ]);
  });

  it('the metrics count the breaks', async () => {
    const text = (await test.app.inject('/metrics')).body;
    expect(text).toMatch(/^ledger_breaks [1-9]/m);
  });
});

it('every payment procedure that changes something moves money, but for those that are named', () => {
  const changing = operations.filter(
    ({ procedurePath, type, meta }) =>
      procedurePath.startsWith('payments.') && type === 'mutation' && !meta.movesMoney,
  );
  expect(changing.map(({ procedurePath }) => procedurePath).sort()).toEqual(changesNoMoney);
  expect(new Set(moving.map(({ path }) => path)).size).toBeGreaterThan(5);
});
