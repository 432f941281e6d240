import type { FastifyRequest } from 'fastify';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AppError } from '../platform/app-error.js';
import type { Operation } from './operations.js';
import { planInput, readInput } from './rest-input.js';

const fields = z.strictObject({
  id: z.string(),
  limit: z.int().min(1).default(20),
  ratio: z.number().optional(),
  isLive: z.boolean().nullable().optional(),
  kind: z.enum(['1', 'true']).optional(),
  name: z.string().optional(),
});

type Given = {
  query?: Record<string, unknown>;
  params?: Record<string, unknown>;
  headers?: Record<string, string>;
  body?: unknown;
};

const read = (operation: Pick<Operation, 'method' | 'pathParameters' | 'input'>, given: Given) =>
  readInput(planInput(operation), {
    query: {},
    params: {},
    headers: {},
    ...given,
  } as unknown as FastifyRequest);

const get = { method: 'GET', pathParameters: [], input: fields } as const;
const put = { method: 'PUT', pathParameters: ['id'], input: fields } as const;

const failure = (run: () => unknown): AppError => {
  try {
    run();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('it did not fail');
};

describe('texts of the query', () => {
  it.each([
    ['limit', '5', 5],
    ['limit', '-5', -5],
    ['limit', '0', 0],
    ['ratio', '0.25', 0.25],
    ['limit', '05', '05'],
    ['limit', '+5', '+5'],
    ['limit', '5.', '5.'],
    ['limit', ' 5', ' 5'],
    ['limit', '5 ', '5 '],
    ['limit', '1e3', '1e3'],
    ['limit', '0x10', '0x10'],
    ['limit', '', ''],
    ['limit', 'Infinity', 'Infinity'],
    ['limit', 'true', 'true'],
    ['isLive', 'true', true],
    ['isLive', 'false', false],
    ['isLive', '1', '1'],
    ['isLive', 'TRUE', 'TRUE'],
    ['isLive', 'null', 'null'],
    ['isLive', '', ''],
    ['kind', '1', '1'],
    ['kind', 'true', 'true'],
    ['name', '5', '5'],
    ['unknown', '5', '5'],
  ])('converts %s=%j to %j by its declared type alone', (name, text, expected) => {
    expect(read(get, { query: { [name]: text } })).toEqual({ [name]: expected });
  });

  it('leaves a repeated key an array, which no field accepts', () => {
    expect(read(get, { query: { limit: ['5', '6'] } })).toEqual({ limit: ['5', '6'] });
  });

  it('does not change the schema', () => {
    read(get, { query: { limit: '5', isLive: 'true' } });
    expect(fields.safeParse({ id: 'x', limit: '5' }).success).toBe(false);
    expect(fields.safeParse({ id: 'x', isLive: 'true' }).success).toBe(false);
  });
});

describe('bodies', () => {
  it('takes values as they are', () => {
    expect(read(put, { params: { id: 'a' }, body: { limit: '5' } })).toEqual({ id: 'a', limit: '5' });
  });

  it.each([[[]], ['text'], [5], [null], [true]])('refuses %j, which is not an object', (body) => {
    expect(failure(() => read(put, { params: { id: 'a' }, body })).errors).toEqual([
      { path: '', message: 'must be a JSON object' },
    ]);
  });

  it('takes no body for one without fields', () => {
    expect(read(put, { params: { id: 'a' } })).toEqual({ id: 'a' });
  });

  it('refuses a field that the path gives', () => {
    expect(failure(() => read(put, { params: { id: 'a' }, body: { id: 'b' } })).code).toBe(
      'VALIDATION_FAILED',
    );
  });

  it('refuses a field in the query', () => {
    const { errors } = failure(() => read(put, { params: { id: 'a' }, query: { name: 'b' } }));
    expect(errors).toEqual([{ path: 'name', message: 'is not read from the query here' }]);
  });

  it('refuses a body where the query is read', () => {
    expect(failure(() => read(get, { body: { name: 'b' } })).errors?.[0]?.path).toBe('name');
    expect(read(get, { body: {} })).toEqual({});
  });
});

describe('the idempotency key', () => {
  const keyed = { ...put, input: fields.extend({ idempotencyKey: z.string().optional() }) };
  const params = { id: 'a' };

  it('is read from its header, where the input has one', () => {
    const headers = { 'idempotency-key': 'key-0001' };
    expect(read(keyed, { params, headers })).toEqual({ id: 'a', idempotencyKey: 'key-0001' });
    expect(read(put, { params, headers })).toEqual({ id: 'a' });
    expect(read(keyed, { params })).toEqual({ id: 'a' });
  });

  it('is not read from the body', () => {
    const { errors } = failure(() => read(keyed, { params, body: { idempotencyKey: 'key-0001' } }));
    expect(errors).toEqual([{ path: 'idempotencyKey', message: 'is given by the header Idempotency-Key' }]);
  });
});

it('refuses every field where none is taken', () => {
  const none = { pathParameters: [], input: undefined };
  expect(failure(() => read({ ...none, method: 'GET' }, { query: { a: '1' } })).errors?.[0]?.path).toBe('a');
  expect(failure(() => read({ ...none, method: 'POST' }, { body: { a: 1 } })).errors?.[0]?.path).toBe('a');
  expect(read({ ...none, method: 'POST' }, {})).toBeUndefined();
});

it('sees through defaults and pipes of the whole input', () => {
  const input = z.strictObject({ limit: z.int().optional() }).default({}).pipe(z.any());
  expect(read({ method: 'GET', pathParameters: [], input }, { query: { limit: '7' } })).toEqual({ limit: 7 });
});
