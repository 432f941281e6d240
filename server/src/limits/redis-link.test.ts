import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { hasRedis, startRedis } from '../../test/redis.js';
import { createLogger } from '../platform/logger.js';
import { type Counter, createSharedCounters } from './counter.js';
import { createRedisLink } from './redis-link.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const openLink = (url: string) => {
  const logs: Record<string, unknown>[] = [];
  const logger = createLogger('INFO', (line) => logs.push(JSON.parse(line)));
  const link = createRedisLink({ url, logger });
  cleanups.push(link.stop);
  link.start();
  const counter = createSharedCounters(link)('test', 10, 60);
  return { link, logs, counter };
};

const messages = (logs: Record<string, unknown>[]) => logs.map(({ message }) => message);
const maxOf = async (counter: Counter) => (await counter.add('a')).max;

describe('a Redis that accepts connections and never answers', () => {
  const openSilence = async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => void sockets.push(socket.on('error', () => {})));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    cleanups.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  it('keeps nobody waiting: each counts for itself, to half of the limit', async () => {
    const { counter } = openLink(await openSilence());
    const begunAtMs = performance.now();
    const counts = await Promise.all(Array.from({ length: 100 }, () => counter.add('a')));
    expect(performance.now() - begunAtMs).toBeLessThan(200);
    expect(counts.map(({ used, max }) => [used, max])).toEqual(counts.map((_, index) => [index + 1, 5]));
  });
});

it('says once that there is no Redis, and counts all the same', async () => {
  const { logs, counter } = openLink('redis://127.0.0.1:1');
  await expect
    .poll(() => messages(logs))
    .toEqual(['Redis is down; this node counts limits for itself, to half of them']);
  expect(await maxOf(counter)).toBe(5);
});

describe.runIf(hasRedis)('a Redis', () => {
  it('has all nodes count together', async () => {
    const redis = await startRedis();
    cleanups.push(redis.stop);
    const [one, two] = [openLink(redis.url).counter, openLink(redis.url).counter];
    for (const counter of [one, two]) await expect.poll(() => maxOf(counter)).toBe(10);
    await one.forget('a');
    const counts = await Promise.all([one, two, one, two].map((counter) => counter.add('a')));
    expect(counts.map(({ used }) => used).sort()).toEqual([1, 2, 3, 4]);
    expect(counts.every(({ resetsInMs }) => resetsInMs > 59_000 && resetsInMs <= 60_000)).toBe(true);
    await two.takeBack('a');
    expect((await one.add('a')).used).toBe(4);
  });

  it('that is stopped delays what was under way a quarter of a second, and nothing after that', async () => {
    const redis = await startRedis();
    cleanups.push(redis.stop);
    const { counter, logs } = openLink(redis.url);
    await expect.poll(() => maxOf(counter)).toBe(10);
    redis.process.kill('SIGSTOP');
    const first = performance.now();
    expect(await maxOf(counter)).toBe(5);
    expect(performance.now() - first).toBeLessThan(1000);
    const next = performance.now();
    for (let count = 0; count < 100; count++) expect(await maxOf(counter)).toBe(5);
    expect(performance.now() - next).toBeLessThan(200);
    redis.process.kill('SIGCONT');
    await expect.poll(() => maxOf(counter), { timeout: 10_000 }).toBe(10);
    expect(messages(logs)).toEqual([
      'Redis is down; this node counts limits for itself, to half of them',
      'Redis is back; limits are shared again',
    ]);
  });

  it('that was killed is used again when it is back', async () => {
    const redis = await startRedis();
    const { counter } = openLink(redis.url);
    await expect.poll(() => maxOf(counter)).toBe(10);
    await redis.stop();
    expect(await maxOf(counter)).toBe(5);
    const again = await startRedis(Number(new URL(redis.url).port));
    cleanups.push(again.stop);
    await expect.poll(() => maxOf(counter), { timeout: 10_000 }).toBe(10);
  });
});
