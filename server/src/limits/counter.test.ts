import { expect, it } from 'vitest';
import { createOwnCounter } from './counter.js';

it('counts each key apart, takes back and forgets', async () => {
  const counter = createOwnCounter('test', 3, 60);
  const add = async (key: string) => (await counter.add(key)).used;
  expect([await add('a'), await add('a'), await add('b')]).toEqual([1, 2, 1]);
  await counter.takeBack('a');
  expect(await add('a')).toBe(2);
  await counter.forget('a');
  expect(await add('a')).toBe(1);
});

it('says how much there is, and when it starts anew', async () => {
  const { used, max, resetsInMs } = await createOwnCounter('test', 3, 60).add('a');
  expect([used, max]).toEqual([1, 3]);
  expect(resetsInMs).toBeGreaterThan(59_000);
  expect(resetsInMs).toBeLessThanOrEqual(60_000);
});

it('does not grow with the number of keys: the longest silent ones start anew', async () => {
  const counter = createOwnCounter('test', 3, 60);
  await counter.add('first');
  await counter.add('second');
  for (let key = 0; key < 99_999; key++) await counter.add(String(key));
  expect((await counter.add('second')).used).toBe(2);
  expect((await counter.add('first')).used).toBe(1);
});
