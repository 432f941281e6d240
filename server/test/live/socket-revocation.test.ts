import { users } from '@versbottomlex/database';
import type { SignedIn } from '@versbottomlex/shared';
import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFactories, type Factories, PASSWORD } from '../factories.js';
import { createTestApp, type TestApp } from '../harness.js';
import { openSecondNode } from '../second-node.js';
import { eventsOf, openSocket, type RawSocket } from './raw-socket.js';

/** The sweeper looks twice in this time. */
const SWEEPS_MS = 30_000;

let test: TestApp;
let url: string;
let given: Factories;

const openAs = ({ accessToken }: Pick<SignedIn, 'accessToken'>) => openSocket(url, { accessToken });
const identityOf = ({ accessToken }: Pick<SignedIn, 'accessToken'>) =>
  test.services.auth.authenticateAfresh(accessToken);

/** Two sessions of one account, each with a socket that has made a call, and the socket of somebody else. */
const openScene = async () => {
  const account = await given.account();
  const elsewhere = await given.login(account);
  const sockets = {
    own: await openAs(account),
    other: await openAs(elsewhere),
    stranger: await openAs(await given.account()),
    guest: await openSocket(url),
  };
  for (const socket of Object.values(sockets)) await socket.call('query', 'streams.list', {});
  return { account, elsewhere, ...sockets };
};

const expectOpen = async (...sockets: RawSocket[]) => {
  for (const socket of sockets) {
    expect(await socket.call('query', 'streams.list', {})).toMatchObject({ result: { type: 'data' } });
  }
};

/** Does something, after which the socket is closed with 4403 and says why, within a second. */
const expectRevoked = async (work: () => Promise<unknown>, ...sockets: RawSocket[]) => {
  await work();
  const begun = performance.now();
  for (const socket of sockets) {
    expect(await socket.closed).toEqual({ code: 4403, reason: 'SESSION_REVOKED' });
    expect(socket.frames.at(-1)).toMatchObject({ id: null, error: { data: { appCode: 'SESSION_REVOKED' } } });
  }
  expect(performance.now() - begun).toBeLessThan(1000);
};

afterEach(() => {
  for (const ws of test.app.websocketServer.clients) ws.terminate();
});
afterAll(() => test.close());
beforeAll(async () => {
  test = await createTestApp({ environment: { RATE_LIMIT_HANDSHAKES_PER_MINUTE: '10000' } });
  url = await test.app.listen({ host: '127.0.0.1', port: 0 });
  given = createFactories(test);
});

describe('within a second', () => {
  it('a logout is answered, then closes the sockets of its session, and no others', async () => {
    const { account, own, other, stranger, guest } = await openScene();
    const second = await openAs(account);
    const logOut = async () =>
      expect(await own.call('mutation', 'auth.logout', { scope: 'session' })).toMatchObject({
        result: { data: { scope: 'session' } },
      });
    await expectRevoked(logOut, own, second);
    await expectOpen(other, stranger, guest);
  });

  it('a logout everywhere closes all sockets of the account', async () => {
    const { own, other, stranger, guest } = await openScene();
    await expectRevoked(async () => own.call('mutation', 'auth.logout', {}), own, other);
    await expectOpen(stranger, guest);
  });

  it('a session that its owner ends from another device closes its sockets, and no others', async () => {
    const { account, elsewhere, own, other, stranger } = await openScene();
    const end = async () =>
      expect(
        await own.call('mutation', 'auth.revokeSession', { id: given.sessionIdOf(elsewhere) }),
      ).toMatchObject({ result: { data: { id: given.sessionIdOf(elsewhere) } } });
    await expectRevoked(end, other);
    await expectOpen(own, stranger);
    await expectRevoked(
      async () => test.services.sessions.revoke(await identityOf(account), given.sessionIdOf(account)),
      own,
    );
  });

  it('a login too many closes the sockets of the session that it ends', async () => {
    const { account, own, other, stranger } = await openScene();
    for (let login = 0; login < 8; login += 1) await given.login(account);
    await expectOpen(own, other);
    await expectRevoked(() => given.login(account), own);
    await expectOpen(other, stranger);
  });

  it('a change of the password closes the other sockets; the own one is told to renew, and may', async () => {
    const { account, own, other, stranger } = await openScene();
    const { id: streamId } = await given.stream(await given.performer());
    await own.call('subscription', 'streams.onEvent', { streamId }, 1);
    await own.frame(({ result }) => result?.type === 'data');
    const { accessToken } = await test.services.auth.changePassword(await identityOf(account), {
      currentPassword: PASSWORD,
      newPassword: 'another passphrase of the tests',
    });
    await expectRevoked(async () => {}, other);
    await expect.poll(() => eventsOf(own, 'authExpiring')).toHaveLength(1);
    expect(await own.call('query', 'auth.me')).toMatchObject({
      error: { data: { appCode: 'SESSION_REVOKED' } },
    });
    await own.call('mutation', 'auth.renewSocket', { accessToken });
    expect(await own.call('query', 'auth.me')).toMatchObject({ result: { type: 'data' } });
    test.clock.advance(60);
    await expectOpen(own, stranger);
    expect(eventsOf(own, 'authExpiring')).toHaveLength(1);
  });

  it('a change of the password is told again to a socket that knew of its token’s end already', async () => {
    const { account, own } = await openScene();
    const { id: streamId } = await given.stream(await given.performer());
    await own.call('subscription', 'streams.onEvent', { streamId }, 1);
    await own.frame(({ result }) => result?.type === 'data');
    test.clock.advance(15 * 60 - 30);
    await expect.poll(() => eventsOf(own, 'authExpiring')).toHaveLength(1);
    await test.services.auth.changePassword(await identityOf(account), {
      currentPassword: PASSWORD,
      newPassword: 'another passphrase of the tests',
    });
    await expect.poll(() => eventsOf(own, 'authExpiring')).toHaveLength(2);
  });

  it('a socket that does not renew after a change of the password closes with 4401, 30 s later', async () => {
    const { account, own } = await openScene();
    await test.services.auth.changePassword(await identityOf(account), {
      currentPassword: PASSWORD,
      newPassword: 'another passphrase of the tests',
    });
    await expect
      .poll(async () => (await own.call('query', 'auth.me')).error?.data.appCode)
      .toBe('SESSION_REVOKED');
    test.clock.advance(29);
    expect((await own.call('query', 'auth.me')).error?.data.appCode).toBe('SESSION_REVOKED');
    test.clock.advance(2);
    expect(await own.closed).toEqual({ code: 4401, reason: 'ACCESS_TOKEN_EXPIRED' });
  });

  it('a suspension closes all sockets of the account, and ends its stream for whoever watches', async () => {
    const { account: viewer, own, other, stranger } = await openScene();
    const admin = await identityOf(await given.admin());
    const suspend = ({ user }: SignedIn) => test.services.administration.suspend(admin, { id: user.id });
    await expectRevoked(() => suspend(viewer), own, other);
    await expectOpen(stranger);

    const performer = await given.performer();
    const { id: streamId } = await given.stream(performer);
    await stranger.call('subscription', 'streams.onEvent', { streamId }, 1);
    await stranger.frame(({ result }) => result?.type === 'data');
    const ownSocket = await openAs(performer);
    await expectRevoked(() => suspend(performer), ownSocket);
    await expect
      .poll(() => eventsOf(stranger, 'streamUpdate'))
      .toMatchObject([{ result: { data: { data: { stream: { id: streamId, status: 'ended' } } } } }]);
  });

  it('the deletion of an account closes all its sockets', async () => {
    const { account, own, other, stranger } = await openScene();
    await expectRevoked(() => given.deleted(account), own, other);
    await expectOpen(stranger);
  });

  it('a spent refresh token that comes again closes the sockets of its session', async () => {
    const { account, own, other } = await openScene();
    const { refreshToken } = account;
    await test.services.auth.refresh({ refreshToken });
    await expectOpen(own);
    await expectRevoked(() => test.services.auth.refresh({ refreshToken }).catch(() => {}), own);
    await expectOpen(other);
  });

  it('a change of the account that ends no session closes nothing', async () => {
    const { account, own, other } = await openScene();
    test.bus.publish({ type: 'identityChanged', userId: account.user.id });
    await expectOpen(own, other);
    expect(eventsOf(own, 'authExpiring')).toHaveLength(0);
  });

  it('a session that is revoked while its socket is authenticated gets no socket that stays', async () => {
    for (let round = 0; round < 20; round++) {
      const account = await given.account();
      const identity = await identityOf(account);
      const socket = await openSocket(url, { query: '?connectionParams=1' });
      const logout = test.services.auth.logout(identity, { scope: 'session' });
      socket.send({ method: 'connectionParams', data: { accessToken: account.accessToken } });
      await logout;
      await expectRevoked(async () => {}, socket);
    }
  });
});

describe('without a word from the bus', () => {
  let quiet: TestApp;
  let node: ReturnType<typeof openSecondNode>;
  beforeEach(async () => {
    // The sweeper’s timer and its idea of time, so that nobody waits for it; sockets and queries are real.
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    quiet = await createTestApp();
    node = openSecondNode(quiet);
  });
  afterEach(async () => {
    vi.useRealTimers();
    for (const ws of quiet.app.websocketServer.clients) ws.terminate();
    await node.close();
    await quiet.close();
  });

  type Change = (account: SignedIn) => Promise<unknown>;
  const elsewhere = async ({ accessToken }: SignedIn) => node.services.auth.authenticateAfresh(accessToken);
  const changes: [string, Change][] = [
    [
      'a logout',
      async (account) => node.services.auth.logout(await elsewhere(account), { scope: 'session' }),
    ],
    [
      'a logout everywhere',
      async (account) => node.services.auth.logout(await elsewhere(account), { scope: 'everywhere' }),
    ],
    ['a deletion', async (account) => node.services.users.delete(await elsewhere(account), account.user.id)],
    [
      'a suspension',
      async ({ user }) =>
        quiet.database.client
          .update(users)
          .set({ suspendedAt: quiet.clock.now().toISOString() })
          .where(eq(users.id, user.id)),
    ],
  ];

  it.each(changes)('%s closes the sockets within 30 s', async (_name, change) => {
    const quietUrl = await quiet.app.listen({ host: '127.0.0.1', port: 0 });
    const own = createFactories(quiet);
    const account = await own.account();
    const socket = await openSocket(quietUrl, { accessToken: account.accessToken });
    const stranger = await openSocket(quietUrl, { accessToken: (await own.account()).accessToken });
    await socket.call('query', 'auth.me');
    await change(account);
    vi.advanceTimersByTime(SWEEPS_MS);
    expect(await socket.closed).toEqual({ code: 4403, reason: 'SESSION_REVOKED' });
    await expectOpen(stranger);
  });

  it('a change of the password is told to the socket of its session, and closes the others', async () => {
    const quietUrl = await quiet.app.listen({ host: '127.0.0.1', port: 0 });
    const own = createFactories(quiet);
    const account = await own.account();
    const { id: streamId } = await own.stream(await own.performer());
    const socket = await openSocket(quietUrl, { accessToken: account.accessToken });
    const other = await openSocket(quietUrl, { accessToken: (await own.login(account)).accessToken });
    await socket.call('subscription', 'streams.onEvent', { streamId }, 1);
    await socket.frame(({ result }) => result?.type === 'data');
    await node.services.auth.changePassword(await elsewhere(account), {
      currentPassword: PASSWORD,
      newPassword: 'another passphrase of the tests',
    });
    vi.advanceTimersByTime(SWEEPS_MS);
    expect(await other.closed).toEqual({ code: 4403, reason: 'SESSION_REVOKED' });
    await expect.poll(() => eventsOf(socket, 'authExpiring')).toHaveLength(1);
    vi.advanceTimersByTime(SWEEPS_MS);
    await expectOpen(socket);
    expect(eventsOf(socket, 'authExpiring')).toHaveLength(1);
  });

  it('a database that is away for a sweep closes nobody', async () => {
    const quietUrl = await quiet.app.listen({ host: '127.0.0.1', port: 0 });
    const socket = await openSocket(quietUrl, {
      accessToken: (await createFactories(quiet).account()).accessToken,
    });
    await socket.call('query', 'auth.me');
    await quiet.database.close();
    vi.advanceTimersByTime(SWEEPS_MS);
    await expect
      .poll(() => quiet.logs.filter(({ message }) => message === 'Sessions of sockets cannot be read').length)
      .toBe(1);
    expect(socket.ws.readyState).toBe(socket.ws.OPEN);
  });
});

describe('keeping alive', () => {
  it('a socket is pinged every 25 s, and dropped when nothing came back by the next', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    const quiet = await createTestApp();
    const quietUrl = await quiet.app.listen({ host: '127.0.0.1', port: 0 });
    const alive = await openSocket(quietUrl);
    const gone = await openSocket(quietUrl, { autoPong: false });
    let pings = 0;
    alive.ws.on('ping', () => {
      pings += 1;
    });
    vi.advanceTimersByTime(24_000);
    await alive.call('query', 'streams.list', {});
    expect(pings).toBe(0);
    for (let round = 1; round <= 4; round++) {
      vi.advanceTimersByTime(25_000);
      await expect.poll(() => pings).toBe(round);
      await alive.call('query', 'streams.list', {});
    }
    expect((await gone.closed).code).toBe(1006);
    alive.ws.terminate();
    vi.useRealTimers();
    await quiet.close();
  });
});
