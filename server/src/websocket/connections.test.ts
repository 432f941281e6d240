import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createEventBus } from '../platform/event-bus.js';
import { createLogger } from '../platform/logger.js';
import type { Connection } from './connection.js';
import { createConnections } from './connections.js';

const SWEEP_MS = 15_000;

/** A connection that keeps what is done to it. */
const createPeer = (identity: Connection['identity']) => {
  const peer = {
    identity,
    revoke: vi.fn(),
    expireNow: vi.fn(),
    tick: vi.fn(),
    close: vi.fn(),
    sendText: vi.fn(),
    terminate: vi.fn(),
  };
  return peer;
};

const identityOf = (sessionId: string, tokenVersion = 1) => ({ userId: 'user', sessionId, tokenVersion });

const createScene = () => {
  const bus = createEventBus();
  const lines: string[] = [];
  const asked: { sessionIds: string[]; answer: (living: [string, number][]) => void; fail: () => void }[] =
    [];
  const connections = createConnections({
    auth: {
      listLivingSessions: (sessionIds) =>
        new Promise((resolve, reject) => {
          asked.push({
            sessionIds,
            answer: (living) => resolve(new Map(living)),
            fail: () => reject(new Error('away')),
          });
        }),
    },
    bus,
    logger: createLogger('INFO', (line) => lines.push(line)),
  });
  const add = (...sessionIds: string[]) =>
    sessionIds.map((sessionId) => {
      const peer = createPeer(identityOf(sessionId));
      connections.add(peer);
      connections.countIn(peer, 'user');
      return peer;
    });
  return { bus, lines, asked, connections, add };
};

const settled = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('looks all sessions up every 15 s, in one statement, and never twice at once', async () => {
  const { asked, add } = createScene();
  const [good, voided, gone] = add('good', 'voided', 'gone');
  await vi.advanceTimersByTimeAsync(3 * SWEEP_MS);
  expect(asked.map(({ sessionIds }) => sessionIds)).toEqual([['good', 'voided', 'gone']]);
  asked[0]?.answer([
    ['good', 1],
    ['voided', 2],
  ]);
  await settled();
  expect(
    [good, voided, gone].map((peer) => [peer?.revoke.mock.calls.length, peer?.expireNow.mock.calls.length]),
  ).toEqual([
    [0, 0],
    [0, 1],
    [1, 0],
  ]);
  await vi.advanceTimersByTimeAsync(SWEEP_MS);
  expect(asked).toHaveLength(2);
});

it('a socket that was renewed while its session was looked up is not closed for the old one', async () => {
  const { bus, asked, add } = createScene();
  const [other, newer] = add('old', 'same');
  bus.publish({ type: 'identityChanged', userId: 'user' });
  if (other) other.identity = identityOf('new');
  if (newer) newer.identity = identityOf('same', 2);
  asked[0]?.answer([['same', 1]]);
  await settled();
  for (const peer of [other, newer]) {
    expect(peer?.revoke).not.toHaveBeenCalled();
    expect(peer?.expireNow).not.toHaveBeenCalled();
  }
});

it('a sweep that fails closes nobody, is told once, and is followed by the next', async () => {
  const { lines, asked, add } = createScene();
  const [peer] = add('session');
  await vi.advanceTimersByTimeAsync(SWEEP_MS);
  asked[0]?.fail();
  await settled();
  expect(peer?.revoke).not.toHaveBeenCalled();
  expect(lines).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(SWEEP_MS);
  expect(asked).toHaveLength(2);
});

it('counts 20 sockets of an account, whose places are free once they are gone', () => {
  const { connections, add } = createScene();
  const peers = add(...Array.from({ length: 20 }, (_, index) => `session ${index}`));
  const one = createPeer(undefined);
  connections.add(one);
  expect(() => connections.countIn(one, 'user')).toThrow(expect.objectContaining({ code: 'RATE_LIMITED' }));
  connections.countIn(one, 'another');
  for (const peer of peers) connections.remove(peer);
  connections.countIn(one, 'user');
});

it('a socket that has closed is counted for nobody', () => {
  const { connections, add } = createScene();
  const gone = createPeer(undefined);
  for (let count = 0; count < 30; count++) connections.countIn(gone, 'user');
  expect(add('session')).toHaveLength(1);
});

it.each([
  [0, 0, 100],
  [20, 50, 1000],
  [400, 1500, 6000],
])(
  'on shutdown tells and closes %i sockets spread over %i ms, and ends within %i',
  async (count, spreadMs, endMs) => {
    const { connections } = createScene();
    const toldAtMs: number[] = [];
    const closedAtMs: number[] = [];
    for (let index = 0; index < count; index++) {
      const peer = createPeer(undefined);
      peer.sendText.mockImplementation((text: string) => {
        expect(JSON.parse(text)).toEqual({ id: null, method: 'reconnect' });
        toldAtMs.push(performance.now());
      });
      peer.close.mockImplementation((code: number) => {
        expect(code).toBe(1012);
        closedAtMs.push(performance.now());
      });
      connections.add(peer);
    }
    const begunAtMs = performance.now();
    let endedAtMs: number | undefined;
    const stopping = connections.shutDown().then(() => {
      endedAtMs = performance.now();
    });
    expect(connections.isStopping()).toBe(true);
    await vi.advanceTimersByTimeAsync(endMs);
    await stopping;
    expect(endedAtMs).toBeLessThanOrEqual(begunAtMs + endMs);
    for (const timesMs of [toldAtMs, closedAtMs]) {
      expect(timesMs).toHaveLength(count);
      if (count === 0) continue;
      const sorted = timesMs.toSorted((one, other) => one - other);
      expect((sorted.at(-1) ?? 0) - (sorted[0] ?? 0)).toBeGreaterThan(spreadMs);
    }
  },
);
