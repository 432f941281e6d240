import { afterAll, beforeAll, expect, it } from 'vitest';
import { createFactories } from '../factories.js';
import { createTestApp, type TestApp } from '../harness.js';
import { openSocket, type RawSocket } from './raw-socket.js';

const MIB = 2 ** 20;
/** Each event of a stream with such a description is some 5 kB. */
const DESCRIPTION = 'x'.repeat(5000);

let test: TestApp;
let url: string;
beforeAll(async () => {
  test = await createTestApp();
  url = await test.app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => test.close());

/** The TCP connection below a socket, at either end. */
const wireOf = ({ ws }: Pick<RawSocket, 'ws'>) =>
  (ws as unknown as { _socket: import('node:net').Socket })._socket;

const seqsOf = ({ frames }: RawSocket): number[] =>
  frames.flatMap(({ result }) => {
    const data = result?.data as { data?: { type?: string } } | undefined;
    return data?.data?.type === 'streamUpdate' ? [Number(result?.id?.split(':')[1])] : [];
  });

it('who stops reading is cut with 4408 after 1 MiB, within 10 s; the others miss nothing', async () => {
  const given = createFactories(test);
  const owner = await given.performer();
  const identity = await test.services.auth.authenticate(owner.accessToken);
  const { id: streamId } = await given.stream(owner, { description: DESCRIPTION });
  const sockets: RawSocket[] = [];
  for (let count = 0; count < 6; count++) {
    const socket = await openSocket(url);
    await socket.call('subscription', 'streams.onEvent', { streamId, kinds: ['stream'] }, 1);
    sockets.push(socket);
  }
  const [paused, resumed, ...readers] = sockets as [RawSocket, RawSocket, ...RawSocket[]];
  for (const socket of [paused, resumed]) wireOf(socket).pause();

  const waiting = () =>
    [...test.app.websocketServer.clients].map((ws) => wireOf({ ws })?.writableLength ?? 0);
  const isCut = () =>
    [...test.app.websocketServer.clients].filter(({ readyState }) => readyState !== 1).length === 2;
  let updates = 0;
  let mostWaiting = 0;
  // The kernel takes several MB before anything waits here.
  while (!isCut() && updates < 5000) {
    updates += 1;
    await test.services.streams.update(identity, { id: streamId, title: `Title ${updates}` });
    mostWaiting = Math.max(mostWaiting, ...waiting());
  }
  const cutAtMs = performance.now();
  expect(isCut()).toBe(true);
  expect(mostWaiting).toBeGreaterThan(MIB);
  expect(mostWaiting).toBeLessThan(MIB + 300_000);

  // Who reads again in time hears why.
  wireOf(resumed).resume();
  expect((await resumed.closed).code).toBe(4408);
  // Who does not is dropped with what was waiting.
  await expect.poll(() => test.app.websocketServer.clients.size, { timeout: 10_000 }).toBe(4);
  expect(performance.now() - cutAtMs).toBeLessThan(10_000);

  await test.services.streams.update(identity, { id: streamId, title: 'The last title' });
  for (const reader of readers) {
    await expect.poll(() => seqsOf(reader).length, { timeout: 5000 }).toBe(updates + 1);
    const seqs = seqsOf(reader);
    expect(seqs).toEqual(seqs.map((_, index) => (seqs[0] ?? 0) + index));
  }
  // What the cut one had received ends in the middle, without a hole before.
  const received = seqsOf(resumed);
  expect(received).toEqual(received.map((_, index) => (received[0] ?? 0) + index));
  for (const { ws } of sockets) ws.terminate();
  expect(test.logs.filter(({ level }) => level === 'ERROR')).toEqual([]);
}, 60_000);
