import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createFactories } from '../factories.js';
import { createTestApp, type TestApp } from '../harness.js';
import { scaled } from '../scale.js';
import { openSocket, type RawSocket } from './raw-socket.js';

const FRAMES = scaled({ quick: 2000, full: 100_000 });
/** Below what a socket may send at once. */
const FRAMES_A_SOCKET = 50;
const SECRETS = ['postgres', 'select ', 'node_modules', '/src/', 'at Object.', 'password_hash'];

let test: TestApp;
let url: string;
let streamId: string;
let accessToken: string;
beforeAll(async () => {
  test = await createTestApp({ environment: { RATE_LIMIT_HANDSHAKES_PER_MINUTE: '1000000' } });
  url = await test.app.listen({ host: '127.0.0.1', port: 0 });
  const given = createFactories(test);
  const performer = await given.performer();
  streamId = (await given.stream(performer)).id;
  accessToken = performer.accessToken;
});
afterAll(() => test.close());

const paths = [
  'streams.list',
  'streams.get',
  'streams.onEvent',
  'streams.onDirectory',
  'chat.send',
  'chat.history',
  'chat.onMessage',
  'payments.onTip',
  'presence.onChange',
  'presence.list',
  'moderation.getSettings',
  'users.get',
  'users.update',
  'auth.me',
  'auth.login',
  'auth.register',
  'auth.refresh',
  'auth.renewSocket',
];

/** Text that breaks things elsewhere: NUL, lone surrogates, marks, quotes. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom('\u0000', '\ud800', "'; --", '__proto__', '1:1', '1:99999999999', '0:0', '9'.repeat(64)),
);
const anything = fc.oneof({ maxDepth: 3 }, fc.jsonValue({ maxDepth: 3 }), text, fc.double());

const input = () =>
  fc.oneof(
    fc.record({ streamId: fc.oneof(fc.constant(streamId), anything) }, { requiredKeys: [] }),
    fc.record(
      {
        streamId: fc.constant(streamId),
        content: text,
        lastEventId: text,
        kinds: anything,
        cursor: text,
        limit: anything,
        id: fc.oneof(fc.constant(streamId), text),
        accessToken: text,
        clientMessageId: anything,
      },
      { requiredKeys: [] },
    ),
    anything,
  );

const message = () =>
  fc.record(
    {
      id: fc.oneof({ weight: 4, arbitrary: fc.nat(100) }, anything),
      jsonrpc: fc.constantFrom('2.0', '1.0', null),
      method: fc.oneof(
        { weight: 8, arbitrary: fc.constantFrom('query', 'mutation', 'subscription', 'subscription.stop') },
        anything,
      ),
      params: fc.oneof(
        {
          weight: 8,
          arbitrary: fc.record(
            {
              path: fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...paths) }, anything),
              input: input(),
              lastEventId: fc.oneof(text, anything),
            },
            { requiredKeys: ['path'] },
          ),
        },
        anything,
      ),
    },
    { requiredKeys: ['id', 'method'] },
  );

/** Frames that are messages, several of them, nearly JSON, or nothing like it. */
const frame = () =>
  fc.oneof(
    { weight: 6, arbitrary: message().map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: fc.array(message(), { maxLength: 4 }).map((value) => JSON.stringify(value)) },
    {
      weight: 1,
      arbitrary: fc.tuple(message(), fc.nat(200)).map(([value, end]) => JSON.stringify(value).slice(0, end)),
    },
    { weight: 1, arbitrary: text.map((value) => value.toWellFormed()) },
  );

const send = async (socket: RawSocket, frames: string[]) => {
  for (const one of frames) if (socket.ws.readyState === socket.ws.OPEN) socket.send(one);
  // Whatever was asked before is under way when this is answered, or has closed the socket.
  await Promise.race([socket.call('query', 'streams.list', {}, 'the last call'), socket.closed]);
};

it(`${FRAMES} generated frames cause no fault, and nothing is told that should not be`, async () => {
  for (let sent = 0; sent < FRAMES; sent += FRAMES_A_SOCKET) {
    const frames = fc.sample(frame(), { numRuns: FRAMES_A_SOCKET, seed: 7 + sent });
    const socket = await openSocket(url, sent % 2 === 0 ? {} : { accessToken });
    await send(socket, frames);
    socket.ws.terminate();
    const told = JSON.stringify(socket.frames);
    expect(SECRETS.filter((secret) => told.includes(secret))).toEqual([]);
    const faults = socket.frames.filter(({ error }) => (error?.data.httpStatus ?? 0) >= 500);
    expect({ faults, frames: faults.length > 0 ? frames : [] }).toEqual({ faults: [], frames: [] });
  }
  await expect.poll(() => test.app.websocketServer.clients.size).toBe(0);
  expect(test.logs.filter(({ level }) => level === 'ERROR')).toEqual([]);
  expect((await test.app.inject('/health/live')).statusCode).toBe(200);
}, 600_000);
