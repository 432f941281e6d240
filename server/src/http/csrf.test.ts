import type { InjectOptions } from 'fastify';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createFactories, type Factories, PASSWORD } from '../../test/factories.js';
import { createTestApp, type TestApp } from '../../test/harness.js';

const ORIGIN = 'https://app.example.com';

let test: TestApp;
let given: Factories;
/** The session's cookies, as a browser sends them. */
let cookie: string;
let csrfToken: string;
let userId: string;

const cookiesOf = (headers: Record<string, unknown>) => [headers['set-cookie'] ?? []].flat().map(String);

const toCookieHeader = (setCookies: string[]) => setCookies.map((line) => line.split(';')[0]).join('; ');

const send = async (request: InjectOptions) => {
  const answer = await test.app.inject(request);
  const body = answer.body === '' ? {} : answer.json();
  return {
    status: answer.statusCode,
    code: body.code ?? body.error?.data.appCode,
    body,
    headers: answer.headers,
    cookies: cookiesOf(answer.headers),
  };
};

const login = async (email: string, headers: Record<string, string> = {}) =>
  send({
    method: 'POST',
    url: '/api/auth/login',
    payload: { email, password: PASSWORD },
    headers: { origin: ORIGIN, 'x-session': 'cookie', ...headers },
  });

beforeAll(async () => {
  test = await createTestApp({
    environment: { WEB_ORIGINS: ORIGIN, PUBLIC_URL: 'https://api.example.com' },
  });
  given = createFactories(test);
});
afterAll(() => test.close());
beforeEach(async () => {
  const { user } = await given.account();
  userId = user.id;
  cookie = toCookieHeader((await login(user.email)).cookies);
  csrfToken = (await send({ url: '/api/csrf-token', headers: { cookie } })).body.csrfToken;
});

const genuine = () => ({ cookie, origin: ORIGIN, 'x-csrf-token': csrfToken });

/** The same change, by REST, by tRPC and in a batch. */
const changes: [string, (headers: Record<string, string>) => InjectOptions][] = [
  [
    'REST',
    (headers) => ({ method: 'PUT', url: `/api/users/${userId}`, payload: { bio: 'changed' }, headers }),
  ],
  [
    'tRPC',
    (headers) => ({
      method: 'POST',
      url: '/trpc/users.update',
      payload: { id: userId, bio: 'changed' },
      headers,
    }),
  ],
];

const bioOf = async () => (await test.services.users.get(userId)).bio;

describe('signing in', () => {
  it.each(['register', 'login'])(
    'gives cookies that no script reads, and no tokens beside them: %s',
    async (name) => {
      const registration = given.registration();
      const { email } = (await given.account()).user;
      const answer = await send({
        method: 'POST',
        url: `/api/auth/${name}`,
        payload: name === 'register' ? registration : { email, password: PASSWORD },
        headers: { 'x-session': 'cookie', origin: ORIGIN },
      });
      expect(Object.keys(answer.body).sort()).toEqual(['expiresInSeconds', 'user']);
      expect(answer.cookies.map((line) => line.replace(/=[\w.-]+;/, '=…;'))).toEqual([
        '__Host-access=…; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Lax',
        '__Host-refresh=…; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Lax',
      ]);
      expect(answer.headers['cache-control']).toBe('no-store');
      const me = await send({ url: '/api/auth/me', headers: { cookie: toCookieHeader(answer.cookies) } });
      expect(me.body.id).toBe(answer.body.user.id);
    },
  );

  it('gives tokens, and no cookies, to whoever does not ask for them', async () => {
    const { user } = await given.account();
    const payload = { email: user.email, password: PASSWORD };
    const answer = await send({ method: 'POST', url: '/api/auth/login', payload });
    expect([answer.body.accessToken, answer.cookies]).toEqual([expect.any(String), []]);
  });

  it('works over tRPC, in a batch too', async () => {
    const { user } = await given.account();
    const input = { email: user.email, password: PASSWORD };
    const headers = { 'x-session': 'cookie', origin: ORIGIN };
    const one = await send({ method: 'POST', url: '/trpc/auth.login', payload: input, headers });
    const batch = await send({
      method: 'POST',
      url: '/trpc/auth.login?batch=1',
      payload: { 0: input },
      headers,
    });
    expect([one.cookies.length, batch.cookies.length]).toEqual([2, 2]);
    expect(JSON.stringify([one.body, batch.body])).not.toMatch(/accessToken|refreshToken/);
  });

  it('needs no token with cookies of another session at hand', async () => {
    const { user } = await given.account();
    expect((await login(user.email, { cookie })).status).toBe(200);
  });

  it('refuses another wish than cookies, and pages of other origins', async () => {
    const { user } = await given.account();
    expect((await login(user.email, { 'x-session': 'cookies' })).code).toBe('MALFORMED_REQUEST');
    expect((await login(user.email, { origin: 'https://evil.example' })).code).toBe('ORIGIN_NOT_ALLOWED');
  });
});

describe('a session in cookies', () => {
  it('reads without a CSRF token', async () => {
    for (const method of ['GET', 'HEAD'] as const) {
      expect((await test.app.inject({ method, url: '/api/auth/me', headers: { cookie } })).statusCode).toBe(
        200,
      );
    }
    expect((await send({ url: '/trpc/auth.me', headers: { cookie } })).body.result.data.id).toBe(userId);
  });

  it('says that its access token has expired, as a token does', async () => {
    test.clock.advance(15 * 60);
    for (const url of ['/api/auth/me', '/api/streams']) {
      expect((await send({ url, headers: { cookie } })).code).toBe('ACCESS_TOKEN_EXPIRED');
    }
  });

  it('is refreshed by its cookie, into cookies', async () => {
    test.clock.advance(15 * 60);
    const answer = await send({ method: 'POST', url: '/api/auth/refresh', headers: genuine() });
    expect([answer.status, answer.body, answer.cookies.length]).toEqual([200, { expiresInSeconds: 900 }, 2]);
    const renewed = toCookieHeader(answer.cookies);
    expect((await send({ url: '/api/auth/me', headers: { cookie: renewed } })).status).toBe(200);
    const again = await send({ method: 'POST', url: '/api/auth/refresh', headers: genuine() });
    expect(again.code).toBe('REFRESH_TOKEN_REUSED');
    expect(again.cookies).toEqual([
      expect.stringContaining('Max-Age=0'),
      expect.stringContaining('Max-Age=0'),
    ]);
  });

  it('gets no tokens for a script to read by changing the password', async () => {
    const payload = { currentPassword: PASSWORD, newPassword: `${PASSWORD}, changed` };
    const headers = genuine();
    const answer = await send({ method: 'POST', url: '/api/auth/change-password', payload, headers });
    expect([answer.status, answer.body, answer.cookies.length]).toEqual([200, { expiresInSeconds: 900 }, 2]);
    const changed = { cookie: toCookieHeader(answer.cookies) };
    expect((await send({ url: '/api/auth/me', headers: changed })).status).toBe(200);
    expect((await send({ url: '/api/auth/me', headers: { cookie } })).code).toBe('SESSION_REVOKED');
  });

  it('is taken out of the browser by a logout', async () => {
    const answer = await send({ method: 'POST', url: '/api/auth/logout', headers: genuine() });
    expect(answer.cookies).toEqual([
      '__Host-access=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax',
      '__Host-refresh=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax',
    ]);
  });

  it('is nobody’s guest: answers for guests are not handed to it, nor its own to guests', async () => {
    const guest = await send({ url: '/api/streams' });
    expect(guest.status).toBe(200);
    const signedIn = await send({ url: '/api/streams', headers: { cookie: '__Host-access=forged' } });
    expect(signedIn.code).toBe('ACCESS_TOKEN_INVALID');
  });

  it('is not looked at beside an Authorization header', async () => {
    const other = await given.account();
    const headers = { cookie, authorization: `Bearer ${other.accessToken}` };
    expect((await send({ url: '/api/auth/me', headers })).body.id).toBe(other.user.id);
    expect((await send({ url: '/api/csrf-token', headers })).code).toBe('NOT_AUTHENTICATED');
    const refresh = await send({
      method: 'POST',
      url: '/api/auth/refresh',
      headers: { ...headers, ...genuine() },
    });
    expect(refresh.code).toBe('VALIDATION_FAILED');
    const payload = { bio: 'by token' };
    const url = `/api/users/${other.user.id}`;
    expect((await send({ method: 'PUT', url, payload, headers })).status).toBe(200);
  });

  it('leaves alone whoever refreshes with a token of their own', async () => {
    const { refreshToken } = await given.account();
    const answer = await send({
      method: 'POST',
      url: '/api/auth/refresh',
      payload: { refreshToken },
      headers: { cookie },
    });
    expect([answer.body.refreshToken, answer.cookies]).toEqual([expect.any(String), []]);
  });
});

describe('GET /api/csrf-token', () => {
  it('answers the same for the whole session, and by either cookie', async () => {
    const [access = '', refresh = ''] = cookie.split('; ');
    test.clock.advance(15 * 60);
    for (const one of [cookie, refresh]) {
      expect((await send({ url: '/api/csrf-token', headers: { cookie: one } })).body).toEqual({ csrfToken });
    }
    const expired = await send({ url: '/api/csrf-token', headers: { cookie: access } });
    expect([expired.code, expired.cookies.length]).toEqual(['NOT_AUTHENTICATED', 2]);
  });

  it.each(['', 'theme=dark'])('answers 401 to %j, and touches no cookies', async (text) => {
    const answer = await send({ url: '/api/csrf-token', headers: { cookie: text } });
    expect([answer.status, answer.code, answer.cookies]).toEqual([401, 'NOT_AUTHENTICATED', []]);
  });
});

describe.each(changes)('a change over %s', (_name, change) => {
  it('is made with origin and token', async () => {
    expect((await send(change(genuine()))).status).toBe(200);
    expect(await bioOf()).toBe('changed');
  });

  it('is made by a page of the same origin, which a browser tells by Sec-Fetch-Site', async () => {
    const { origin: _, ...headers } = genuine();
    expect((await send(change({ ...headers, 'sec-fetch-site': 'same-origin' }))).status).toBe(200);
  });

  it('is refused without the token', async () => {
    const { 'x-csrf-token': _, ...headers } = genuine();
    expect((await send(change(headers))).code).toBe('CSRF_TOKEN_INVALID');
    expect(await bioOf()).toBe('');
  });
});

it('is asked for by every procedure that is not open, and changes something', async () => {
  const { operations } = await import('../../test/transports.js');
  const headers = { cookie, origin: ORIGIN };
  const anId = '019b76f2-7a6e-7c3a-9d53-2f1f0a6b8c11';
  const answers = await Promise.all(
    operations
      .filter(({ type, meta }) => type === 'mutation' && meta.access !== 'open')
      .flatMap(({ method, path, procedurePath }) => [
        send({ method, url: `/api${path.replaceAll(/\{\w+\}/g, anId)}`, headers }),
        send({ method: 'POST', url: `/trpc/${procedurePath}`, headers }),
        send({ method: 'POST', url: `/trpc/auth.login,${procedurePath}?batch=1`, headers }),
      ]),
  );
  expect(answers.length).toBeGreaterThan(90);
  expect(new Set(answers.map(({ code }) => code))).toEqual(new Set(['CSRF_TOKEN_INVALID']));
});
