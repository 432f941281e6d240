import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectFailure } from '../answers.js';
import { createFactories, type Factories } from '../factories.js';
import { createTestApp, type TestApp } from '../harness.js';
import { highLimits } from '../high-limits.js';
import { sampleCalls } from '../sample-calls.js';
import { callOver, everyCall, type ProcedurePath } from '../transports.js';

let test: TestApp;
let given: Factories;

beforeAll(async () => {
  test = await createTestApp({ environment: { RATE_LIMIT_GLOBAL_PER_MINUTE: '1' } });
  given = createFactories(test);
  await test.app.inject('/api/streams');
});
afterAll(() => test.close());

describe.each(everyCall)('$path over $transport', ({ transport, operation }) => {
  it('answers 429 to an address that has called too often', async () => {
    const { owner, input } = await sampleCalls[operation.procedurePath](given);
    const answer = await callOver(test.app, transport, operation, input, { as: owner });
    expectFailure(transport, answer, 'RATE_LIMITED');
    expect(answer.headers).toMatchObject({ 'ratelimit-limit': '1', 'ratelimit-remaining': '0' });
    expect(Number(answer.headers['ratelimit-reset'])).toBeGreaterThan(0);
  });
});

/** By procedure: the tightest limit that a call of it counts under where nothing is set, as the contract has it. */
const defaults: Partial<Record<ProcedurePath, number>> = {
  'streams.list': 300,
  'auth.register': 30,
  'auth.login': 10,
  'auth.requestPasswordReset': 10,
  'auth.me': 600,
  'users.update': 120,
  'auth.changePassword': 5,
  'payments.requestPayout': 5,
  'payments.tip': 30,
};

describe('where no limit is set', () => {
  let unset: TestApp;
  let unsetGiven: Factories;
  beforeAll(async () => {
    const environment = Object.fromEntries(Object.keys(highLimits).map((name) => [name, '']));
    unset = await createTestApp({ environment });
    unsetGiven = createFactories(unset);
  });
  afterAll(() => unset.close());

  const calls = everyCall.filter(({ path }) => defaults[path] !== undefined);

  it.each(calls)('$path over $transport shows the tightest that it counts under', async (call) => {
    const { transport, operation, path } = call;
    const { owner, input } = await sampleCalls[path](unsetGiven);
    const as = operation.meta.access === 'public' ? undefined : owner;
    const answer = await callOver(unset.app, transport, operation, input, { as });
    expect(answer.failure).toBeUndefined();
    expect(answer.headers['ratelimit-limit']).toBe(String(defaults[path]));
    expect(Number(answer.headers['ratelimit-remaining'])).toBeLessThan(Number(defaults[path]));
    expect(Number(answer.headers['ratelimit-reset'])).toBeGreaterThan(0);
  });
});
