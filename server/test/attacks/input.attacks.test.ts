import * as database from '@versbottomlex/database';
import { getTableColumns, is } from 'drizzle-orm';
import { PgTable } from 'drizzle-orm/pg-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { inputFieldsOf } from '../../src/http/operations.js';
import { createFactories, type Factories } from '../factories.js';
import { createTestApp, type TestApp } from '../harness.js';
import { type SampleCall, sampleCalls } from '../sample-calls.js';
import { scaled } from '../scale.js';
import { callOver, everyCall, operations, type ProcedurePath, type TestedOperation } from '../transports.js';

let test: TestApp;
let given: Factories;
const samples = new Map<ProcedurePath, Promise<SampleCall>>();

beforeAll(async () => {
  test = await createTestApp();
  given = createFactories(test);
});
afterAll(() => test.close());
afterEach(() => {
  expect(test.logs.filter(({ level }) => level === 'ERROR')).toEqual([]);
});

/** A call that would succeed, prepared once for all that refuse it. */
const sampleOf = (path: ProcedurePath): Promise<SampleCall> => {
  const sample = samples.get(path) ?? sampleCalls[path](given);
  samples.set(path, sample);
  return sample;
};

let turn = 0;
/** Every call in full, and every eleventh otherwise. */
const isDue = (): boolean => {
  turn += 1;
  return turn % scaled({ quick: 11, full: 1 }) === 0;
};

const fieldsOf = ({ input }: TestedOperation): string[] => Object.keys(inputFieldsOf(input) ?? {});

/** Text that is read as something else where it is not kept as text: by PostgreSQL, JSON, HTML, shells, templates. */
const texts = [
  "'; drop table users; --",
  "' or '1'='1",
  '$1 $$ \\x00 \\u0000 %s %n',
  '<script>alert(1)</script><img src=x onerror=alert(1)>',
  '"}],"role":"admin","x":[{"y":"',
  '{{7*7}}#{7*7}<%= 7*7 %>',
  '& | ! ( ) : * <-> \\',
  '../../../../etc/passwd',
  'x\r\nSet-Cookie: a=b',
  '=cmd|calc!A1',
  'x'.repeat(100_000),
];
const strangers = [null, [], {}, [[]], -1, 1.5, 1e21, 2 ** 53, true, ['\ud800'], [{ id: 1 }], { $gt: '' }];
/** Text that PostgreSQL cannot keep. */
const unkept = ['a\u0000b', '\u0000', 'a\ud800b', '\udfff'];

describe.each(everyCall.filter(({ operation }) => fieldsOf(operation).length > 0))(
  '$path over $transport',
  ({ transport, operation, path }) => {
    const call = async (change: Record<string, unknown>) => {
      const { owner, input } = await sampleOf(path);
      return callOver(test.app, transport, operation, { ...input, ...change }, { as: owner });
    };
    /** A URL has no half of a surrogate pair. */
    const isSendable = (name: string, value: unknown) =>
      transport === 'tRPC' || !operation.pathParameters.includes(name) || String(value).isWellFormed();

    it('takes any text for text, and anything else for what it is not', async () => {
      for (const name of fieldsOf(operation)) {
        for (const value of [...texts, ...strangers, ...unkept]) {
          if (!isDue() || !isSendable(name, value)) continue;
          const { status, headers, text } = await call({ [name]: value });
          expect(
            [status < 300 || (status >= 400 && status < 500), headers.location],
            `${name}: ${text}`,
          ).toEqual([true, undefined]);
        }
      }
    });

    it('keeps no NUL and no half of a surrogate pair', async () => {
      // What is only compared with something is not kept.
      for (const name of fieldsOf(operation).filter((field) => field !== 'code')) {
        for (const value of unkept) {
          if (!isDue() || !isSendable(name, value) || (transport === 'REST' && name === 'idempotencyKey'))
            continue;
          // A query string turns half a pair into U+FFFD, which is a character.
          if (transport === 'REST' && /GET|DELETE/.test(operation.method) && !value.isWellFormed()) continue;
          const { status, failure } = await call({ [name]: value });
          expect([name, [401, 404, 422].includes(status), failure?.code]).toEqual([
            name,
            true,
            expect.any(String),
          ]);
        }
      }
    });
  },
);

describe('mass assignment', () => {
  const snake = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const columns = Object.values(database)
    .filter((value) => is(value, PgTable))
    .flatMap((table) => Object.keys(getTableColumns(table)));
  const tempting = [
    'role',
    'isVerified',
    'is_verified',
    'isAdmin',
    'roles',
    'balance',
    'tokenVersion',
    '$set',
  ];
  const names = [...new Set([...tempting, ...columns.flatMap((name) => [name, snake(name)])])];
  /** As many at once as an answer names. */
  const AT_ONCE = 50;

  it('knows the columns of all tables', () => {
    expect(names).toEqual(expect.arrayContaining(['role', 'isVerified', 'password_hash', 'tokenVersion']));
  });

  it.each(everyCall)('$path over $transport sets no column that is not its field', async (each) => {
    const { transport, operation, path } = each;
    const { owner, input } = await sampleCalls[path](given);
    const surplus = names.filter((name) => !fieldsOf(operation).includes(name) && name !== 'idempotencyKey');
    for (let start = 0; start < scaled({ quick: 1, full: surplus.length }); start += AT_ONCE) {
      const some = surplus.slice(start, start + AT_ONCE);
      const fields = Object.fromEntries(some.map((name) => [name, 'admin']));
      const answer = await callOver(test.app, transport, operation, { ...input, ...fields }, { as: owner });
      expect([answer.status, answer.failure?.errors?.map((error) => error.path).sort()]).toEqual([
        422,
        some.sort(),
      ]);
    }
  });
});

describe('prototype pollution', () => {
  const dirt = [
    '{"__proto__":{"role":"admin"}}',
    '{"\\u005f\\u005fproto__":{"role":"admin"}}',
    '{"a":{"__proto__":{"role":"admin"}}}',
    '{"constructor":{"prototype":{"role":"admin"}}}',
    '{"__proto__":null}',
    '{"prototype":{"role":"admin"}}',
    '[{"__proto__":{"role":"admin"}}]',
  ];
  afterEach(() => {
    expect([({} as { role?: unknown }).role, Object.keys(Object.prototype)]).toEqual([undefined, []]);
  });

  it.each(dirt)('%s in a body is refused', async (payload) => {
    for (const url of ['/api/auth/login', '/trpc/auth.login', '/trpc/auth.logout', '/api/auth/register']) {
      const { accessToken } = await given.account();
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${accessToken}` };
      const { statusCode } = await test.app.inject({ method: 'POST', url, payload, headers });
      expect([400, 422]).toContain(statusCode);
    }
  });

  it.each(dirt)('%s as the input of a query or of a batch is refused', async (input) => {
    const text = encodeURIComponent(input);
    for (const url of [
      `/trpc/streams.list?input=${text}`,
      `/trpc/streams.list?batch=1&input=${encodeURIComponent(`{"0":${input}}`)}`,
    ]) {
      expect([400, 422]).toContain((await test.app.inject(url)).statusCode);
    }
  });

  it.each([
    '__proto__[role]=admin',
    '__proto__.role=admin',
    'constructor[prototype][role]=admin',
    '__proto__=x',
  ])('the query ?%s is refused', async (query) => {
    expect((await test.app.inject(`/api/streams?${query}`)).statusCode).toBe(422);
  });
});

describe('addresses of elsewhere', () => {
  const schemas = operations.map(({ procedurePath, input }) => [
    procedurePath,
    JSON.stringify(input ? z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }) : {}),
  ]);

  it.each(schemas)('%s takes none, so that none is fetched and nobody is sent there', (_path, schema) => {
    expect(schema).not.toMatch(/"format":"(uri|uri-reference|url|iri|hostname|ipv[46])"/);
    expect(schema).not.toMatch(/"\w*(url|uri|href|callback|redirect|webhook|returnTo|next)":/i);
  });
});

describe('stored text', () => {
  it.each(texts.filter((text) => text.length < 100 && !text.includes('\r')))(
    '%j comes back as it was sent',
    async (text) => {
      const performer = await given.performer();
      const { id } = await given.stream(performer);
      const headers = { authorization: `Bearer ${performer.accessToken}` };
      const payload = { title: text, description: text };
      const url = `/api/streams/${id}`;
      expect((await test.app.inject({ method: 'PUT', url, payload, headers })).statusCode).toBe(200);
      const answer = await test.app.inject({ url });
      expect(answer.json()).toMatchObject({ title: text, description: text });
      expect(answer.headers).toMatchObject({
        'content-type': 'application/json; charset=utf-8',
        'x-content-type-options': 'nosniff',
        'content-security-policy':
          "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
      });
      const found = await test.app.inject({ url: '/api/streams', query: { q: text } });
      expect(found.statusCode).toBe(200);
    },
  );

  const cursors = [
    'e30',
    'bnVsbA',
    Buffer.from('["2026-01-01T00:00:00.000Z","\' or 1=1 --"]').toString('base64url'),
    Buffer.from('{"__proto__":{"limit":1}}').toString('base64url'),
    Buffer.from('["9999999999999-01-01",1]').toString('base64url'),
    'A'.repeat(512),
    '%00',
    '..',
  ];
  it.each(cursors)('a cursor of our shape that is not ours is refused: %s', async (cursor) => {
    const answer = await test.app.inject({ url: '/api/streams', query: { cursor } });
    expect(answer.statusCode).toBe(422);
  });
});

describe('time that grows faster than the text', () => {
  const mebibyte = 1_000_000;
  const long: [string, string, (text: string) => Record<string, unknown>][] = [
    [
      '/api/auth/login',
      'an address of dots',
      () => ({ email: `${'a.'.repeat(mebibyte / 2)}@`, password: 'x' }),
    ],
    ['/api/auth/login', 'a long address', () => ({ email: `a@${'a-'.repeat(120)}`, password: 'x' })],
    [
      '/api/auth/register',
      'a long password',
      () => ({ username: 'abc', email: 'a@b.cd', password: 'x'.repeat(mebibyte) }),
    ],
    [
      '/api/auth/register',
      'a long name',
      () => ({ username: 'a'.repeat(mebibyte), email: 'a@b.cd', password: 'x' }),
    ],
    ['/api/auth/refresh', 'a long token', () => ({ refreshToken: `${'e.'.repeat(mebibyte / 2)}` })],
  ];
  it.each(long)('%s answers %s within a second', async (url, _name, inputOf) => {
    const started = performance.now();
    const { statusCode } = await test.app.inject({ method: 'POST', url, payload: inputOf('') });
    expect([statusCode, performance.now() - started < 1000]).toEqual([422, true]);
  });

  it.each(['\u0301', ' ', '\u200b', '\u0301\u200d', 'ﷺ', '🏳️‍🌈', '\ud800'])(
    'a text of nothing but %j is looked at within a second',
    async (unit) => {
      const performer = await given.performer();
      const { id } = await given.stream(performer);
      const text = unit.repeat(Math.floor(300_000 / unit.length));
      for (const [url, payload] of [
        [`/api/streams/${id}/messages`, { content: text }],
        ['/api/streams', { title: text }],
      ] as const) {
        const headers = { authorization: `Bearer ${performer.accessToken}` };
        const started = performance.now();
        const { statusCode } = await test.app.inject({ method: 'POST', url, payload, headers });
        // Marks beyond any language's are cut, which makes a title of some.
        expect([[409, 413, 422].includes(statusCode), performance.now() - started < 1000]).toEqual([
          true,
          true,
        ]);
      }
    },
  );
});
