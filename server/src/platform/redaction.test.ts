import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redact, redactText } from './redaction.js';

const SECRET = 'hunter2-planted';
const HEADER = Buffer.from('{"alg":"HS256","typ":"at+jwt"}').toString('base64url');
const JWT = `${HEADER}.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJl`;

describe('a secret key', () => {
  it.each([
    'password',
    'currentPassword',
    'new_password',
    'PASSWORD_HASH',
    'passwd',
    'passphrase',
    'accessToken',
    'refresh_token',
    'x-csrf-token',
    'clientSecret',
    'JWT_ACCESS_SECRET',
    'jwt',
    'Cookie',
    'set-cookie',
    'Authorization',
    'proxy-authorization',
    'x-api-key',
    'streamKey',
    'stream_key',
    'private key',
    'aws.access.key',
    'credentials',
    'card',
    'cardNumber',
    'card_holder',
    'cvc',
    'cvv2',
    'security_code',
    'iban',
    'session',
    'sessionId',
    'signature',
  ])('%s hides whatever it holds', (key) => {
    for (const value of [SECRET, [SECRET], { inner: SECRET }, 4242424242424242]) {
      expect(redact({ [key]: value })).toEqual({ [key]: '[REDACTED]' });
    }
  });

  it('that holds nothing is shown as it is', () => {
    expect(redact({ password: null, token: undefined })).toEqual({ password: null, token: undefined });
  });

  it('is not any key that merely resembles one', () => {
    const innocent = {
      userId: 'u',
      email: 'a@example.com',
      path: '/api/users',
      compass: 1,
      keyboard: 3,
    };
    expect(redact(innocent)).toEqual(innocent);
  });
});

describe('a text', () => {
  it.each([
    ['/trpc/x?accessToken=hunter2&limit=5', '/trpc/x?accessToken=[REDACTED]&limit=5'],
    ['/reset?code=hunter2#top', '/reset?code=[REDACTED]#top'],
    [
      'https://app.example.com/#access_token=hunter2&state=1',
      'https://app.example.com/#access_token=[REDACTED]&state=1',
    ],
    ['password=hunter2&email=a', 'password=[REDACTED]&email=a'],
    [
      'GET https://s3.example.com/a?X-Amz-Signature=hunter2',
      'GET https://s3.example.com/a?X-Amz-Signature=[REDACTED]',
    ],
    ['postgres://app:hunter2@db.internal/app', 'postgres://app:[REDACTED]@db.internal/app'],
    ['redis://:hunter2@cache.internal:6379', 'redis://:[REDACTED]@cache.internal:6379'],
    ['postgres://app:hunter@2@db.internal/app', 'postgres://app:[REDACTED]@db.internal/app'],
    ['authorization: Bearer hunter2hunter2', 'authorization: Bearer [REDACTED]'],
    ['authorization: basic aHVudGVyMg==', 'authorization: basic [REDACTED]'],
    [
      'Unexpected token in {"password": "hunter2", "a": "b"}',
      'Unexpected token in {"password": "[REDACTED]", "a": "b"}',
    ],
    [`sent ${JWT}, refused`, 'sent [REDACTED], refused'],
  ])('%s loses its secret', (text, safe) => {
    expect(redactText(text)).toBe(safe);
    expect(redact({ deep: [{ url: text }] })).toEqual({ deep: [{ url: safe }] });
  });

  it.each([
    '/api/streams?limit=5&cursor=WyIwMTk',
    'https://example.com:8080/a',
    'Basic rules apply',
    'a@example.com',
  ])('%s stays as it is', (text) => expect(redactText(text)).toBe(text));
});

it.each(['a-', 'eyJa-', 'x://:', 'token', '"token', '&key.', 'bearer  '])(
  'reads 100 kB of %s as fast as any other text',
  (part) => {
    const startedAtMs = performance.now();
    redactText(part.repeat(100_000 / part.length));
    expect(performance.now() - startedAtMs).toBeLessThan(1000);
  },
);

describe('what JSON cannot say', () => {
  it('is written in words: cycles, depths, errors, dates, bytes, big integers, functions', () => {
    const cycle: Record<string, unknown> = { name: 'ring' };
    cycle.self = cycle;
    expect(redact(cycle)).toEqual({ name: 'ring', self: '[…]' });
    expect(redact({ error: new TypeError('bad ?token=hunter2') })).toEqual({
      error: { name: 'TypeError', message: 'bad ?token=[REDACTED]' },
    });
    expect(redact({ at: new Date(0), never: new Date(Number.NaN) })).toEqual({
      at: '1970-01-01T00:00:00.000Z',
      never: null,
    });
    expect(redact({ body: Buffer.from(SECRET), amount: 5n })).toEqual({ body: '[15 bytes]', amount: '5' });
    expect(JSON.stringify(redact({ toJSON: () => SECRET }))).toBe('{}');
  });

  it('shows an object again where it is not inside itself', () => {
    const twice = { id: 1 };
    expect(redact([twice, twice])).toEqual([twice, twice]);
  });
});

const secretKey = fc.constantFrom(
  'password',
  'Access-Token',
  'CLIENT_SECRET',
  'cookie',
  'streamKey',
  'cardNumber',
);

/** Any value with the secret planted somewhere in it, below a secret key. */
const planted = fc.letrec<{ leaf: unknown; node: unknown }>((tie) => ({
  leaf: fc.tuple(secretKey, fc.anything()).map(([key, beside]) => ({ [key]: SECRET, beside })),
  node: fc.oneof(
    { maxDepth: 12 },
    tie('leaf'),
    fc
      .tuple(fc.string(), tie('node'), fc.anything())
      .map(([key, inner, beside]) => ({ beside, [key]: inner })),
    fc.tuple(tie('node'), fc.anything()).map(([inner, beside]) => [beside, inner]),
    fc.tuple(secretKey, tie('node')).map(([key, inner]) => ({ [key]: inner })),
  ),
})).node;

describe('whatever is logged', () => {
  it('never shows a secret that is below a secret key, at any depth', () => {
    fc.assert(fc.property(planted, (data) => !(JSON.stringify(redact(data)) ?? '').includes(SECRET)));
  });

  it('becomes JSON, and the same again when redacted twice', () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withNullPrototype: true,
      withObjectString: true,
      withSparseArray: true,
      withTypedArray: true,
    });
    fc.assert(
      fc.property(anything, (data) => {
        const once = redact(data);
        expect(JSON.stringify(redact(once))).toBe(JSON.stringify(once));
      }),
    );
  });
});
