import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { idempotencyOf, requestHash } from './idempotency.js';

describe('the hash of a request', () => {
  it('is the SHA-256 of the input as JSON with sorted names', () => {
    const expected = createHash('sha256').update('{"a":[2,{"c":null,"d":"x"}],"b":1}').digest('hex');
    expect(requestHash({ b: 1, a: [2, { d: 'x', c: null }] })).toBe(expected);
  });

  it('is the same whatever the order of names, and without what is undefined', () => {
    expect(requestHash({ amount: 5, to: { id: '1', at: 2 } })).toBe(
      requestHash({ message: undefined, to: { at: 2, id: '1' }, amount: 5 }),
    );
  });

  it.each([
    [{ amount: 5 }, { amount: 6 }],
    [{ amount: 5 }, { amount: '5' }],
    [{ message: null }, {}],
    [{ items: [1, 2] }, { items: [2, 1] }],
  ])('differs for %j and %j', (one, other) => {
    expect(requestHash(one)).not.toBe(requestHash(other));
  });
});

describe('what a payment keeps of its request', () => {
  const input: { amount: number; idempotencyKey?: string } = { amount: 5 };

  it('is the key, and the hash of what was asked for without it', () => {
    expect(idempotencyOf({ ...input, idempotencyKey: 'key-0001' })).toEqual({
      idempotencyKey: 'key-0001',
      requestHash: requestHash(input),
    });
  });

  it('is nothing without a key', () => {
    expect(idempotencyOf(input)).toEqual({ idempotencyKey: null, requestHash: null });
  });
});
