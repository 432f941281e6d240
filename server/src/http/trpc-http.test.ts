import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { createHttpApp, post } from '../../test/http-app.js';
import { AppError } from '../platform/app-error.js';
import { router } from '../trpc/init.js';
import { openProcedure } from '../trpc/procedures.js';

const listened = vi.fn();

const testRouter = router({
  get: openProcedure.input(z.strictObject({ id: z.string() })).query(({ input }) => input),
  send: openProcedure
    .input(z.strictObject({ text: z.string() }).optional())
    .mutation(({ input }) => input ?? 'none'),
  reset: openProcedure.mutation(() => 'reset'),
  busy: openProcedure.query(() => {
    throw new AppError('OVERLOADED', { retryAfterMs: 1200 });
  }),
  fail: openProcedure.query(() => {
    throw new Error('select secret from table');
  }),
  onEvent: openProcedure.subscription(async function* () {
    listened();
    yield 1;
  }),
});

const { app, logs } = await createHttpApp(testRouter, {
  environment: { WEB_ORIGINS: 'https://app.example.com' },
});

const inputOf = (value: unknown) => `input=${encodeURIComponent(JSON.stringify(value))}`;

it('reads queries with GET and mutations with POST', async () => {
  expect((await app.inject(`/trpc/get?${inputOf({ id: 'a' })}`)).json()).toEqual({
    result: { data: { id: 'a' } },
  });
  expect((await post(app, '/trpc/send', '{"text":"hi"}')).json()).toEqual({
    result: { data: { text: 'hi' } },
  });
  const wrong = await app.inject('/trpc/send');
  expect([wrong.statusCode, wrong.headers.allow, wrong.json().error.data.appCode]).toEqual([
    405,
    'POST',
    'METHOD_NOT_ALLOWED',
  ]);
});

it.each([[undefined], ['application/json'], ['text/plain']])(
  'takes an empty body under %s for no input',
  async (type) => {
    const headers = type ? { 'content-type': type } : {};
    const answer = await app.inject({ method: 'POST', url: '/trpc/send', headers });
    expect([answer.statusCode, answer.json().result.data]).toEqual([200, 'none']);
  },
);

describe('content types', () => {
  it.each([
    'multipart/form-data; boundary=x',
    'application/octet-stream',
    'application/x-www-form-urlencoded',
    'text/plain',
  ])('answers 415 to %s before a procedure runs', async (type) => {
    const answer = await post(app, '/trpc/reset', '--x\r\n\r\n--x--', type);
    expect(answer.statusCode).toBe(415);
    expect(answer.json().error.data).toMatchObject({ appCode: 'UNSUPPORTED_MEDIA_TYPE', httpStatus: 415 });
    const read = await app.inject({ url: '/trpc/get', headers: { 'content-type': type } });
    expect(read.statusCode).toBe(415);
  });

  it('answers 400 to what is not JSON, whether or not the procedure has an input', async () => {
    for (const name of ['send', 'reset']) {
      const answer = await post(app, `/trpc/${name}`, '{');
      expect([answer.statusCode, answer.json().error.data.appCode]).toEqual([400, 'MALFORMED_REQUEST']);
    }
  });

  it('answers 413 to more than 1 MiB', async () => {
    const answer = await post(app, '/trpc/send', JSON.stringify({ text: 'x'.repeat(1024 * 1024) }));
    expect([answer.statusCode, answer.json().error.data.appCode]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  });
});

describe('batches', () => {
  const batch = (count: number, separator = ',') =>
    app.inject(`/trpc/${Array(count).fill('get').join(separator)}?batch=1&${inputOf({ 0: { id: 'a' } })}`);

  it('answers up to ten calls', async () => {
    expect((await batch(10)).json()).toHaveLength(10);
  });

  it.each([',', '%2C', '%2c'])('answers 400 to eleven, separated by %s', async (separator) => {
    const answer = await batch(11, separator);
    expect([answer.statusCode, answer.json().error.data.appCode]).toEqual([400, 'MALFORMED_REQUEST']);
    expect((await batch(500, separator)).statusCode).toBe(400);
  });
});

describe('subscriptions', () => {
  it.each(['onEvent', 'on%45vent', 'get,onEvent?batch=1', 'onEvent%2ConEvent?batch=1'])(
    'refuses %s with 405 before it runs',
    async (path) => {
      const answer = await app.inject({ url: `/trpc/${path}`, headers: { accept: 'text/event-stream' } });
      expect([answer.statusCode, answer.json().error.data.appCode]).toEqual([405, 'METHOD_NOT_ALLOWED']);
      expect(answer.headers.allow).toBe('');
      expect(listened).not.toHaveBeenCalled();
    },
  );
});

describe('failures', () => {
  it.each([
    ['no.such', 404, 'NOT_FOUND'],
    ['__proto__', 404, 'NOT_FOUND'],
    ['get', 422, 'VALIDATION_FAILED'],
    ['get?input=%7B', 400, 'MALFORMED_REQUEST'],
    ['%zz', 400, 'MALFORMED_REQUEST'],
    ['fail', 500, 'INTERNAL_ERROR'],
    ['', 404, 'NOT_FOUND'],
  ])('answers %s with %i in tRPC’s shape', async (path, status, appCode) => {
    const answer = await app.inject({ url: `/trpc/${path}`, headers: { 'x-request-id': 'request-1' } });
    expect([answer.statusCode, answer.headers['x-request-id']]).toEqual([status, 'request-1']);
    expect(answer.json().error).toMatchObject({
      code: expect.any(Number),
      data: { appCode, httpStatus: status, requestId: 'request-1' },
    });
    expect(answer.body).not.toContain('secret');
    expect(answer.body).not.toContain('stack');
  });

  it('logs a fault once', async () => {
    logs.length = 0;
    await app.inject('/trpc/fail');
    expect(logs).toHaveLength(1);
  });

  it('says when to come back', async () => {
    const answer = await app.inject('/trpc/busy');
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '2']);
    expect(answer.json().error.data.retryAfterMs).toBe(1200);
  });

  it('has its own shape for what the edge refuses', async () => {
    const answer = await app.inject({ url: '/trpc/get', headers: { host: 'evil.example' } });
    expect([answer.statusCode, answer.json().error.data.appCode]).toEqual([400, 'HOST_NOT_ALLOWED']);
  });
});

it('lets an allowed origin read, and names every header that answers vary by', async () => {
  const answer = await app.inject({ url: '/trpc/reset', headers: { origin: 'https://app.example.com' } });
  expect(answer.headers['access-control-allow-origin']).toBe('https://app.example.com');
  expect(answer.headers.vary).toMatch(/trpc-accept/);
  expect(answer.headers.vary).toMatch(/Origin/);
});
