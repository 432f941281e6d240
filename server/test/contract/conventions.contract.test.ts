import type { InjectOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectFailure, expectSuccess } from '../answers.js';
import { createFactories, type Factories } from '../factories.js';
import { createTestApp, type TestApp } from '../harness.js';
import { sampleCalls } from '../sample-calls.js';
import { callOver, everyCall, operations, readAnswer, type TestedOperation } from '../transports.js';

const ORIGIN = 'https://app.example.com';

let test: TestApp;
let given: Factories;

beforeAll(async () => {
  test = await createTestApp({
    environment: {
      LOG_LEVEL: 'DEBUG',
      WEB_ORIGINS: ORIGIN,
      PUBLIC_URL: 'https://api.example.com',
      ALLOWED_HOSTS: 'internal.lan',
    },
  });
  given = createFactories(test);
});
afterAll(() => test.close());

const json = { 'content-type': 'application/json' };
const anId = '019b76f2-7a6e-7c3a-9d53-2f1f0a6b8c11';

/** Every kind of answer that there is without a fault, by its status. */
const kinds: [status: number, kind: string, request: InjectOptions][] = [
  [200, 'a query', { url: '/api/streams' }],
  [200, 'a query over tRPC', { url: '/trpc/streams.list' }],
  [200, 'a batch', { url: '/trpc/streams.list,streams.list?batch=1&input=%7B%7D' }],
  [207, 'a batch with a failure', { url: '/trpc/streams.list,auth.me?batch=1&input=%7B%7D' }],
  [200, 'HEAD', { method: 'HEAD', url: '/api/streams' }],
  [200, 'health', { url: '/health/live' }],
  [204, 'a preflight', { method: 'OPTIONS', url: '/api/streams', headers: { origin: ORIGIN } }],
  [400, 'a broken body', { method: 'POST', url: '/api/auth/login', payload: '{', headers: json }],
  [401, 'no credentials', { url: '/api/auth/me' }],
  [401, 'no credentials over tRPC', { url: '/trpc/auth.me' }],
  [404, 'an unknown path', { url: '/nothing' }],
  [404, 'an unknown path below /api', { url: '/api/nothing' }],
  [404, 'an unknown procedure', { url: '/trpc/nothing.here' }],
  [404, 'an unknown row', { url: `/api/users/${anId}` }],
  [405, 'a wrong method', { method: 'DELETE', url: '/api/streams' }],
  [405, 'a wrong method over tRPC', { method: 'POST', url: '/trpc/streams.list' }],
  [
    413,
    'a large body',
    { method: 'POST', url: '/api/auth/login', payload: 'a'.repeat(1_048_577), headers: json },
  ],
  [
    415,
    'a text',
    { method: 'POST', url: '/api/auth/login', payload: 'a', headers: { 'content-type': 'text/plain' } },
  ],
  [422, 'a wrong field', { url: '/api/streams?limit=0' }],
];

describe.each(kinds)('%i, %s', (status, _kind, request) => {
  const send = (headers: Record<string, string> = {}) =>
    test.app.inject({ ...request, headers: { ...request.headers, ...headers } });

  it('carries the id of the request that came, in header, body and log', async () => {
    const id = `test.${status}_${Math.random().toString(36).slice(2)}-id`;
    const answer = await send({ 'x-request-id': id });
    expect([answer.statusCode, answer.headers['x-request-id']]).toEqual([status, id]);
    if (status >= 400) expect(answer.body).toContain(`"requestId":"${id}"`);
    const logged = test.logs.filter(({ data }) => (data as { requestId?: string }).requestId === id);
    const isQuiet = request.url === '/health/live';
    expect(logged.map(({ message }) => message)).toEqual(isQuiet ? [] : ['Request answered']);
  });

  it.each(['short', 'a'.repeat(129), 'with a space', 'a"quote{}', 'ünïcödé-id'])(
    'has an id of its own instead of %j',
    async (id) => {
      const answer = await send({ 'x-request-id': id });
      expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    },
  );

  it('is not kept, sniffed, framed or referred to', async () => {
    expect((await send()).headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
      'referrer-policy': 'no-referrer',
    });
    expect((await send()).headers).not.toHaveProperty('x-powered-by');
  });

  it('may be read by an allowed origin, and by no other', async () => {
    const { headers } = await send({ origin: ORIGIN });
    expect(headers['access-control-allow-origin']).toBe(ORIGIN);
    expect((await send({ origin: 'https://evil.example' })).headers).not.toHaveProperty(
      'access-control-allow-origin',
    );
  });
});

it.each([
  ['/api/users/%E0%A4%A', 'localhost', 'MALFORMED_REQUEST'],
  ['/api/streams', 'evil.example', 'HOST_NOT_ALLOWED'],
] as const)('carries the id of what is refused before it is routed: %s on %s', async (url, host, code) => {
  const headers = { host, 'x-request-id': 'an-id.of_the-caller' };
  const answer = readAnswer('REST', await test.app.inject({ url, headers }));
  expect([answer.status, answer.failure]).toMatchObject([400, { code, requestId: 'an-id.of_the-caller' }]);
  expect(answer.headers['x-request-id']).toBe('an-id.of_the-caller');
});

describe.each(everyCall)('$path over $transport', ({ transport, operation, path }) => {
  it('shows ids, times and money as everywhere, and nothing private', async () => {
    const { owner, input } = await sampleCalls[path](given);
    expectSuccess(operation, transport, await callOver(test.app, transport, operation, input, { as: owner }));
  });
});

describe('an empty body', () => {
  const types = [undefined, 'application/json', 'application/json; charset=utf-8', 'text/plain'];

  it.each(types)('is no body, under content type %s', async (type) => {
    const { accessToken } = await given.account();
    const headers = { authorization: `Bearer ${accessToken}`, ...(type && { 'content-type': type }) };
    for (const [transport, url] of [
      ['REST', '/api/auth/logout'],
      ['tRPC', '/trpc/auth.logout'],
    ] as const) {
      const signedIn = await given.account();
      const authorization = `Bearer ${signedIn.accessToken}`;
      const response = await test.app.inject({ method: 'POST', url, headers: { ...headers, authorization } });
      expect(readAnswer(transport, response).data).toEqual({ scope: 'everywhere' });
    }
  });

  it.each(types)('is an input without its fields, under content type %s', async (type) => {
    const headers = type && { 'content-type': type };
    for (const [transport, url] of [
      ['REST', '/api/auth/login'],
      ['tRPC', '/trpc/auth.login'],
    ] as const) {
      const response = await test.app.inject({ method: 'POST', url, ...(headers && { headers }) });
      expectFailure(transport, readAnswer(transport, response), 'VALIDATION_FAILED');
    }
  });
});

describe('lists', () => {
  const takesLimit = ({ input }: TestedOperation) =>
    [{}, { id: anId }, { streamId: anId }].some((given) => input?.safeParse({ limit: 1, ...given }).success);
  const lists = operations.filter(takesLimit);

  it('are all that take a limit', () => {
    expect(lists.map(({ procedurePath }) => procedurePath).sort()).toEqual([
      'administration.listAuditLog',
      'auth.listSessions',
      'chat.history',
      'moderation.listActions',
      'moderation.listModerators',
      'moderation.listRestrictions',
      'payments.history',
      'payments.leaderboard',
      'payments.listPayouts',
      'presence.list',
      'reports.list',
      'streams.list',
      'users.listFollowed',
      'users.listStreams',
    ]);
  });

  it('have 20 items a page, and a cursor to the next', async () => {
    const performer = await given.performer();
    for (let count = 0; count < 21; count += 1) await given.scheduledStream(performer);
    const url = `/api/users/${performer.user.id}/streams`;
    const first = (await test.app.inject(url)).json();
    expect([first.items.length, Object.keys(first)]).toEqual([20, ['items', 'nextCursor']]);
    const second = (await test.app.inject(`${url}?cursor=${first.nextCursor}&limit=100`)).json();
    expect([second.items.length, second.nextCursor]).toEqual([1, null]);
  });

  it('refuse a field that is given twice', async () => {
    const answer = readAnswer('REST', await test.app.inject('/api/streams?limit=1&limit=2'));
    expectFailure('REST', answer, 'VALIDATION_FAILED');
  });
});

it('answers HEAD as GET, without the body', async () => {
  const { user, accessToken } = await given.account();
  for (const url of ['/api/streams', `/api/users/${user.id}`, '/api/auth/me']) {
    const headers = { authorization: `Bearer ${accessToken}` };
    const [get, head] = await Promise.all([
      test.app.inject({ url, headers }),
      test.app.inject({ method: 'HEAD', url, headers }),
    ]);
    expect([head.statusCode, head.body, head.headers['content-length']]).toEqual([
      200,
      '',
      get.headers['content-length'],
    ]);
  }
});

it('tells an allowed origin what it may send and read', async () => {
  const preflight = { origin: ORIGIN, 'access-control-request-method': 'PUT' };
  const { headers } = await test.app.inject({ method: 'OPTIONS', url: '/api/streams', headers: preflight });
  expect(headers).toMatchObject({
    'access-control-allow-credentials': 'true',
    'access-control-allow-methods': expect.stringContaining('PUT'),
    'access-control-allow-headers': expect.stringContaining('Idempotency-Key'),
  });
  const answer = await test.app.inject({ url: '/api/streams', headers: { origin: ORIGIN } });
  expect(answer.headers['access-control-expose-headers']).toMatch(/X-Request-Id.*Retry-After/);
  expect(answer.headers.vary).toContain('Origin');
});

it.each([
  'localhost',
  'localhost:3000',
  '127.0.0.1:3000',
  '[::1]:3000',
  'api.example.com',
  'internal.lan:80',
])('is served as %s', async (host) => {
  expect((await test.app.inject({ url: '/api/streams', headers: { host } })).statusCode).toBe(200);
});

it.each(['evil.example', 'localhost.evil.example', 'api.example.com.evil.example', 'a b'])(
  'is not served as %j, except to probes',
  async (host) => {
    const answer = readAnswer('REST', await test.app.inject({ url: '/api/streams', headers: { host } }));
    expectFailure('REST', answer, 'HOST_NOT_ALLOWED');
    expect((await test.app.inject({ url: '/health/ready', headers: { host } })).statusCode).toBe(200);
  },
);
