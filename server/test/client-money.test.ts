import { type ErrorCode, idempotentProcedures } from '@versbottomlex/shared';
import { createClient, createMemoryTokenStore } from '@versbottomlex/shared/client';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { inputFieldsOf } from '../src/http/operations.js';
import { createFactories, type Factories } from './factories.js';
import { createTestApp, type TestApp } from './harness.js';
import { operations } from './transports.js';

let test: TestApp;
let given: Factories;
let url: string;
/** The idempotency key of each call that was sent, undefined for one without. */
let keys: (string | undefined)[];
/** What becomes of the next answers: lost on the way, or in its place a failure with this code. */
let mishaps: ('lost' | ErrorCode)[];

const failure = (appCode: ErrorCode) =>
  Response.json(
    [{ error: { message: appCode, code: -32_603, data: { code: appCode, httpStatus: 503, appCode } } }],
    {
      status: 503,
    },
  );

const unreliableFetch: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  if (!/payments\.(tip|topUp|buyAccess|requestPayout)/.test(String(input))) return response;
  const sent = JSON.parse(String(init?.body)) as Record<string, { idempotencyKey?: string }>;
  keys.push(...Object.values(sent).map(({ idempotencyKey }) => idempotencyKey));
  const mishap = mishaps.shift();
  if (mishap === undefined) return response;
  await response.arrayBuffer();
  if (mishap === 'lost') throw new TypeError('fetch failed');
  return failure(mishap);
};

/** A viewer with 50.00, and a performer to tip. */
const meet = async () => {
  const tokens = createMemoryTokenStore();
  const api = createClient({ url, tokens, fetch: unreliableFetch });
  await api.auth.register.mutate(given.registration());
  await api.payments.topUp.mutate({ amount: 5000 });
  const { user } = await given.performer();
  keys = [];
  return { api, performerId: user.id };
};

beforeAll(async () => {
  test = await createTestApp();
  given = createFactories(test);
  url = await test.app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => test.close());
beforeEach(() => {
  keys = [];
  mishaps = [];
});

it('sends each payment under a key of its own', async () => {
  const { api, performerId } = await meet();
  await api.payments.tip.mutate({ performerId, amount: 100 });
  await api.payments.tip.mutate({ performerId, amount: 100 });
  expect(keys).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), expect.stringMatching(/^[0-9a-f]{32}$/)]);
  expect(new Set(keys).size).toBe(2);
  expect(await api.payments.wallet.query()).toMatchObject({ balance: 4800 });
});

it('gives payments of one tick a key each', async () => {
  const { api, performerId } = await meet();
  await Promise.all([1, 2, 3].map(() => api.payments.tip.mutate({ performerId, amount: 100 })));
  expect(new Set(keys).size).toBe(3);
  expect(await api.payments.wallet.query()).toMatchObject({ balance: 4700 });
});

it('sends a payment again whose answer was lost, and it is charged once', async () => {
  const { api, performerId } = await meet();
  mishaps = ['lost', 'DEPENDENCY_UNAVAILABLE'];
  const { balance } = await api.payments.tip.mutate({ performerId, amount: 700 });
  expect(balance).toBe(4300);
  expect(keys).toHaveLength(3);
  expect(new Set(keys).size).toBe(1);
  expect(await api.payments.wallet.query()).toMatchObject({ balance: 4300 });
  expect((await api.payments.history.query({ type: 'tip' })).items).toHaveLength(1);
});

it('gives up after three attempts, and says under which key to go on', async () => {
  const { api, performerId } = await meet();
  mishaps = ['lost', 'lost', 'lost', 'lost'];
  const tip = { performerId, amount: 700 };
  const error = await api.payments.tip.mutate(tip).catch((cause: unknown) => cause);
  expect(error).toMatchObject({ message: 'fetch failed', meta: { idempotencyKey: keys[0] } });
  expect(keys).toHaveLength(3);

  mishaps = [];
  // The money has moved, whatever the answers said.
  expect(await api.payments.tip.mutate({ ...tip, idempotencyKey: keys[0] })).toMatchObject({ balance: 4300 });
});

it('does not send again what was refused', async () => {
  const { api, performerId } = await meet();
  await expect(api.payments.tip.mutate({ performerId, amount: 5001 })).rejects.toMatchObject({
    data: { appCode: 'INSUFFICIENT_FUNDS' },
  });
  expect(keys).toHaveLength(1);
});

it('keeps a key that its caller has chosen', async () => {
  const { api, performerId } = await meet();
  const input = { performerId, amount: 500, idempotencyKey: 'chosen-by-the-caller' };
  const first = await api.payments.tip.mutate(input);
  expect(await api.payments.tip.mutate(input)).toEqual(first);
  expect(keys).toEqual(['chosen-by-the-caller', 'chosen-by-the-caller']);
});

it('knows every procedure that takes a key', () => {
  const taking = operations.filter(({ input }) => 'idempotencyKey' in (inputFieldsOf(input) ?? {}));
  expect(taking.map(({ procedurePath }) => procedurePath).sort()).toEqual([...idempotentProcedures].sort());
});
