import type { Random } from './random.js';

/** What the OpenAPI document says of a value, as far as values are made from it. */
export type Schema = {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  example?: unknown;
  format?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
};

/** What is known by now, to be asked about. */
export type Known = {
  idOf(name: string, random: Random): string;
  newEmail(random: Random): string;
  password: string;
};

const HOSTILE_TEXTS = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\ufeff',
  '\u202eabc',
  "' or 1=1; --",
  '"; drop table users; --',
  '$1',
  '%',
  '%00',
  '\\',
  '../../../etc/passwd',
  '<script>alert(1)</script>',
  '__proto__',
  'constructor',
  'null',
  'NaN',
  '-1',
  '1e400',
  '9'.repeat(64),
  'x'.repeat(600),
  'x'.repeat(20_000),
  '019b76f2-7a6e-7c3a-9d53-2f1f0a6b8c11',
  '00000000-0000-0000-0000-000000000000',
  '2026-02-30T25:61:61Z',
  '9999-12-31T23:59:59.999Z',
  '0001-01-01T00:00:00Z',
  '+275760-09-13T00:00:00.000Z',
  '& | ! ( ) : * <->',
  'ﷺ',
  '🏳️‍🌈',
] as const;
const HOSTILE_NUMBERS = [
  0,
  -0,
  -1,
  1,
  0.5,
  1e21,
  1e-7,
  2 ** 31,
  2 ** 53,
  -(2 ** 63),
  Number.MAX_VALUE,
] as const;

export const hostileText = (random: Random): string => random.pick(HOSTILE_TEXTS);

/** Whatever JSON can say, and no field expects. */
export const hostileValue = (random: Random): unknown =>
  random.pick([
    () => hostileText(random),
    () => random.pick(HOSTILE_NUMBERS),
    () => random.pick([null, true, false, [], {}, [[]], [null], { id: 1 }, { $gt: '' }]),
    () => ({ [hostileText(random)]: hostileText(random) }),
    () => Array.from({ length: random.below(200) }, () => hostileText(random)),
  ])();

const goodText = (schema: Schema, name: string, random: Random, known: Known): string => {
  if (schema.format === 'uuid' || /(^i|I)d$/.test(name)) return known.idOf(name, random);
  if (schema.format === 'email' || /email$/i.test(name)) return known.newEmail(random);
  if (/password/i.test(name)) return known.password;
  if (name === 'username') return `fuzz_${random.below(2 ** 32).toString(36)}`;
  if (schema.format === 'date-time') return new Date(Date.UTC(2026, random.below(24), 1)).toISOString();
  if (typeof schema.example === 'string' && random.isOnce(60)) return schema.example;
  const { minLength = 0, maxLength = 50 } = schema;
  return 'word '.repeat(30).slice(0, minLength + random.below(Math.min(maxLength, 100) - minLength + 1));
};

const goodNumber = ({ minimum = 0, maximum = 1000 }: Schema, random: Random): number =>
  minimum + random.below(Math.min(maximum, 100_000) - minimum + 1);

/** Makes values as the schemas of a document want them, with one in so many that they do not. */
export const createValues = (components: Record<string, Schema>, random: Random, known: Known) => {
  const resolve = (schema: Schema): Schema =>
    schema.$ref
      ? { ...components[schema.$ref.split('/').at(-1) ?? ''], ...schema, $ref: undefined as never }
      : schema;

  const make = (given: Schema, name: string, hostilePercent: number): unknown => {
    if (random.isOnce(hostilePercent)) return hostileValue(random);
    const schema = resolve(given);
    const choices = schema.anyOf ?? schema.oneOf;
    if (choices) return make(random.pick(choices), name, hostilePercent);
    if (schema.const !== undefined) return schema.const;
    if (schema.enum) return random.pick(schema.enum);
    const type = Array.isArray(schema.type) ? random.pick(schema.type) : schema.type;
    if (type === 'null') return null;
    if (type === 'boolean') return random.isOnce(50);
    if (type === 'integer' || type === 'number') return goodNumber(schema, random);
    if (type === 'array') {
      return Array.from({ length: random.below(4) }, () => make(schema.items ?? {}, name, hostilePercent));
    }
    if (type === 'object' || schema.properties) return object(schema, hostilePercent);
    return goodText(schema, name, random, known);
  };

  const object = (schema: Schema, hostilePercent: number): Record<string, unknown> => {
    const { properties = {}, required = [] } = schema;
    const wanted = Object.entries(properties).filter(([name]) =>
      required.includes(name) ? !random.isOnce(hostilePercent / 4) : random.isOnce(40),
    );
    const fields = wanted.map(([name, field]) => [name, make(field, name, hostilePercent)] as const);
    if (random.isOnce(hostilePercent / 5)) fields.push([hostileText(random), hostileValue(random)]);
    return Object.fromEntries(fields);
  };

  return { make };
};
export type Values = ReturnType<typeof createValues>;
