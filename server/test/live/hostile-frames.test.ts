import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createFactories, type Factories } from '../factories.js';
import { createTestApp, type TestApp } from '../harness.js';
import { scaled } from '../scale.js';
import { openSocket, type RawSocket } from './raw-socket.js';

const FRAME_BYTES_MAX = 64 * 1024;

let test: TestApp;
let url: string;
let given: Factories;
let streamId: string;

beforeAll(async () => {
  test = await createTestApp({ environment: { RATE_LIMIT_HANDSHAKES_PER_MINUTE: '1000000' } });
  url = await test.app.listen({ host: '127.0.0.1', port: 0 });
  given = createFactories(test);
  streamId = (await given.stream(await given.performer())).id;
});
afterAll(() => test.close());

/** After whatever a test did: alive, nothing of it left, and no mistake of a client among our faults. */
afterEach(async () => {
  for (const ws of test.app.websocketServer.clients) ws.terminate();
  expect((await test.app.inject('/health/live')).statusCode).toBe(200);
  await expect.poll(() => test.app.websocketServer.clients.size).toBe(0);
  test.clock.advance(10);
  await expect
    .poll(() => test.services.presence.audienceOf(streamId))
    .toEqual({ viewerCount: 0, guestCount: 0 });
  expect(test.logs.filter(({ level }) => level === 'ERROR')).toEqual([]);
});

const query = (id: unknown, input: unknown = {}) => ({
  id,
  method: 'query',
  params: { path: 'streams.list', input },
});
const follow = (id: number) => ({
  id,
  method: 'subscription',
  params: { path: 'streams.onEvent', input: { streamId } },
});
const codesOf = ({ frames }: RawSocket) => frames.map(({ id, error }) => [id, error?.data.appCode]);
const works = async (socket: RawSocket) =>
  expect(await socket.call('query', 'streams.list', {})).toMatchObject({ result: { type: 'data' } });

/** A frame of text with a mask of zeros, as it goes over the wire. */
const wireFrame = (payload: string, opcode = 0x81): Buffer => {
  const body = Buffer.from(payload);
  const head = Buffer.alloc(8);
  head[0] = opcode;
  head[1] = 0x80 | 126;
  head.writeUInt16BE(body.length, 2);
  return Buffer.concat([head, body]);
};

/** The TCP connection below a client, to send what its library would not. */
const wireOf = ({ ws }: RawSocket) => (ws as unknown as { _socket: import('node:net').Socket })._socket;

describe('a frame', () => {
  it('of 64 KiB is read, and of one byte more closes the socket with 1009', async () => {
    const socket = await openSocket(url);
    const text = JSON.stringify(query(1));
    socket.send(text + ' '.repeat(FRAME_BYTES_MAX - text.length));
    expect(await socket.frame(({ id }) => id === 1)).toMatchObject({ result: { type: 'data' } });
    socket.send(' '.repeat(FRAME_BYTES_MAX + 1));
    expect((await socket.closed).code).toBe(1009);
  });

  it('in fragments is as big as all of them', async () => {
    const socket = await openSocket(url);
    socket.ws.send(' '.repeat(60_000), { fin: false });
    socket.ws.send(' '.repeat(60_000), { fin: true });
    expect((await socket.closed).code).toBe(1009);
  });

  it.each([
    ['that is not masked', Buffer.from([0x81, 2, 0x7b, 0x7d])],
    ['with a reserved bit', wireFrame('{}', 0xc1)],
    ['with an unknown opcode', wireFrame('{}', 0x83)],
    ['that goes on with nothing', wireFrame('{}', 0x80)],
    ['that is not UTF-8', Buffer.concat([wireFrame('xx').subarray(0, 8), Buffer.from([0xff, 0xff])])],
  ])('%s closes the socket as RFC 6455 says', async (_name, bytes) => {
    const socket = await openSocket(url);
    wireOf(socket).write(bytes);
    expect([1002, 1007]).toContain((await socket.closed).code);
  });

  it('holds 60 calls, of which each is answered; those beyond are refused, each under its id', async () => {
    const socket = await openSocket(url);
    socket.send(Array.from({ length: 62 }, (_, index) => query(index + 1)));
    await expect.poll(() => socket.frames.length).toBe(62);
    const refused = socket.frames.filter(({ error }) => error?.data.appCode === 'RATE_LIMITED');
    expect(refused.map(({ id }) => id)).toEqual([61, 62]);
    await works(socket);
  });

  it('of 30,000 items costs one refusal, not 30,000', async () => {
    for (const item of ['1', '[]', '{"id":1}']) {
      const socket = await openSocket(url);
      const count = Math.floor((FRAME_BYTES_MAX - 2) / (item.length + 1));
      socket.send(`[${Array(count).fill(item).join(',')}]`);
      expect(await socket.closed).toEqual({ code: 4429, reason: 'RATE_LIMITED' });
      expect(socket.frames).toHaveLength(1);
    }
  });

  it.each([
    ['nothing', '', null],
    ['no JSON', '{"id":1', null],
    ['JSON twice', '{}{}', null],
    ['a number', '1', null],
    ['a string', '"PING"', null],
    ['null', 'null', null],
    ['an array of arrays', '[[]]', null],
    ['an object without members', '{}', null],
    ['a null id', JSON.stringify(query(null)), null],
    ['an object as id', JSON.stringify(query({ toString: 1 })), null],
    ['a fraction as id', JSON.stringify(query(1.5)), null],
    ['a huge number as id', '{"id":1e300,"method":"query","params":{"path":"streams.list"}}', null],
    ['a huge id', JSON.stringify(query('x'.repeat(60_000))), null],
    ['an empty id', JSON.stringify(query('')), null],
    ['a true id', JSON.stringify(query(true)), null],
    ['no method', '{"id":7}', 7],
    ['an unknown method', '{"id":7,"method":"eval","params":{"path":"streams.list"}}', 7],
    ['another version', '{"id":7,"jsonrpc":"1.0","method":"query","params":{"path":"streams.list"}}', 7],
    ['no params', '{"id":7,"method":"query"}', 7],
    ['a path that is no text', '{"id":7,"method":"query","params":{"path":["streams.list"]}}', 7],
    ['a long path', JSON.stringify({ id: 7, method: 'query', params: { path: 'x'.repeat(101) } }), 7],
    [
      'an id of an event that is no text',
      '{"id":7,"method":"subscription","params":{"path":"streams.onEvent","lastEventId":{}}}',
      7,
    ],
    ['parameters again', '{"method":"connectionParams","data":null}', null],
    ['32,000 brackets', '['.repeat(32_000) + ']'.repeat(32_000), null],
    ['32,000 open brackets', '['.repeat(32_000), null],
  ])('of %s is refused as malformed, and the socket goes on', async (_name, text, id) => {
    const socket = await openSocket(url);
    socket.send(text);
    await expect.poll(() => codesOf(socket)).toEqual([[id, 'MALFORMED_REQUEST']]);
    await works(socket);
  });

  it.each([
    ['__proto__', '{"id":7,"method":"query","params":{"path":"__proto__"}}', 'NOT_FOUND'],
    ['constructor', '{"id":7,"method":"query","params":{"path":"constructor"}}', 'NOT_FOUND'],
    ['toString', '{"id":7,"method":"mutation","params":{"path":"toString"}}', 'NOT_FOUND'],
    ['then', '{"id":7,"method":"query","params":{"path":"auth.then"}}', 'NOT_FOUND'],
    [
      'a query as a subscription',
      '{"id":7,"method":"subscription","params":{"path":"streams.list"}}',
      'NOT_FOUND',
    ],
    [
      'a subscription as a query',
      '{"id":7,"method":"query","params":{"path":"streams.onDirectory"}}',
      'NOT_FOUND',
    ],
    [
      '__proto__ in the input',
      '{"id":7,"method":"query","params":{"path":"streams.list","input":{"__proto__":{"limit":1}}}}',
      'VALIDATION_FAILED',
    ],
    [
      'an input of 32,000 brackets',
      `{"id":7,"method":"query","params":{"path":"streams.list","input":${'['.repeat(32_000)}${']'.repeat(32_000)}}}`,
      'VALIDATION_FAILED',
    ],
    [
      'a deep input for a subscription',
      `{"id":7,"method":"subscription","params":{"path":"streams.onEvent","lastEventId":"1:1","input":{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}}}`,
      'VALIDATION_FAILED',
    ],
  ])('that asks for %s is answered, and pollutes nothing', async (_name, text, code) => {
    const socket = await openSocket(url);
    socket.send(text);
    expect((await socket.frame(({ id }) => id === 7)).error?.data.appCode).toBe(code);
    expect(({} as { limit?: number }).limit).toBeUndefined();
    await works(socket);
  });

  it('with __proto__ beside its params is read without it', async () => {
    const socket = await openSocket(url);
    socket.send(
      '{"id":7,"__proto__":{"id":8},"method":"query","params":{"__proto__":{"x":1},"path":"streams.list","input":{}}}',
    );
    expect(await socket.frame(({ id }) => id === 7)).toMatchObject({ result: { type: 'data' } });
  });
});

describe('calls', () => {
  it('the 51st subscription of a socket is refused, until one is stopped', async () => {
    const socket = await openSocket(url);
    const browse = (id: number) => ({ id, method: 'subscription', params: { path: 'streams.onDirectory' } });
    socket.send(Array.from({ length: 51 }, (_, index) => browse(index + 1)));
    const started = () => socket.frames.filter(({ result }) => result?.type === 'started').length;
    await expect.poll(started).toBe(50);
    expect(codesOf(socket).filter(([, code]) => code)).toEqual([[51, 'RATE_LIMITED']]);
    socket.send({ id: 7, method: 'subscription.stop' });
    await socket.frame(({ id, result }) => id === 7 && result?.type === 'stopped');
    socket.send(browse(52));
    await expect.poll(started).toBe(51);
  });

  it('an id is one call’s at a time, and free again after it', async () => {
    const socket = await openSocket(url);
    socket.send([follow(1), follow(1), query(1), query(2), query(2)]);
    await expect
      .poll(() => codesOf(socket).filter(([, code]) => code))
      .toEqual([
        [1, 'MALFORMED_REQUEST'],
        [1, 'MALFORMED_REQUEST'],
        [2, 'MALFORMED_REQUEST'],
      ]);
    await socket.frame(({ id, result }) => id === 1 && result?.type === 'data');
    socket.send({ id: 1, method: 'subscription.stop' });
    await socket.frame(({ id, result }) => id === 1 && result?.type === 'stopped');
    expect(await socket.call('query', 'streams.list', {}, 1)).toBeDefined();
    await socket.frame(({ id, result }) => id === 2 && result?.type === 'data');
    await socket.call('query', 'streams.list', {}, 2);
    expect(codesOf(socket).filter(([, code]) => code)).toHaveLength(3);
  });

  it('a failing call under the id of a later subscription does not let it go uncounted', async () => {
    const socket = await openSocket(url);
    const unknownId = streamId.replace(/.$/, (digit) => (digit === 'f' ? 'e' : 'f'));
    for (let id = 1; id <= 60; id++) {
      socket.send([
        { id, method: 'query', params: { path: 'streams.get', input: { id: unknownId } } },
        follow(id),
      ]);
    }
    await expect.poll(() => codesOf(socket).filter(([, code]) => code === 'NOT_FOUND').length).toBe(60);
    expect(codesOf(socket).filter(([, code]) => code === 'MALFORMED_REQUEST')).toHaveLength(60);
    expect(test.services.presence.audienceOf(streamId).guestCount).toBe(0);
  });

  it('stopping what is not there is no call', async () => {
    const socket = await openSocket(url);
    socket.send({ id: 9, method: 'subscription.stop' });
    await works(socket);
    expect(socket.frames).toHaveLength(1);
  });

  it('that are stopped at once leave nothing open', async () => {
    const socket = await openSocket(url);
    for (let id = 1; id <= 50; id++) socket.send([follow(id), { id, method: 'subscription.stop' }]);
    await expect.poll(() => socket.frames.filter(({ result }) => result?.type === 'stopped').length).toBe(50);
    test.clock.advance(10);
    await expect.poll(() => test.services.presence.audienceOf(streamId).guestCount).toBe(0);
  });
});

describe('a flood', () => {
  const count = scaled({ quick: 10_000, full: 100_000 });

  /** Sends until the socket closes, and tells with which code. */
  const flood = async (socket: RawSocket, send: (index: number) => void): Promise<number> => {
    for (let index = 0; index < count && socket.ws.readyState === socket.ws.OPEN; index++) {
      send(index);
      if (index % 500 === 499) await new Promise((resolve) => setImmediate(resolve));
    }
    return (await socket.closed).code;
  };

  it.each<[string, (socket: RawSocket, index: number) => void]>([
    ['PINGs', ({ ws }) => ws.send('PING')],
    ['PONGs', ({ ws }) => ws.send('PONG')],
    ['pings of the protocol', ({ ws }) => ws.ping('x'.repeat(125))],
    ['pongs of the protocol', ({ ws }) => ws.pong()],
    ['malformed JSON', ({ ws }) => ws.send('{"id":')],
    ['empty frames', ({ ws }) => ws.send('')],
    ['queries', (socket, index) => socket.send(query(index))],
    [
      'unknown procedures',
      ({ ws }, index) => ws.send(`{"id":${index},"method":"query","params":{"path":"x"}}`),
    ],
    [
      'subscribe and stop',
      (socket, index) => {
        socket.send(follow(index));
        socket.send({ id: index, method: 'subscription.stop' });
      },
    ],
    [
      'subscribe and stop, of one id',
      (socket) => {
        socket.send(follow(1));
        socket.send({ id: 1, method: 'subscription.stop' });
      },
    ],
  ])('of %s closes the socket with 4429', async (_name, send) => {
    const socket = await openSocket(url);
    expect(await flood(socket, (index) => send(socket, index))).toBe(4429);
  });

  it('of frames before the token was looked at closes the socket', async () => {
    const { accessToken } = await given.account();
    const socket = await openSocket(url, { accessToken });
    expect(await flood(socket, (index) => socket.send(query(index)))).toBe(4429);
  });

  it('from somebody who reads nothing leaves nothing behind', async () => {
    const socket = await openSocket(url);
    wireOf(socket).pause();
    const { closed } = socket;
    for (let index = 0; index < count && socket.ws.readyState === socket.ws.OPEN; index++) {
      socket.ws.ping('x'.repeat(125));
      socket.send(query(index));
    }
    await expect.poll(() => test.app.websocketServer.clients.size, { timeout: 10_000 }).toBe(0);
    wireOf(socket)?.resume();
    socket.ws.terminate();
    await closed;
  });
});
