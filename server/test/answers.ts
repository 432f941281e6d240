import { Currency, type ErrorCode, errorCodes, Id, Problem, Timestamp } from '@versbottomlex/shared';
import { expect } from 'vitest';
import { z } from 'zod';
import type { Answer, TestedOperation, Transport } from './transports.js';

/** The procedures whose answer holds the caller's own e-mail address; nothing else may hold one. */
const OWN_ACCOUNT = new Set(['auth.register', 'auth.login', 'auth.passkeyLogin', 'auth.me']);
/** The procedures whose answer has the form that WebAuthn gives it. */
const OF_WEBAUTHN = new Set(['auth.beginPasskey', 'auth.beginPasskeyLogin']);
/** What no answer holds, under whatever name. */
const NOBODYS = /password|hash|tokenVersion|lastLogin|suspendedAt|userAgent|addressPrefix/i;
/** What the owner or admins alone may see, by the procedure that shows it. */
const OWNERS: Record<string, readonly string[]> = {
  'auth.listSessions': ['userAgent', 'addressPrefix'],
  'users.suspend': ['suspendedAt'],
  'users.liftSuspension': ['suspendedAt'],
  'users.setRole': ['suspendedAt'],
};

const Money = z.int().nonnegative();

/** What a member of any answer must be, by its name; undefined where the name says nothing. */
const schemaOf = (name: string): z.ZodType | undefined => {
  if (name === 'id' || name.endsWith('Id')) return Id;
  if (name.endsWith('At')) return Timestamp.regex(/\.\d{3}Z$/);
  if (name === 'amount' || name === 'price') return Money;
  return name === 'currency' ? Currency : undefined;
};

/** Every member of `value`, at any depth, with its own name. */
const membersOf = (value: unknown): [name: string, value: unknown][] => {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(membersOf);
  return Object.entries(value).flatMap((member) => [member, ...membersOf(member[1])]);
};

/** Ids, times and money look the same in every answer, and what is private is in none. */
const expectConventions = (operation: TestedOperation, data: unknown): void => {
  for (const [name, value] of membersOf(data)) {
    if (!OWNERS[operation.procedurePath]?.includes(name)) expect(name).not.toMatch(NOBODYS);
    if (!OWN_ACCOUNT.has(operation.procedurePath)) expect(name).not.toMatch(/email/i);
    const isForeign = value === null || OF_WEBAUTHN.has(operation.procedurePath);
    const schema = isForeign ? undefined : schemaOf(name);
    if (schema) expect(schema.safeParse(value).error, `${name}: ${JSON.stringify(value)}`).toBeUndefined();
  }
};

const expectHeaders = ({ headers }: Pick<Answer, 'headers'>, contentType: RegExp): void => {
  expect(headers['content-type']).toMatch(contentType);
  expect(headers['x-request-id']).toMatch(/^[\w.-]{8,128}$/);
  expect(headers['cache-control']).toBe('no-store');
  expect(headers['x-content-type-options']).toBe('nosniff');
};

/** The status that the operation says (tRPC has 200 alone), JSON, and the conventions of every answer. */
export const expectSuccess = (operation: TestedOperation, transport: Transport, answer: Answer): void => {
  const status = transport === 'REST' ? (operation.meta.successStatus ?? 200) : 200;
  expect([answer.status, answer.failure]).toEqual([status, undefined]);
  expectHeaders(answer, /^application\/json/);
  expectConventions(operation, answer.data);
};

const TrpcError = z.strictObject({
  error: z.strictObject({
    message: z.string(),
    code: z.int().negative(),
    data: z.strictObject({
      code: z.string().regex(/^[A-Z_]+$/),
      httpStatus: z.int(),
      appCode: z.string(),
      requestId: z.string(),
      path: z.string().optional(),
      issues: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
      retryAfterMs: z.int().positive().optional(),
      price: z.strictObject({ amount: Money, currency: Currency }).optional(),
    }),
  }),
});

const expectProblem = (text: string, code: ErrorCode): void => {
  const { status, title } = errorCodes[code];
  expect(Problem.strict().parse(JSON.parse(text))).toMatchObject({
    type: `urn:versbottomlex:problem:${code.toLowerCase().replaceAll('_', '-')}`,
    title,
    status,
    code,
  });
};

const expectTrpcError = (text: string, code: ErrorCode): void => {
  const { error } = TrpcError.parse(JSON.parse(text));
  expect(error.data).toMatchObject({ httpStatus: errorCodes[code].status, appCode: code });
};

/** The status and the body of `code` in the transport's own language, with the headers that belong to them. */
export const expectFailure = (transport: Transport, answer: Answer, code: ErrorCode): void => {
  const { status, headers, failure } = answer;
  expect([status, failure?.code, failure?.detail]).toEqual([
    errorCodes[code].status,
    code,
    expect.any(String),
  ]);
  const isRest = transport === 'REST';
  expectHeaders(answer, isRest ? /^application\/problem\+json/ : /^application\/json/);
  (isRest ? expectProblem : expectTrpcError)(answer.text, code);
  expect(failure?.requestId).toBe(headers['x-request-id']);
  expect(headers['www-authenticate']).toBe(status === 401 ? 'Bearer' : undefined);
  if (status === 422) expect(failure?.errors?.length).toBeGreaterThan(0);
  if (status === 429 || status === 503) {
    expect(failure?.retryAfterMs).toBeGreaterThan(0);
    expect(Number(headers['retry-after'])).toBe(Math.ceil((failure?.retryAfterMs ?? 0) / 1000));
  }
};
