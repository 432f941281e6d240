import { expect, it } from 'vitest';
import { createTestConfig } from '../../test/harness.js';
import { failureOf, tally } from '../../test/outcome.js';
import { type CountedCall, createCallLimits } from './call-limits.js';
import { type Count, createOwnCounter } from './counter.js';

const HIGH = '1000000';

/** Limits of their own, and a way to send `count` calls that are alike. */
const limitsWith = (environment: Record<string, string>) => {
  const { requireCall } = createCallLimits(createOwnCounter, createTestConfig(environment).rateLimits);
  const shown: Count[] = [];
  const call = (given: Partial<CountedCall> = {}) =>
    requireCall({ address: '192.0.2.1', userId: undefined, isRead: true, ...given }, (count) =>
      shown.push(count),
    );
  const send = (count: number, given: Partial<CountedCall> = {}) =>
    tally(Array.from({ length: count }, () => call(given)));
  return { call, send, shown };
};

it('counts calls of one address together, whoever sends them', async () => {
  const { send } = limitsWith({ RATE_LIMIT_GLOBAL_PER_MINUTE: '5' });
  expect(await send(3)).toEqual({ ok: 3 });
  expect(await send(3, { userId: 'a' })).toEqual({ ok: 2, RATE_LIMITED: 1 });
  expect(await send(1, { address: '192.0.2.2' })).toEqual({ ok: 1 });
});

it('counts those who are signed out by address, and nobody who is signed in with them', async () => {
  const { send } = limitsWith({ RATE_LIMIT_ANONYMOUS_PER_MINUTE: '2' });
  expect(await send(3)).toEqual({ ok: 2, RATE_LIMITED: 1 });
  expect(await send(3, { userId: 'a' })).toEqual({ ok: 3 });
});

it('counts reads and writes of a user apart, from wherever they come', async () => {
  const { send } = limitsWith({ RATE_LIMIT_READS_PER_MINUTE: '3', RATE_LIMIT_WRITES_PER_MINUTE: '2' });
  expect(await send(2, { userId: 'a' })).toEqual({ ok: 2 });
  expect(await send(2, { userId: 'a', address: '192.0.2.2' })).toEqual({ ok: 1, RATE_LIMITED: 1 });
  expect(await send(3, { userId: 'a', isRead: false })).toEqual({ ok: 2, RATE_LIMITED: 1 });
  expect(await send(3, { userId: 'b' })).toEqual({ ok: 3 });
});

it.each([
  ['login', 'RATE_LIMIT_LOGINS_PER_MINUTE', { userId: undefined }, { address: '192.0.2.2' }],
  ['register', 'RATE_LIMIT_REGISTRATIONS_PER_HOUR', { userId: undefined }, { address: '192.0.2.2' }],
  ['recovery', 'RATE_LIMIT_RECOVERIES_PER_HOUR', { userId: undefined }, { address: '192.0.2.2' }],
  ['password', 'RATE_LIMIT_PASSWORDS_PER_HOUR', { userId: 'a' }, { userId: 'b' }],
  ['payout', 'RATE_LIMIT_PAYOUTS_PER_HOUR', { userId: 'a' }, { userId: 'b' }],
  ['tip', 'RATE_LIMIT_TIPS_PER_MINUTE', { userId: 'a' }, { userId: 'b' }],
] as const)('counts %s under %s too, for each apart', async (limit, name, one, another) => {
  const { send } = limitsWith({ [name]: '2' });
  expect(await send(3, { ...one, limit })).toEqual({ ok: 2, RATE_LIMITED: 1 });
  expect(await send(1, { ...one })).toEqual({ ok: 1 });
  expect(await send(2, { ...one, ...another, limit })).toEqual({ ok: 2 });
});

it('shows the limit that has the fewest calls left, and says when it starts anew', async () => {
  const { call, shown } = limitsWith({ RATE_LIMIT_GLOBAL_PER_MINUTE: HIGH, RATE_LIMIT_TIPS_PER_MINUTE: '1' });
  const tip = { userId: 'a', isRead: false, limit: 'tip' } as const;
  await call({ userId: 'a' });
  await call(tip);
  expect(shown.map(({ used, max }) => [used, max])).toEqual([
    [1, 1_000_000],
    [1, 1],
  ]);
  const { retryAfterMs = 0 } = await failureOf(call(tip));
  expect(retryAfterMs).toBeGreaterThan(59_000);
  expect(retryAfterMs).toBeLessThanOrEqual(60_000);
});

it('tells of the limit that lasts longest where several are reached', async () => {
  const { call } = limitsWith({ RATE_LIMIT_PASSWORDS_PER_HOUR: '1', RATE_LIMIT_WRITES_PER_MINUTE: '1' });
  const change = { userId: 'a', isRead: false, limit: 'password' } as const;
  await call(change);
  expect((await failureOf(call(change))).retryAfterMs).toBeGreaterThan(3_590_000);
});
