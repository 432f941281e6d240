import type { SignedIn } from '@versbottomlex/shared';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFactories, type Factories } from '../factories.js';
import { createTestApp, type TestApp } from '../harness.js';
import { eventsOf, openSocket, type RawSocket, refusalOf, type SocketOptions } from './raw-socket.js';

/** As long as access tokens live. */
const TOKEN_SECONDS = 15 * 60;

let test: TestApp;
let url: string;
let given: Factories;
const opened: RawSocket[] = [];

const open = async (options?: SocketOptions): Promise<RawSocket> => {
  const socket = await openSocket(url, options);
  opened.push(socket);
  return socket;
};
const openAs = ({ accessToken }: Pick<SignedIn, 'accessToken'>) => open({ accessToken });

beforeAll(async () => {
  test = await createTestApp({ environment: { RATE_LIMIT_HANDSHAKES_PER_MINUTE: '10000' } });
  url = await test.app.listen({ host: '127.0.0.1', port: 0 });
  given = createFactories(test);
});
afterAll(async () => {
  for (const { ws } of opened) ws.terminate();
  await test.close();
});

const expectRefusal = async (socket: RawSocket, closeCode: number, appCode: string) => {
  expect(await socket.closed).toEqual({ code: closeCode, reason: appCode });
  expect(socket.frames).toEqual([
    expect.objectContaining({
      id: null,
      error: expect.objectContaining({ data: expect.objectContaining({ appCode }) }),
    }),
  ]);
};

describe('who opens it', () => {
  it.each([
    ['a guest who says nothing', undefined],
    ['a guest who says so', null],
  ])('%s may read, and may not do what accounts do', async (_name, accessToken) => {
    const socket = await open({ accessToken });
    expect(await socket.call('query', 'streams.list', {})).toMatchObject({
      result: { type: 'data', data: { items: [] } },
    });
    expect(await socket.call('query', 'auth.me')).toMatchObject({
      error: { data: { appCode: 'NOT_AUTHENTICATED', httpStatus: 401 } },
    });
  });

  it('whoever holds a token, over all calls', async () => {
    const account = await given.account();
    const socket = await openAs(account);
    expect(await socket.call('query', 'auth.me')).toMatchObject({
      result: { data: { id: account.user.id } },
    });
  });

  it('parameters without data are a guest’s', async () => {
    const socket = await open({ query: '?connectionParams=1' });
    socket.send({ method: 'connectionParams' });
    expect(await socket.call('query', 'streams.list', {})).toMatchObject({ result: { type: 'data' } });
  });

  it('nobody who is silent for 5 s', async () => {
    const socket = await open({ query: '?connectionParams=1' });
    test.clock.advance(4.9);
    socket.ws.ping();
    await new Promise((resolve) => socket.ws.once('pong', resolve));
    expect(socket.ws.readyState).toBe(socket.ws.OPEN);
    test.clock.advance(0.2);
    await expectRefusal(socket, 4401, 'NOT_AUTHENTICATED');
  });

  it('nobody with an expired token', async () => {
    const account = await given.account();
    test.clock.advance(TOKEN_SECONDS + 1);
    await expectRefusal(await openAs(account), 4401, 'ACCESS_TOKEN_EXPIRED');
  });

  it.each(['no token', 'a.b.c', 'x'.repeat(8192)])('nobody with a forged token', async (accessToken) => {
    await expectRefusal(await open({ accessToken }), 4401, 'ACCESS_TOKEN_INVALID');
  });

  it('nobody with a refresh token', async () => {
    const { refreshToken } = await given.account();
    await expectRefusal(await open({ accessToken: refreshToken }), 4401, 'ACCESS_TOKEN_INVALID');
  });

  it('nobody whose session was revoked', async () => {
    const account = await given.account();
    await test.services.auth.logout(await test.services.auth.authenticate(account.accessToken), {
      scope: 'session',
    });
    await expectRefusal(await openAs(account), 4403, 'SESSION_REVOKED');
  });

  it('nobody whose account is suspended', async () => {
    await expectRefusal(await openAs(await given.suspended()), 4403, 'ACCOUNT_SUSPENDED');
  });

  it('nobody whose account is gone', async () => {
    const account = await given.account();
    await given.deleted(account);
    await expectRefusal(await openAs(account), 4403, 'SESSION_REVOKED');
  });

  it.each([
    '{"method":"connectionParams","data":{"accessToken":1}}',
    '{"method":"connectionParams","data":{"accessToken":""}}',
    '{"method":"connectionParams","data":{"accessToken":"x","more":1}}',
    '{"method":"connectionParams","data":{}}',
    '{"method":"connectionParams","data":"x"}',
    `{"method":"connectionParams","data":{"accessToken":"${'x'.repeat(8193)}"}}`,
    '{"id":1,"method":"query","params":{"path":"streams.list"}}',
    '{',
    '[]',
    'null',
    '',
    'PING',
  ])('nobody whose first frame is %.70s', async (frame) => {
    const socket = await open({ query: '?connectionParams=1' });
    socket.send(frame);
    await expectRefusal(socket, 4400, 'MALFORMED_REQUEST');
  });

  it.each(['', '?connectionParams=1'])('nobody who sends binary frames%s', async (query) => {
    const socket = await open({ query });
    socket.ws.send(Buffer.from('{"method":"connectionParams","data":null}'), { binary: true });
    await expectRefusal(socket, 4400, 'MALFORMED_REQUEST');
  });

  it('calls that follow the token at once wait for it', async () => {
    const account = await given.account();
    const socket = await openAs(account);
    const answers = [1, 2, 3].map((id) => socket.call('query', 'auth.me', undefined, id));
    for (const answer of answers) {
      expect(await answer).toMatchObject({ result: { data: { id: account.user.id } } });
    }
  });

  it('no more than 20 sockets of one account, also when they open together', async () => {
    const account = await given.account();
    const sockets = await Promise.all(Array.from({ length: 25 }, () => openAs(account)));
    let closedCodes: number[] = [];
    for (const socket of sockets) void socket.closed.then(({ code }) => closedCodes.push(code));
    await expect.poll(() => closedCodes).toEqual([4429, 4429, 4429, 4429, 4429]);
    await expectRefusal(await openAs(account), 4429, 'RATE_LIMITED');
    // A guest's socket counts from when it takes the account's token.
    const guest = await open();
    const { accessToken } = account;
    expect(await guest.call('mutation', 'auth.renewSocket', { accessToken })).toMatchObject({
      error: { data: { appCode: 'RATE_LIMITED' } },
    });
    closedCodes = [];
    for (const { ws } of sockets) ws.close();
    await expect.poll(() => closedCodes.length).toBe(20);
    const next = await openAs(account);
    expect(await next.call('query', 'auth.me')).toMatchObject({ result: { type: 'data' } });
  });
});

describe('the end of its token', () => {
  const openWithFeeds = async (account: SignedIn) => {
    const { id: streamId } = await given.stream(await given.performer());
    const socket = await openAs(account);
    await socket.call('subscription', 'streams.onEvent', { streamId }, 1);
    await socket.call('subscription', 'chat.onMessage', { streamId }, 2);
    await socket.call('subscription', 'streams.onDirectory', undefined, 3);
    const told = () => socket.frames.filter(({ result }) => result?.type === 'data').map(({ id }) => id);
    await expect.poll(() => new Set(told())).toEqual(new Set([1, 2, 3]));
    return { socket, streamId };
  };

  it('is told 60 s before on every feed, once, with an id; calls are refused from then, and it closes 30 s after', async () => {
    const account = await given.account();
    const { socket, streamId } = await openWithFeeds(account);
    test.clock.advance(TOKEN_SECONDS - 61);
    expect(await socket.call('query', 'auth.me')).toMatchObject({ result: { type: 'data' } });
    test.clock.advance(2);
    await expect.poll(() => eventsOf(socket, 'authExpiring').map(({ id }) => id)).toEqual([1, 2, 3]);
    for (const { result } of eventsOf(socket, 'authExpiring')) {
      expect(result).toMatchObject({ id: expect.stringMatching(/^\d+(:\d+)?$/) });
    }
    // A feed that begins now hears of it too.
    await socket.call('subscription', 'payments.onTip', { streamId }, 4);
    await expect.poll(() => eventsOf(socket, 'authExpiring').map(({ id }) => id)).toEqual([1, 2, 3, 4]);
    expect(await socket.call('query', 'auth.me')).toMatchObject({ result: { type: 'data' } });
    test.clock.advance(60);
    expect(await socket.call('query', 'auth.me')).toMatchObject({
      error: { data: { appCode: 'ACCESS_TOKEN_EXPIRED' } },
    });
    expect(socket.ws.readyState).toBe(socket.ws.OPEN);
    test.clock.advance(31);
    expect(await socket.closed).toEqual({ code: 4401, reason: 'ACCESS_TOKEN_EXPIRED' });
  });

  it('a renewal keeps everything, before the end and after it', async () => {
    const account = await given.account();
    const { socket } = await openWithFeeds(account);
    let { refreshToken } = account;
    for (const seconds of [TOKEN_SECONDS - 30, TOKEN_SECONDS + 15]) {
      const begun = eventsOf(socket, 'authExpiring').length;
      test.clock.advance(seconds);
      await expect.poll(() => eventsOf(socket, 'authExpiring').length).toBe(begun + 3);
      const renewed = await test.services.auth.refresh({ refreshToken });
      refreshToken = renewed.refreshToken;
      const { accessToken } = renewed;
      expect(await socket.call('mutation', 'auth.renewSocket', { accessToken })).toMatchObject({
        result: {
          data: {
            expiresAt: new Date(
              Math.floor(test.clock.now().getTime() / 1000) * 1000 + TOKEN_SECONDS * 1000,
            ).toISOString(),
          },
        },
      });
      expect(await socket.call('query', 'auth.me')).toMatchObject({ result: { type: 'data' } });
    }
    test.clock.advance(TOKEN_SECONDS - 120);
    socket.ws.ping();
    await new Promise((resolve) => socket.ws.once('pong', resolve));
    expect(eventsOf(socket, 'authExpiring')).toHaveLength(6);
    expect(socket.ws.readyState).toBe(socket.ws.OPEN);
  });

  it('no token of another account renews it, nor a bad one', async () => {
    const socket = await openAs(await given.account());
    const { accessToken } = await given.account();
    expect(await socket.call('mutation', 'auth.renewSocket', { accessToken })).toMatchObject({
      error: { data: { appCode: 'FORBIDDEN' } },
    });
    expect(await socket.call('mutation', 'auth.renewSocket', { accessToken: 'x' })).toMatchObject({
      error: { data: { appCode: 'ACCESS_TOKEN_INVALID' } },
    });
    expect(await socket.call('query', 'auth.me')).toMatchObject({ result: { type: 'data' } });
  });

  it('a guest may sign in on an open socket', async () => {
    const account = await given.account();
    const socket = await open();
    const { accessToken } = account;
    await socket.call('mutation', 'auth.renewSocket', { accessToken });
    expect(await socket.call('query', 'auth.me')).toMatchObject({
      result: { data: { id: account.user.id } },
    });
  });
});

describe('limits of the server', () => {
  it('refuses more handshakes of an address than a minute may have, and tells when to come back', async () => {
    const own = await createTestApp({
      environment: { RATE_LIMIT_HANDSHAKES_PER_MINUTE: '3', TRUST_PROXY: '1' },
    });
    const ownUrl = await own.app.listen({ host: '127.0.0.1', port: 0 });
    const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });
    const sockets: RawSocket[] = [];
    for (let count = 0; count < 3; count++) sockets.push(await openSocket(ownUrl, from('192.0.2.1')));
    const refusal = await refusalOf(ownUrl, from('192.0.2.1'));
    expect(refusal).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
    expect(Number(refusal.headers['retry-after'])).toBeGreaterThan(0);
    // A spoofed first hop is not believed, and another client is served.
    expect((await refusalOf(ownUrl, from('203.0.113.9, 192.0.2.1'))).status).toBe(429);
    sockets.push(await openSocket(ownUrl, from('192.0.2.2')));
    for (const { ws } of sockets) ws.terminate();
    await own.close();
  });

  it('closes with 1013 what is one socket too many, and takes the next when one has gone', async () => {
    const own = await createTestApp({ environment: { SOCKETS_MAX: '2' } });
    const ownUrl = await own.app.listen({ host: '127.0.0.1', port: 0 });
    const first = await openSocket(ownUrl);
    const second = await openSocket(ownUrl);
    expect((await (await openSocket(ownUrl)).closed).code).toBe(1013);
    first.ws.close();
    await expect.poll(() => own.app.websocketServer.clients.size).toBe(1);
    const third = await openSocket(ownUrl);
    expect(await third.call('query', 'streams.list', {})).toMatchObject({ result: { type: 'data' } });
    for (const { ws } of [second, third]) ws.terminate();
    await own.close();
  });

  it('a database that is away closes with 1013 what cannot be authenticated, and logs it once each', async () => {
    const own = await createTestApp();
    const ownUrl = await own.app.listen({ host: '127.0.0.1', port: 0 });
    const { accessToken } = await createFactories(own).account();
    await own.database.close();
    const socket = await openSocket(ownUrl, { accessToken });
    expect((await socket.closed).code).toBe(1013);
    expect(own.logs.filter(({ level }) => level === 'ERROR')).toHaveLength(1);
    await own.app.close();
  });
});
