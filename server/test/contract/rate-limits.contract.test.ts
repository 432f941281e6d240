import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectFailure } from '../answers.js';
import { createFactories, type Factories } from '../factories.js';
import { createTestApp, type TestApp } from '../harness.js';
import { sampleCalls } from '../sample-calls.js';
import { callOver, everyCall } from '../transports.js';

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
