import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createFactories, type Factories, PASSWORD } from '../factories.js';
import { createTestApp, type TestApp } from '../harness.js';
import { openSocket, refusalOf } from './raw-socket.js';

const ORIGIN = 'https://app.example.com';

let test: TestApp;
let given: Factories;
let url: string;
let userId: string;
let cookie: string;

beforeAll(async () => {
  test = await createTestApp({
    environment: { WEB_ORIGINS: ORIGIN, RATE_LIMIT_HANDSHAKES_PER_MINUTE: '1000' },
  });
  given = createFactories(test);
  url = await test.app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => test.close());
beforeEach(async () => {
  const { user, accessToken } = await given.account();
  userId = user.id;
  cookie = `__Host-access=${accessToken}`;
});

const whoIs = async (headers: Record<string, string>, accessToken?: string | null) => {
  const socket = await openSocket(url, { headers, ...(accessToken !== undefined && { accessToken }) });
  const { result, error } = await socket.call('query', 'auth.me');
  socket.ws.close();
  await socket.closed;
  return error ? error.data.appCode : (result?.data as { id?: string } | undefined)?.id;
};

describe('a socket without a first frame', () => {
  it('is of the session in the cookie, for an allowed origin', async () => {
    expect(await whoIs({ cookie, origin: ORIGIN })).toBe(userId);
  });

  it.each([
    ['https://evil.example', 'FORBIDDEN'],
    ['null', 'FORBIDDEN'],
    [undefined, 'ORIGIN_NOT_ALLOWED'],
  ])('is refused with the cookie from %s', async (origin, code) => {
    const headers = { cookie, ...(origin && { origin }) };
    expect(await refusalOf(url, { headers })).toMatchObject({ status: 403, code });
  });

  it.each(['__Host-access=forged', '__Host-access=', '__Host-access=a.b.c; __Host-access=d.e.f'])(
    'is closed with 4401 for %j, and is no guest’s',
    async (text) => {
      const socket = await openSocket(url, { headers: { cookie: text, origin: ORIGIN } });
      expect(await socket.closed).toEqual({ code: 4401, reason: 'ACCESS_TOKEN_INVALID' });
    },
  );

  it('is closed with 4401 for an expired token, and with 4403 for a session that has ended', async () => {
    const late = await given.account();
    test.clock.advance(15 * 60);
    const expired = await openSocket(url, {
      headers: { cookie: `__Host-access=${late.accessToken}`, origin: ORIGIN },
    });
    expect(await expired.closed).toEqual({ code: 4401, reason: 'ACCESS_TOKEN_EXPIRED' });
    const gone = await given.account();
    await given.deleted(gone);
    const ended = await openSocket(url, {
      headers: { cookie: `__Host-access=${gone.accessToken}`, origin: ORIGIN },
    });
    expect(await ended.closed).toEqual({ code: 4403, reason: 'SESSION_REVOKED' });
  });

  it('takes calls that come before the cookie is looked at', async () => {
    const socket = await openSocket(url, { headers: { cookie, origin: ORIGIN } });
    const answers = await Promise.all([1, 2, 3].map((id) => socket.call('query', 'auth.me', undefined, id)));
    expect(answers.map(({ result }) => (result?.data as { id?: string } | undefined)?.id)).toEqual([
      userId,
      userId,
      userId,
    ]);
    socket.ws.close();
    await socket.closed;
  });

  it('ends with its session', async () => {
    const socket = await openSocket(url, { headers: { cookie, origin: ORIGIN } });
    await socket.call('mutation', 'auth.logout', { scope: 'session' });
    expect(await socket.closed).toMatchObject({ code: 4403 });
  });

  it('gives no tokens for a script to read, as it cannot set cookies', async () => {
    const socket = await openSocket(url, { headers: { cookie, origin: ORIGIN } });
    const input = { currentPassword: PASSWORD, newPassword: `${PASSWORD}, changed` };
    const changed = await socket.call('mutation', 'auth.changePassword', input);
    const refreshed = await socket.call('mutation', 'auth.refresh', {});
    expect([changed.error?.data.appCode, refreshed.error?.data.appCode]).toEqual([
      'MALFORMED_REQUEST',
      'VALIDATION_FAILED',
    ]);
    expect((await socket.call('query', 'auth.me')).error).toBeUndefined();
    socket.ws.close();
    await socket.closed;
  });
});

describe('a socket whose first frame says who it is', () => {
  it('is not of the session in the cookie', async () => {
    const other = await given.account();
    expect(await whoIs({ cookie, origin: ORIGIN }, other.accessToken)).toBe(other.user.id);
    expect(await whoIs({ cookie, origin: ORIGIN }, null)).toBe('NOT_AUTHENTICATED');
    expect(await whoIs({ cookie }, other.accessToken)).toBe(other.user.id);
  });

  it('may change its password over the socket, with cookies lying about', async () => {
    const { accessToken } = await given.account();
    const socket = await openSocket(url, { headers: { cookie, origin: ORIGIN }, accessToken });
    const input = { currentPassword: PASSWORD, newPassword: `${PASSWORD}, changed` };
    const { result } = await socket.call('mutation', 'auth.changePassword', input);
    expect(result?.data).toHaveProperty('refreshToken');
    socket.ws.close();
    await socket.closed;
  });
});
