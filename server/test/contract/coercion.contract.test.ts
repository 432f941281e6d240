import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { expectFailure } from '../answers.js';
import { createFactories, type Factories } from '../factories.js';
import { createTestApp, type TestApp } from '../harness.js';
import { sampleCalls } from '../sample-calls.js';
import { callOver, operations, type TestedOperation } from '../transports.js';

/** A value of each kind that REST carries as text in a path or a query. */
const typed = { number: 50, boolean: true };
const strangers = ['5', '50', 'true', 'false', '', 1, 0, true, false, null, [7], [true], {}];

type Field = { operation: TestedOperation; path: string; name: string; kind: keyof typeof typed };

const shapeOf = (input: z.ZodType | undefined): Record<string, z.ZodType> => {
  if (input instanceof z.ZodObject) return input.shape as Record<string, z.ZodType>;
  const inner =
    input instanceof z.ZodDefault || input instanceof z.ZodOptional ? input.def.innerType : undefined;
  return inner instanceof z.ZodType ? shapeOf(inner) : {};
};

/** Every field of every procedure that is a number or a boolean. */
const fields: Field[] = operations.flatMap((operation) =>
  Object.entries(shapeOf(operation.input)).flatMap(([name, schema]) =>
    (['number', 'boolean'] as const)
      .filter((kind) => schema.safeParse(typed[kind]).success)
      .map((kind) => ({ operation, path: operation.procedurePath, name, kind })),
  ),
);

/** What a field refuses before any REST call was made; a nullable one takes null. */
const refusedBy = ({ operation, name, kind }: Field): unknown[] => {
  const schema = shapeOf(operation.input)[name];
  const isStranger = (value: unknown) =>
    typeof value !== kind && !(value === null && schema?.safeParse(null).success);
  return strangers.filter(isStranger);
};

let test: TestApp;
let given: Factories;

const call = async (transport: 'REST' | 'tRPC', { operation, name }: Field, value: unknown) => {
  const { owner, input } = await sampleCalls[operation.procedurePath](given);
  return callOver(test.app, transport, operation, { ...input, [name]: value }, { as: owner });
};

beforeAll(async () => {
  test = await createTestApp();
  given = createFactories(test);
  // Whatever REST converts or refuses, tRPC shall not notice.
  for (const field of fields) {
    for (const value of ['50', 'true', '5', 'x']) await call('REST', field, value);
  }
});
afterAll(() => test.close());

it('knows fields of both kinds', () => {
  expect(new Set(fields.map(({ kind }) => kind))).toEqual(new Set(['number', 'boolean']));
});

describe.each(fields)('$name of $path, a $kind', (field) => {
  it.each(refusedBy(field))('is not %j over tRPC, after REST was called with texts', async (value) => {
    const answer = await call('tRPC', field, value);
    expectFailure('tRPC', answer, 'VALIDATION_FAILED');
    expect(answer.failure?.errors?.[0]?.path).toBe(field.name);
  });
});

const isInQuery = ({ operation: { method } }: Field) => method === 'GET' || method === 'DELETE';

describe.each(fields.filter(isInQuery))('$name of $path in a query', (field) => {
  it('is read from its text', async () => {
    expect((await call('REST', field, String(typed[field.kind]))).status).toBe(200);
  });

  it.each(['', ' 5', '0x10', '1e1', '+5', '5.', '٥', 'null', 'TRUE', 'yes', 'NaN', 'Infinity'])(
    'is not %j',
    async (text) => {
      expectFailure('REST', await call('REST', field, text), 'VALIDATION_FAILED');
    },
  );
});

describe.each(fields.filter((field) => !isInQuery(field)))('$name of $path in a body', (field) => {
  it.each(refusedBy(field))('is not %j', async (value) => {
    expectFailure('REST', await call('REST', field, value), 'VALIDATION_FAILED');
  });
});
