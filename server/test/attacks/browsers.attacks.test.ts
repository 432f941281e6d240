import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { InjectOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFactories, type Factories, PASSWORD } from '../factories.js';
import { createTestApp, type TestApp } from '../harness.js';
import { openSocket, refusalOf } from '../live/raw-socket.js';

const ORIGIN = 'https://app.example.com';

let test: TestApp;
let given: Factories;
let url: string;

beforeAll(async () => {
  test = await createTestApp({
    environment: {
      WEB_ORIGINS: ORIGIN,
      PUBLIC_URL: 'https://api.example.com',
      RATE_LIMIT_HANDSHAKES_PER_MINUTE: '1000',
    },
  });
  given = createFactories(test);
  url = await test.app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => test.close());

const send = async (request: InjectOptions) => {
  const answer = await test.app.inject(request);
  const body = answer.body === '' ? undefined : answer.json();
  return {
    status: answer.statusCode,
    code: body?.code ?? body?.error?.data.appCode,
    body,
    headers: answer.headers,
    cookies: [answer.headers['set-cookie'] ?? []].flat(),
  };
};

/** Somebody whose browser keeps a session in cookies. */
const openVictim = async () => {
  const { user } = await given.account();
  const { cookies } = await send({
    method: 'POST',
    url: '/api/auth/login',
    payload: { email: user.email, password: PASSWORD },
    headers: { 'x-session': 'cookie', origin: ORIGIN },
  });
  const cookie = cookies.map((line) => line.split(';')[0]).join('; ');
  const { csrfToken } = (await send({ url: '/api/csrf-token', headers: { cookie } })).body as {
    csrfToken: string;
  };
  return { user, cookie, csrfToken, lines: cookies };
};

let victim: Awaited<ReturnType<typeof openVictim>>;
// None of the attacks does anything to it.
beforeAll(async () => {
  victim = await openVictim();
});

const isUntouched = async () => {
  const me = await send({ url: '/api/auth/me', headers: { cookie: victim.cookie } });
  const { bio } = await test.services.users.get(victim.user.id);
  return me.status === 200 && bio === '';
};

/** What a forged request wants: to change the profile, and to end the session, by either transport. */
const targets: [string, () => InjectOptions][] = [
  ['a profile over REST', () => ({ method: 'PUT', url: `/api/users/${victim.user.id}` })],
  ['a profile over tRPC', () => ({ method: 'POST', url: '/trpc/users.update' })],
  ['a profile in a batch', () => ({ method: 'POST', url: '/trpc/users.get,users.update?batch=1' })],
  [
    'a profile in a batch with a login',
    () => ({ method: 'POST', url: '/trpc/auth.login,users.update?batch=1' }),
  ],
  ['the session over REST', () => ({ method: 'POST', url: '/api/auth/logout' })],
  ['the session over tRPC', () => ({ method: 'POST', url: '/trpc/auth.logout' })],
  ['the tokens over REST', () => ({ method: 'POST', url: '/api/auth/refresh' })],
  ['the tokens over tRPC', () => ({ method: 'POST', url: '/trpc/auth.refresh' })],
];

describe.each(targets)('a forged request for %s', (_name, target) => {
  it.each([
    ['application/x-www-form-urlencoded', 'bio=forged'],
    [
      'multipart/form-data; boundary=x',
      '--x\r\nContent-Disposition: form-data; name="bio"\r\n\r\nf\r\n--x--',
    ],
    ['text/plain', '{"bio":"forged","x":"="}'],
    ['text/plain; charset=application/json', '{"bio":"forged"}'],
    ['application/json', '{"bio":"forged"}'],
    ['application/json; charset=utf-8', '{"bio":"forged"}'],
    ['application/x-www-form-urlencoded', ''],
    ['text/plain', ''],
    ['', ''],
  ])('is refused as %s with the body %j', async (type, payload) => {
    const headers = {
      cookie: victim.cookie,
      origin: 'https://evil.example',
      'sec-fetch-site': 'cross-site',
      ...(type && { 'content-type': type }),
    };
    const answer = await send({ ...target(), headers, ...(payload && { payload }) });
    expect([answer.status, answer.cookies]).toEqual([
      expect.toSatisfy((status: number) => [403, 415, 422].includes(status)),
      [],
    ]);
    expect(await isUntouched()).toBe(true);
  });

  it.each([
    'null',
    '',
    'https://evil.example',
    'http://app.example.com',
    'https://app.example.com:444',
    'https://app.example.com.evil.example',
    'https://evilapp.example.com',
    'https://app.example.com@evil.example',
    'https://app.example.com/',
    'https://app.example.com, https://evil.example',
    'https://evil.example, https://app.example.com',
    'HTTPS://APP.EXAMPLE.COM',
    // As Node reads the bytes of a Greek letter in the place of a Latin one.
    Buffer.from('https://app.example.cοm').toString('latin1'),
    'file://',
    'chrome-extension://abcdefgh',
    'http://localhost:3000',
  ])('is refused from %j, even with the token', async (origin) => {
    const headers = { cookie: victim.cookie, origin, 'x-csrf-token': victim.csrfToken };
    const answer = await send({ ...target(), payload: {}, headers });
    expect([answer.status, answer.code]).toEqual([403, 'ORIGIN_NOT_ALLOWED']);
    expect(await isUntouched()).toBe(true);
  });

  it.each([undefined, 'cross-site', 'same-site', 'none', 'Same-Origin', ''])(
    'is refused without an origin and Sec-Fetch-Site %j, even with the token',
    async (site) => {
      const headers = {
        cookie: victim.cookie,
        'x-csrf-token': victim.csrfToken,
        ...(site !== undefined && { 'sec-fetch-site': site }),
      };
      expect((await send({ ...target(), payload: {}, headers })).code).toBe('ORIGIN_NOT_ALLOWED');
    },
  );

  it('is refused with the token of another session, of the same user too', async () => {
    const other = await openVictim();
    const again = await given.login({ ...victim, accessToken: '', refreshToken: '', expiresInSeconds: 0 });
    const cookie = `__Host-access=${again.accessToken}`;
    const own = (await send({ url: '/api/csrf-token', headers: { cookie } })).body.csrfToken;
    for (const token of [other.csrfToken, own, '', `${victim.csrfToken} `, `${victim.csrfToken}x`]) {
      const headers = { cookie: victim.cookie, origin: ORIGIN, 'x-csrf-token': token };
      expect((await send({ ...target(), payload: {}, headers })).code).toBe('CSRF_TOKEN_INVALID');
    }
  });

  it('is refused with the token anywhere but in its header', async () => {
    const { url: path = '', ...request } = target();
    const separator = String(path).includes('?') ? '&' : '?';
    const answer = await send({
      ...request,
      url: `${path}${separator}csrfToken=${victim.csrfToken}&X-CSRF-Token=${victim.csrfToken}`,
      payload: { csrfToken: victim.csrfToken },
      headers: { cookie: `${victim.cookie}; X-CSRF-Token=${victim.csrfToken}`, origin: ORIGIN },
    });
    expect(['CSRF_TOKEN_INVALID', 'VALIDATION_FAILED']).toContain(answer.code);
    expect(await isUntouched()).toBe(true);
  });

  it.each(['x-http-method-override', 'x-method-override', 'x-http-method'])(
    'is not made of a GET by %s',
    async (name) => {
      const { url: path = '', method = 'POST' } = target();
      const headers = { cookie: victim.cookie, [name]: method };
      await send({ url: path, headers });
      expect(await isUntouched()).toBe(true);
    },
  );
});

describe('a page of another origin', () => {
  it.each(['https://evil.example', 'null', 'https://app.example.com.evil.example'])(
    'at %s gets no leave to send what signs in or changes, nor to read the token',
    async (origin) => {
      const preflight = await send({
        method: 'OPTIONS',
        url: '/api/auth/login',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'x-session,x-csrf-token,content-type',
        },
      });
      expect(preflight.headers).not.toHaveProperty('access-control-allow-origin');
      const headers = { origin, cookie: victim.cookie };
      const token = await send({ url: '/api/csrf-token', headers });
      expect(token.headers).not.toHaveProperty('access-control-allow-origin');
      expect(token.headers['cache-control']).toBe('no-store');
    },
  );

  it('cannot sign its visitor in to the attacker’s account', async () => {
    const { user } = await given.account();
    const payload = { email: user.email, password: PASSWORD };
    const headers = { origin: 'https://evil.example', 'x-session': 'cookie' };
    const answer = await send({ method: 'POST', url: '/api/auth/login', payload, headers });
    expect([answer.code, answer.cookies]).toEqual(['ORIGIN_NOT_ALLOWED', []]);
    // What needs no leave cannot ask for cookies, and carries no JSON.
    const form = await send({
      method: 'POST',
      url: '/api/auth/login',
      payload: JSON.stringify(payload),
      headers: { origin: 'https://evil.example', 'content-type': 'text/plain' },
    });
    expect([form.code, form.cookies]).toEqual(['UNSUPPORTED_MEDIA_TYPE', []]);
  });
});

describe('a WebSocket of another site (CSWSH)', () => {
  it.each(['https://evil.example', 'null', 'https://app.example.com.evil.example', 'http://app.example.com'])(
    'from %s is refused, with cookies and without',
    async (origin) => {
      const attempts: Record<string, string>[] = [{ origin, cookie: victim.cookie }, { origin }];
      for (const headers of attempts) {
        expect(await refusalOf(url, { headers })).toMatchObject({ status: 403 });
      }
    },
  );

  it('from nowhere is refused with cookies, and is a guest’s without', async () => {
    const refusal = await refusalOf(url, { headers: { cookie: victim.cookie } });
    expect(refusal).toMatchObject({ status: 403, code: 'ORIGIN_NOT_ALLOWED' });
    const socket = await openSocket(url);
    expect((await socket.call('query', 'auth.me')).error?.data.appCode).toBe('NOT_AUTHENTICATED');
    socket.ws.close();
    await socket.closed;
  });
});

describe('cookies', () => {
  it('can be read by no script, sent by no other site nor in the clear, and set by no other host', () => {
    expect(victim.lines).toHaveLength(2);
    for (const line of victim.lines) {
      expect(line).toMatch(
        /^__Host-(access|refresh)=[\w.-]+; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
      );
    }
  });

  const forged = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.';

  it.each([
    ['twice, theirs first', (own: string) => `__Host-access=${forged}; ${own}`],
    ['twice, theirs last', (own: string) => `${own}; __Host-access=${forged}`],
    ['twice, the same', (own: string) => `${own}; ${own}`],
    ['in quotes', (own: string) => own.replace(/=([\w.-]+)/g, '="$1"')],
    ['percent-encoded', (own: string) => own.replaceAll('.', '%2E')],
    ['of nothing', () => '__Host-access='],
    ['of a megabyte’s beginning', () => `__Host-access=${'a'.repeat(5000)}`],
  ])('that came %s are no credentials', async (_name, toCookie) => {
    const headers = { cookie: toCookie(victim.cookie) };
    expect((await send({ url: '/api/auth/me', headers })).code).toBe('ACCESS_TOKEN_INVALID');
  });

  it.each([
    ['in other letters', (own: string) => own.replaceAll('__Host-', '__host-')],
    ['without their prefix', (own: string) => own.replaceAll('__Host-', '')],
    ['with another prefix', (own: string) => own.replaceAll('__Host-', '__Secure-')],
    ['after a space of Unicode', (own: string) => own.replaceAll('__Host-', '\u00a0__Host-')],
    ['after a vertical tab', (own: string) => own.replaceAll('__Host-', 'x\u000b__Host-')],
    ['inside another cookie', (own: string) => `theme="a, ${own.replaceAll('; ', ', ')}"`],
    ['with a version of old', (own: string) => `$Version=1; theme="${own.replaceAll(';', ',')}"`],
    ['without a name', (own: string) => own.replaceAll('__Host-access=', '=__Host-access=')],
  ])('that came %s are nobody’s', async (_name, toCookie) => {
    const headers = { cookie: toCookie(victim.cookie) };
    expect((await send({ url: '/api/auth/me', headers })).code).toBe('NOT_AUTHENTICATED');
  });

  it('of one kind do not pass for the other', async () => {
    const [access = '', refresh = ''] = victim.cookie.split('; ').map((pair) => pair.split('=')[1]);
    const swapped = `__Host-access=${refresh}; __Host-refresh=${access}`;
    expect((await send({ url: '/api/auth/me', headers: { cookie: swapped } })).code).toBe(
      'ACCESS_TOKEN_INVALID',
    );
    const headers = { cookie: swapped, origin: ORIGIN, 'x-csrf-token': victim.csrfToken };
    expect((await send({ method: 'POST', url: '/api/auth/refresh', headers })).code).toBe(
      'REFRESH_TOKEN_INVALID',
    );
  });

  it('with a session of the attacker’s making give no CSRF token', async () => {
    const payload = victim.cookie.split('=')[1]?.split('.')[1];
    const cookie = `__Host-access=eyJhbGciOiJub25lIn0.${payload}.; __Host-refresh=e30.${payload}.c2ln`;
    expect((await send({ url: '/api/csrf-token', headers: { cookie } })).code).toBe('NOT_AUTHENTICATED');
  });

  it('are not read beside a bearer token, nor make it need a CSRF token', async () => {
    const attacker = await given.account();
    const headers = { cookie: victim.cookie, authorization: `Bearer ${attacker.accessToken}` };
    expect((await send({ url: '/api/auth/me', headers })).body.id).toBe(attacker.user.id);
    const changed = await send({
      method: 'PUT',
      url: `/api/users/${victim.user.id}`,
      payload: { bio: 'forged' },
      headers,
    });
    expect(changed.code).toBe('FORBIDDEN');
    for (const authorization of ['', 'Basic x', 'Bearer ']) {
      const answer = await send({ url: '/api/auth/me', headers: { cookie: victim.cookie, authorization } });
      expect(answer.code).toBe('ACCESS_TOKEN_INVALID');
    }
  });

  it('sign in to nothing that the login did not make (session fixation)', async () => {
    const answer = await send({
      method: 'POST',
      url: '/api/auth/login',
      payload: { email: victim.user.email, password: PASSWORD },
      headers: { cookie: victim.cookie, 'x-session': 'cookie', origin: ORIGIN },
    });
    const old = victim.cookie.split('; ');
    for (const line of answer.cookies) expect(old).not.toContain(line.split(';')[0]);
  });

  it('are in no log', () => {
    const logged = JSON.stringify(test.logs);
    for (const pair of victim.cookie.split('; ')) expect(logged).not.toContain(pair.split('=')[1]);
    expect(logged).not.toContain(victim.csrfToken);
  });
});

it('headers that came twice over the wire are refused, whichever of them is right', async () => {
  const { port } = test.app.server.address() as AddressInfo;
  const ask = (headers: [string, string][]) =>
    new Promise<number | undefined>((resolve, reject) => {
      const flat = [['host', 'localhost'], ['content-length', '0'], ...headers].flat();
      httpRequest({ port, method: 'POST', path: '/api/auth/logout', headers: flat }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      })
        .on('error', reject)
        .end();
    });
  const [access = ''] = victim.cookie.split('; ');
  const own: [string, string][] = [
    ['cookie', victim.cookie],
    ['origin', ORIGIN],
    ['x-csrf-token', victim.csrfToken],
  ];
  expect(await ask([...own, ['cookie', access]])).toBe(403);
  expect(await ask([...own, ['x-csrf-token', 'other']])).toBe(403);
  expect(await ask([['origin', 'https://evil.example'], ...own])).toBe(403);
  expect(await isUntouched()).toBe(true);
  expect(await ask(own)).toBe(200);
});
