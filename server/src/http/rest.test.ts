import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createHttpApp, post } from '../../test/http-app.js';
import { AppError } from '../platform/app-error.js';
import { router } from '../trpc/init.js';
import { openProcedure, signedInProcedure } from '../trpc/procedures.js';

const echo = openProcedure.output(z.any());
let calls = 0;

const testRouter = router({
  things: router({
    list: openProcedure
      .meta({ openapi: { method: 'GET', path: '/things' }, isShared: true })
      .input(z.strictObject({ limit: z.int().min(1).default(20), isLive: z.boolean().optional() }))
      .output(z.object({ limit: z.int(), isLive: z.boolean().optional(), calls: z.int() }))
      .query(({ input }) => ({ ...input, calls: ++calls })),
    get: echo
      .meta({ openapi: { method: 'GET', path: '/things/{id}' } })
      .input(z.strictObject({ id: z.string() }))
      .query(({ input }) => input),
    update: echo
      .meta({ openapi: { method: 'PUT', path: '/things/{id}' } })
      .input(z.strictObject({ id: z.string(), name: z.string().optional() }))
      .mutation(({ input }) => input),
    tip: echo
      .meta({ openapi: { method: 'POST', path: '/things/tip' }, successStatus: 201 })
      .input(z.strictObject({ amount: z.int().min(0), isAnonymous: z.boolean().optional() }))
      .mutation(({ input }) => input),
    touch: echo
      .meta({ openapi: { method: 'POST', path: '/things/{id}/touch' } })
      .input(z.strictObject({ id: z.string(), note: z.string().optional() }))
      .mutation(({ input }) => input),
    table: openProcedure
      .meta({
        openapi: { method: 'GET', path: '/table' },
        csv: (names: string[]) => ({
          fileName: 'names.csv',
          columns: ['name'],
          rows: names.map((name) => [name]),
        }),
      })
      .input(z.strictObject({ name: z.string() }))
      .output(z.array(z.string()))
      .query(({ input }) => [input.name]),
    nothing: openProcedure
      .meta({ openapi: { method: 'POST', path: '/nothing' } })
      .output(z.undefined())
      .mutation(() => undefined),
    mine: signedInProcedure
      .meta({ openapi: { method: 'GET', path: '/mine' } })
      .output(z.any())
      .query(() => 'mine'),
    fail: openProcedure
      .meta({ openapi: { method: 'GET', path: '/fail' } })
      .input(z.strictObject({ how: z.enum(['fault', 'busy', 'price', 'output']) }))
      .output(z.object({ ok: z.literal(true) }))
      .query(({ input }) => {
        if (input.how === 'busy') throw new AppError('OVERLOADED', { retryAfterMs: 1200 });
        if (input.how === 'price') {
          throw new AppError('ACCESS_REQUIRED', { price: { amount: 500, currency: 'USD' } });
        }
        if (input.how === 'fault') throw new Error('select secret from table');
        return { ok: false } as unknown as { ok: true };
      }),
  }),
});

const { app, bus, logs } = await createHttpApp(testRouter);
const isProblem = expect.stringMatching(/^application\/problem\+json/);

describe('tables', () => {
  const origin = 'http://localhost:5173';
  const get = (accept: string | undefined, query = 'name=%3D1%2B1') =>
    app.inject({
      url: `/api/table?${query}`,
      headers: { origin, ...(accept !== undefined && { accept }) },
    });

  it('answers with a file where a table is preferred, and else with JSON', async () => {
    const file = await get('text/csv, application/json;q=0.5');
    expect([file.statusCode, file.body]).toEqual([200, "name\r\n'=1+1\r\n"]);
    expect(file.headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': 'attachment; filename="names.csv"',
    });
    for (const accept of [undefined, '*/*', 'application/json']) {
      const json = await get(accept);
      expect([json.statusCode, json.body]).toEqual([200, '["=1+1"]']);
      expect(json.headers['content-type']).toBe('application/json; charset=utf-8');
      expect(json.headers).not.toHaveProperty('content-disposition');
    }
  });

  it('says that the answer varies by Accept, beside what it varies by anyway', async () => {
    const plain = (await app.inject({ url: '/api/things/a', headers: { origin } })).headers.vary;
    for (const accept of [undefined, 'text/csv']) {
      expect((await get(accept)).headers.vary).toBe([plain ?? [], 'Accept'].flat().join(', '));
    }
  });

  it('tells errors as problems to whoever wants a table too', async () => {
    const refused = await get('text/csv', 'nme=x');
    expect([refused.statusCode, refused.headers['content-type']]).toEqual([422, isProblem]);
    expect(refused.json()).toMatchObject({ code: 'VALIDATION_FAILED' });
  });

  it('answers HEAD as GET', async () => {
    const head = await app.inject({
      method: 'HEAD',
      url: '/api/table?name=x',
      headers: { accept: 'text/csv' },
    });
    expect([head.statusCode, head.body, head.headers['content-type']]).toEqual([
      200,
      '',
      'text/csv; charset=utf-8; header=present',
    ]);
  });

  it('refuses to be set up for what is no plain GET', async () => {
    const csv = () => ({ fileName: 'x.csv', columns: [], rows: [] });
    const shared = openProcedure
      .meta({ openapi: { method: 'GET', path: '/x' }, isShared: true, csv })
      .output(z.any())
      .query(() => 1);
    const posted = openProcedure
      .meta({ openapi: { method: 'POST', path: '/x' }, csv })
      .output(z.any())
      .mutation(() => 1);
    for (const x of [shared, posted]) {
      await expect(createHttpApp(router({ x }))).rejects.toThrow('x has a table');
    }
  });
});

describe('answers', () => {
  it('answers with the output, 200 or the status of the procedure', async () => {
    const read = await app.inject('/api/things/a');
    expect([read.statusCode, read.json()]).toEqual([200, { id: 'a' }]);
    expect(read.headers['content-type']).toBe('application/json; charset=utf-8');
    expect((await post(app, '/api/things/tip', '{"amount":5}')).statusCode).toBe(201);
  });

  it('answers null for a procedure without output', async () => {
    expect((await app.inject({ method: 'POST', url: '/api/nothing' })).body).toBe('null');
  });

  it('answers HEAD wherever it answers GET', async () => {
    const head = await app.inject({ method: 'HEAD', url: '/api/things/a' });
    expect([head.statusCode, head.body, head.headers['content-length']]).toEqual([200, '', '10']);
  });

  it('decodes parameters of the path', async () => {
    expect((await app.inject('/api/things/a%20%C3%A9%2Fb')).json()).toEqual({ id: 'a é/b' });
  });

  it('converts the query by declared type, and refuses what is left', async () => {
    expect((await app.inject('/api/things?limit=5&isLive=false')).json()).toMatchObject({
      limit: 5,
      isLive: false,
    });
    for (const query of [
      'limit=05',
      'limit=0',
      'isLive=1',
      'limit=5&limit=6',
      'other=1',
      '__proto__=1',
      'limit=',
    ]) {
      expect([query, (await app.inject(`/api/things?${query}`)).statusCode]).toEqual([query, 422]);
    }
  });
});

describe('bodies', () => {
  it.each([
    ['no body', undefined, undefined],
    ['no body, application/json', '', 'application/json'],
    ['no body, text/plain', '', 'text/plain'],
    ['an empty object', '{}', 'application/json'],
    ['an empty object, with a charset', '{}', 'Application/JSON; charset=utf-8'],
  ])('takes %s for no fields', async (_name, payload, type) => {
    const answer = await app.inject({
      method: 'POST',
      url: '/api/things/a/touch',
      ...(payload !== undefined && { payload }),
      headers: type ? { 'content-type': type } : {},
    });
    expect([answer.statusCode, answer.body]).toEqual([200, '{"id":"a"}']);
  });

  it.each([
    'text/plain',
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded',
    'application/jsonx',
  ])('answers 415 to %s', async (type) => {
    const answer = await post(app, '/api/things/tip', '{"amount":5}', type);
    expect([answer.statusCode, answer.json().code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
  });

  it.each(['{', '{"amount":5}x', '{"__proto__":{"amount":5}}', '{"constructor":{"prototype":{}}}'])(
    'answers 400 to %s',
    async (payload) => {
      const answer = await post(app, '/api/things/tip', payload);
      expect([answer.statusCode, answer.json().code]).toEqual([400, 'MALFORMED_REQUEST']);
    },
  );

  it.each(['[]', 'null', '5', '"text"', '{"amount":5,"more":1}', '{}'])(
    'answers 422 to %s',
    async (payload) => {
      expect((await post(app, '/api/things/tip', payload)).statusCode).toBe(422);
    },
  );

  it('answers 422 to a body that repeats a parameter of the path', async () => {
    const answer = await app.inject({ method: 'PUT', url: '/api/things/a', payload: { id: 'b', name: 'n' } });
    expect([answer.statusCode, answer.json().errors[0].path]).toEqual([422, 'id']);
  });

  it('answers 413 to more than 1 MiB', async () => {
    const answer = await post(app, '/api/things/tip', `{"amount":"${'5'.repeat(1024 * 1024)}"}`);
    expect([answer.statusCode, answer.json().code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  });
});

it('does not loosen what tRPC accepts', async () => {
  const bad = [
    { amount: '5', isAnonymous: false },
    { amount: true, isAnonymous: true },
    { amount: null },
    { amount: [7] },
    { amount: 5, isAnonymous: 'false' },
    { amount: 5, isAnonymous: 1 },
  ];
  for (const body of bad)
    expect((await post(app, '/api/things/tip', JSON.stringify(body))).statusCode).toBe(422);
  await app.inject('/api/things?limit=5&isLive=true');
  for (const body of bad)
    expect((await post(app, '/trpc/things.tip', JSON.stringify(body))).statusCode).toBe(422);
  const input = encodeURIComponent('{"limit":"5"}');
  expect((await app.inject(`/trpc/things.list?input=${input}`)).statusCode).toBe(422);
});

describe('failures', () => {
  it('answers a fault with a constant text, and logs it once', async () => {
    logs.length = 0;
    const answer = await app.inject('/api/fail?how=fault');
    expect(answer.statusCode).toBe(500);
    expect(answer.json()).toEqual({
      type: 'urn:versbottomlex:problem:internal-error',
      title: 'Something went wrong',
      status: 500,
      detail: 'Something went wrong',
      code: 'INTERNAL_ERROR',
      requestId: answer.headers['x-request-id'],
    });
    expect(logs).toEqual([
      expect.objectContaining({ level: 'ERROR', data: expect.objectContaining({ path: 'things.fail' }) }),
    ]);
  });

  it('takes an output that breaks its schema for a fault', async () => {
    expect((await app.inject('/api/fail?how=output')).statusCode).toBe(500);
  });

  it('shows message and stack of a fault in development only', async () => {
    const { app: development } = await createHttpApp(testRouter, {
      environment: { NODE_ENV: 'development' },
    });
    const answer = await development.inject('/api/fail?how=fault');
    expect(answer.json().debug).toEqual({ message: 'select secret from table', stack: expect.any(String) });
    await development.close();
  });

  it('says when to come back', async () => {
    const answer = await app.inject('/api/fail?how=busy');
    expect([answer.statusCode, answer.headers['retry-after'], answer.json().retryAfterMs]).toEqual([
      503,
      '2',
      1200,
    ]);
  });

  it('says what is to be paid', async () => {
    const answer = await app.inject('/api/fail?how=price');
    expect([answer.statusCode, answer.json().price]).toEqual([402, { amount: 500, currency: 'USD' }]);
  });

  it('names the scheme with a 401', async () => {
    const answer = await app.inject('/api/mine');
    expect([answer.statusCode, answer.headers['www-authenticate']]).toEqual([401, 'Bearer']);
    expect(answer.headers['content-type']).toEqual(isProblem);
  });
});

describe('paths and methods', () => {
  it.each([
    ['PATCH', '/api/things/a', 'GET, HEAD, PUT'],
    ['PROPFIND', '/api/things', 'GET, HEAD'],
    ['GET', '/api/things/tip', 'POST'],
    ['PUT', '/api/things/tip', 'POST'],
    ['DELETE', '/api/things/tip', 'POST'],
    ['POST', '/health', 'GET, HEAD'],
    ['DELETE', '/trpc/things.get', 'GET, POST'],
  ])('answers 405 to %s %s, with Allow: %s', async (method, url, allow) => {
    const answer = await app.inject({ method: method as 'GET', url });
    expect([answer.statusCode, answer.headers.allow]).toEqual([405, allow]);
  });

  it.each(['/', '/api', '/api/', '/api/other', '/api/things/', '/API/things', '/api/things/a/b'])(
    'answers 404 to %s',
    async (url) => {
      const answer = await app.inject(url);
      expect([answer.statusCode, answer.json().code]).toEqual([404, 'NOT_FOUND']);
      expect(answer.headers['content-type']).toEqual(isProblem);
    },
  );

  it('answers 404 and 405 without reading the body', async () => {
    expect((await post(app, '/api/other', '{')).statusCode).toBe(404);
    expect((await post(app, '/api/things', '{')).statusCode).toBe(405);
  });

  it('answers 400 to malformed percent-encoding and over-long parameters', async () => {
    for (const id of ['%zz', '%', 'a'.repeat(2000)]) {
      const answer = await app.inject({ url: `/api/things/${id}`, headers: { 'x-request-id': 'request-1' } });
      expect([answer.statusCode, answer.json().code]).toEqual([400, 'MALFORMED_REQUEST']);
      expect(answer.headers['content-type']).toEqual(isProblem);
      expect(answer.headers['x-request-id']).toBe('request-1');
    }
  });
});

describe('shared answers', () => {
  it('shares a guest’s answer until a stream changes', async () => {
    const read = async () => (await app.inject('/api/things?limit=7')).json().calls as number;
    const first = await read();
    expect(await read()).toBe(first);
    bus.publish({ type: 'streamChanged', streamId: 's' });
    expect(await read()).toBe(first + 1);
  });

  it('shares nothing with a caller who sends credentials', async () => {
    const read = async () => {
      const answer = await app.inject({
        url: '/api/things?limit=8',
        headers: { authorization: 'Bearer abcdef' },
      });
      return answer.json().calls as number;
    };
    expect(await read()).not.toBe(await read());
  });

  it('shares no failure', async () => {
    for (const attempt of ['one', 'two']) {
      const answer = await app.inject({
        url: '/api/things?limit=0',
        headers: { 'x-request-id': `request-${attempt}` },
      });
      expect([answer.statusCode, answer.json().requestId]).toEqual([422, `request-${attempt}`]);
    }
  });
});

it('carries the request’s id on every kind of answer', async () => {
  const requests = [
    { url: '/api/things/a' },
    { url: '/nothing/here' },
    { url: '/api/fail?how=fault' },
    { url: '/health/live' },
    { method: 'DELETE', url: '/health' },
    { url: '/trpc/no.such' },
    { url: '/api/things', headers: { host: 'evil.example' } },
    { method: 'OPTIONS', url: '/api/things' },
  ] as const;
  for (const { headers, ...request } of requests.map((one) => ({ headers: {}, ...one }))) {
    const answer = await app.inject({ ...request, headers: { 'x-request-id': 'kept-id-1', ...headers } });
    expect([request.url, answer.headers['x-request-id']]).toEqual([request.url, 'kept-id-1']);
  }
});
