import { expect, it } from 'vitest';
import { failureOf, tally } from '../../test/outcome.js';
import { createOwnCounter } from '../limits/counter.js';
import { createSendLimit } from './send-limit.js';

const viewer = async () => true;
const moderator = async () => false;
const times = <T>(count: number, call: () => T): T[] => Array.from({ length: count }, call);

it('lets a viewer send as many as viewers may, and says when to come back', async () => {
  const limit = createSendLimit({
    limits: { createCounter: createOwnCounter },
    viewerMax: 3,
    moderatorMax: 5,
  });
  expect(await tally(times(7, () => limit.require('a', viewer)))).toEqual({ ok: 3, RATE_LIMITED: 4 });
  const { retryAfterMs = 0 } = await failureOf(limit.require('a', viewer));
  expect(retryAfterMs).toBeGreaterThan(0);
  expect(retryAfterMs).toBeLessThanOrEqual(30_000);
});

it('lets a moderator send as many as moderators may', async () => {
  const limit = createSendLimit({
    limits: { createCounter: createOwnCounter },
    viewerMax: 3,
    moderatorMax: 5,
  });
  expect(await tally(times(7, () => limit.require('a', moderator)))).toEqual({ ok: 5, RATE_LIMITED: 2 });
});

it('counts each user apart', async () => {
  const limit = createSendLimit({
    limits: { createCounter: createOwnCounter },
    viewerMax: 1,
    moderatorMax: 1,
  });
  const calls = ['a', 'b', 'c'].map((userId) => limit.require(userId, viewer));
  expect(await tally(calls)).toEqual({ ok: 3 });
});

it('asks for the role only beyond what everybody may send', async () => {
  const limit = createSendLimit({
    limits: { createCounter: createOwnCounter },
    viewerMax: 2,
    moderatorMax: 5,
  });
  let asked = 0;
  const role = async () => {
    asked += 1;
    return false;
  };
  await Promise.all(times(2, () => limit.require('a', role)));
  expect(asked).toBe(0);
  await limit.require('a', role);
  expect(asked).toBe(1);
});
