import { LRUCache } from 'lru-cache';
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible';
import type { RedisLink } from './redis-link.js';

/** How much of a limit is used, this time included. */
export type Count = { used: number; max: number; resetsInMs: number };

/** Counts what happens under a key, in windows that begin with the first time. */
export type Counter = {
  add(key: string): Promise<Count>;
  /** Takes one back, as if it had not happened. */
  takeBack(key: string): Promise<void>;
  forget(key: string): Promise<void>;
};

export type CreateCounter = (name: string, max: number, seconds: number) => Counter;

const counterOf = (limiter: RateLimiterMemory | RateLimiterRedis, max: number): Counter => ({
  // Unlike `consume`, a penalty never rejects for being over the limit; to make an error for each call is dear.
  add: (key) =>
    limiter
      .penalty(key)
      .then(({ consumedPoints, msBeforeNext }) => ({ used: consumedPoints, max, resetsInMs: msBeforeNext })),
  takeBack: async (key) => void (await limiter.reward(key)),
  forget: async (key) => void (await limiter.delete(key)),
});

/** Some 40 MB; with more keys than this within a window, the longest silent ones start anew. */
const KEYS_MAX = 100_000;

/** Makes counters of this process alone. */
export const createOwnCounter: CreateCounter = (name, max, seconds) => {
  const limiter = new RateLimiterMemory({ keyPrefix: name, points: max, duration: seconds });
  // By size instead of `max`, for which the cache would take all of its memory at once.
  const keys = new LRUCache<string, true>({
    maxSize: KEYS_MAX,
    sizeCalculation: () => 1,
    dispose: (_, key) => void limiter.delete(key),
  });
  const counter = counterOf(limiter, max);
  return {
    ...counter,
    add: (key) => {
      if (keys.get(key) === undefined) keys.set(key, true);
      return counter.add(key);
    },
  };
};

/**
 * Makes counters that all nodes share. While Redis is down each node counts for itself, to half of the limit: stricter,
 * because nobody knows what the others counted.
 */
export const createSharedCounters =
  (link: RedisLink): CreateCounter =>
  (name, max, seconds) => {
    const own = createOwnCounter(name, Math.ceil(max / 2), seconds);
    const limiter = new RateLimiterRedis({
      storeClient: link.client,
      keyPrefix: `limits:${name}`,
      points: max,
      duration: seconds,
    });
    const shared = counterOf(limiter, max);
    const both =
      <T>(work: (counter: Counter, key: string) => Promise<T>) =>
      (key: string): Promise<T> =>
        link.attempt(
          () => work(shared, key),
          () => work(own, key),
        );
    return {
      add: both((counter, key) => counter.add(key)),
      takeBack: both((counter, key) => counter.takeBack(key)),
      forget: both((counter, key) => counter.forget(key)),
    };
  };
