import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { SignedIn } from '@versbottomlex/shared';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createFactories } from '../factories.js';
import { createTestApp, type TestApp } from '../harness.js';
import { scaled } from '../scale.js';
import { socketUrl } from './live-client.js';
import { openSocket } from './raw-socket.js';

const SOCKETS = scaled({ quick: 1000, full: 20_000 });
const AT_ONCE = 50;

let test: TestApp;
let url: string;
let streamIds: string[];
let accounts: SignedIn[];

beforeAll(async () => {
  test = await createTestApp({ environment: { RATE_LIMIT_HANDSHAKES_PER_MINUTE: '1000000' } });
  url = await test.app.listen({ host: '127.0.0.1', port: 0 });
  const given = createFactories(test);
  streamIds = [];
  for (let count = 0; count < 5; count++) streamIds.push((await given.stream(await given.performer())).id);
  accounts = [];
  for (let count = 0; count < 20; count++) accounts.push(await given.account());
});
afterAll(() => test.close());

/** Numbers from 0 to 1, the same ones in every run (mulberry32). */
const createRandom = (seed: number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
};

const random = createRandom(3);
const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;

const FEEDS = ['streams.onEvent', 'chat.onMessage', 'payments.onTip', 'presence.onChange'] as const;

/** One client that opens, follows some feeds, and drops its connection at whatever moment. */
const visit = (): Promise<void> =>
  new Promise((resolve) => {
    const token = random() < 0.7 ? pick(accounts).accessToken : undefined;
    const ws = new WebSocket(`${socketUrl(url)}${token === undefined ? '' : '?connectionParams=1'}`, {
      perMessageDeflate: false,
    });
    const leave = () => (random() < 0.8 ? ws.terminate() : ws.close());
    const leaveAt = pick(['handshake', 'open', 'authentication', 'subscribe', 'fragment', 'events', 'stop']);
    ws.on('error', () => {});
    ws.on('close', () => resolve());
    if (leaveAt === 'handshake') setTimeout(() => ws.terminate(), random() * 3);
    ws.on('open', () => {
      if (leaveAt === 'open') return leave();
      if (token !== undefined) {
        ws.send(JSON.stringify({ method: 'connectionParams', data: { accessToken: token } }));
      }
      if (leaveAt === 'authentication') return leave();
      for (let id = 1; id <= 4; id++) {
        const params = { path: pick(FEEDS), input: { streamId: pick(streamIds) } };
        ws.send(JSON.stringify({ id, method: 'subscription', params }));
      }
      if (leaveAt === 'stop')
        for (let id = 1; id <= 4; id++) ws.send(`{"id":${id},"method":"subscription.stop"}`);
      if (leaveAt === 'fragment') ws.send('{"id":9,', { fin: false });
      setTimeout(leave, leaveAt === 'events' ? 5 + random() * 20 : random() * 8);
    });
  });

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const heapMegabytes = async () => {
  // Two rounds, with a turn of the event loop between, for what is let go of in callbacks.
  collectGarbage();
  await new Promise((resolve) => setTimeout(resolve, 50));
  collectGarbage();
  return process.memoryUsage().heapUsed / 2 ** 20;
};

/** Opens and drops so many sockets, while something happens in the rooms. */
const churn = async (sockets: number) => {
  let isOver = false;
  const events = (async () => {
    while (!isOver) {
      test.bus.publish({ type: 'streamChanged', streamId: pick(streamIds) });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let count = 0; count < sockets / AT_ONCE; count++) await visit();
    }),
  );
  isOver = true;
  await events;
  await expect.poll(() => test.app.websocketServer.clients.size, { timeout: 10_000 }).toBe(0);
};

it(`${SOCKETS} sockets that drop at random moments leave nothing behind`, async () => {
  await churn(SOCKETS / 4);
  expect(test.logs.filter(({ level }) => level === 'ERROR' || level === 'WARN')).toEqual([]);
  test.logs.length = 0;
  const before = await heapMegabytes();
  await churn(SOCKETS);
  // Nobody is counted once the grace is over, neither here nor by whoever comes next.
  test.clock.advance(10);
  for (const streamId of streamIds) {
    await expect
      .poll(() => test.services.presence.audienceOf(streamId), { timeout: 5000 })
      .toEqual({ viewerCount: 0, guestCount: 0 });
  }
  // Every account may have its 20 sockets again.
  const { accessToken } = accounts[0] as SignedIn;
  const sockets = await Promise.all(Array.from({ length: 20 }, () => openSocket(url, { accessToken })));
  for (const socket of sockets) {
    expect(await socket.call('query', 'auth.me')).toMatchObject({ result: { type: 'data' } });
  }
  for (const { ws } of sockets) ws.terminate();
  await expect.poll(() => test.app.websocketServer.clients.size).toBe(0);

  expect(test.logs.filter(({ level }) => level === 'ERROR' || level === 'WARN')).toEqual([]);
  test.logs.length = 0;
  // A socket that stayed would be 10 kB at least: 1000 of them 10 MB.
  expect((await heapMegabytes()) - before).toBeLessThan(5);
  expect((await test.app.inject('/health/live')).statusCode).toBe(200);
}, 600_000);
