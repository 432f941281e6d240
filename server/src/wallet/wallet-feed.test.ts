import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createEventBus } from '../platform/event-bus.js';
import { FeedStart } from '../platform/feed.js';
import { createLogger } from '../platform/logger.js';
import { createWalletFeed } from './wallet-feed.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A feed of wallets in memory, whose readings take 10 ms, and how many of them there were. */
const open = () => {
  const bus = createEventBus();
  const logger = createLogger('ERROR', () => {});
  const held = new Map<string, number>();
  const seen = { reads: 0, readsAtOnce: 0, readsAtOnceMax: 0, polls: 0, isAway: false };
  const balanceOf = (userId: string) => held.get(userId) ?? 0;
  const read = async (userId: string) => {
    seen.reads += 1;
    seen.readsAtOnce += 1;
    seen.readsAtOnceMax = Math.max(seen.readsAtOnceMax, seen.readsAtOnce);
    const balance = balanceOf(userId);
    await new Promise((resolve) => setTimeout(resolve, 10));
    seen.readsAtOnce -= 1;
    if (seen.isAway) throw new Error('away');
    return { wallet: { balance, currency: 'USD' }, standing: String(balance) };
  };
  const listStandings = async (userIds: string[]) => {
    seen.polls += 1;
    if (seen.isAway) throw new Error('away');
    return userIds.map((userId) => ({ userId, standing: String(balanceOf(userId)) }));
  };
  const feed = createWalletFeed({ source: { read, listStandings }, bus, logger });

  /** Follows as a socket does, and keeps the balances that it is told. */
  const follow = async (userId: string) => {
    const controller = new AbortController();
    const following = feed.follow(userId, controller.signal);
    following.catch(() => {});
    await vi.advanceTimersByTimeAsync(30);
    const iterator = (await following)[Symbol.asyncIterator]();
    const { value } = (await iterator.next()) as { value: unknown };
    if (!(value instanceof FeedStart)) throw new Error('the feed did not start');
    const told: number[] = [];
    const write = (frame: Buffer) => told.push(Number(/"balance":(\d+)/.exec(frame.toString())?.[1]));
    value.open({ write }, { id: 1 });
    return { told, leave: () => controller.abort() };
  };
  const change = (userId: string, balance: number, isTold = true) => {
    held.set(userId, balance);
    if (isTold) bus.publish({ type: 'walletChanged', userId });
  };
  return { feed, seen, follow, change };
};

it('reads nothing, and looks for nothing, while nobody follows', async () => {
  const { feed, seen, follow, change } = open();
  change('ava', 5);
  await vi.advanceTimersByTimeAsync(5000);
  const { leave } = await follow('ava');
  change('ava', 7);
  leave();
  const { reads } = seen;
  change('ava', 8);
  await vi.advanceTimersByTimeAsync(5000);
  expect({ ...seen, followers: feed.followerCount() }).toMatchObject({ reads, polls: 0, followers: 0 });
  expect(vi.getTimerCount()).toBe(0);
});

it('reads once for a burst, and one reading of a wallet is under way at a time', async () => {
  const { seen, follow, change } = open();
  const one = await follow('ava');
  await vi.advanceTimersByTimeAsync(200);
  const before = seen.reads;
  for (let balance = 1; balance <= 50; balance += 1) change('ava', balance);
  await vi.advanceTimersByTimeAsync(20);
  expect([seen.reads - before, one.told]).toEqual([1, [0, 50]]);
  for (let balance = 51; balance <= 100; balance += 1) {
    change('ava', balance);
    await vi.advanceTimersByTimeAsync(2);
  }
  await vi.advanceTimersByTimeAsync(150);
  expect(seen.reads - before).toBeLessThanOrEqual(3);
  expect(seen.readsAtOnceMax).toBe(1);
  expect(one.told.at(-1)).toBe(100);
  one.leave();
});

it('finds within a second what the bus did not tell, in one statement for everybody', async () => {
  const { seen, follow, change } = open();
  const [ava, ben] = [await follow('ava'), await follow('ben')];
  change('ava', 5, false);
  change('ben', 6, false);
  await vi.advanceTimersByTimeAsync(1030);
  expect([ava.told, ben.told, seen.polls]).toEqual([[0, 5], [0, 6], 1]);
  ava.leave();
  ben.leave();
});

it('tells later what it could not read, and fails whoever comes meanwhile', async () => {
  const { feed, seen, follow, change } = open();
  const ava = await follow('ava');
  seen.isAway = true;
  change('ava', 5);
  await vi.advanceTimersByTimeAsync(2500);
  expect(ava.told).toEqual([0]);
  await expect(follow('ben')).rejects.toThrow('away');
  expect(feed.followerCount()).toBe(1);
  seen.isAway = false;
  await vi.advanceTimersByTimeAsync(1100);
  expect(ava.told).toEqual([0, 5]);
  ava.leave();
});

it('tells whoever comes during a reading what is so after they came', async () => {
  const { seen, follow, change } = open();
  const first = await follow('ava');
  await vi.advanceTimersByTimeAsync(200);
  change('ava', 5);
  await vi.advanceTimersByTimeAsync(3);
  change('ava', 6, false);
  const second = await follow('ava');
  expect(second.told).toEqual([6]);
  expect(first.told).toEqual([0, 5, 6]);
  expect(seen.readsAtOnceMax).toBe(1);
  first.leave();
  second.leave();
});
