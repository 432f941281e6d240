import { STATUS_CODES } from 'node:http';
import { type ErrorCode, errorCodes } from '@versbottomlex/shared';
import { toCsv } from '../platform/csv.js';
import { detailOf } from '../platform/error-details.js';
import { exampleOf } from './openapi-example.js';
import type { DocumentedResponse, Header, JsonSchema, Reference } from './openapi-types.js';
import { type csvTableOf, type Operation, takesBody } from './operations.js';
import { problemType } from './problem.js';

const seconds: JsonSchema = { type: 'integer', minimum: 0 };

/** The headers that answers carry, for `components.headers`. */
export const headers: Record<string, Header> = {
  'X-Request-Id': {
    description: 'Names the request in logs and errors: yours, when it is 8 to 128 of `A-Z a-z 0-9 _ . -`.',
    schema: { type: 'string', example: '2f1c9d6e-0f5a-4a43-9f7d-3f0a6b8c1101' },
  },
  'RateLimit-Limit': {
    description: 'How many requests an address may send in a window.',
    schema: { type: 'integer', minimum: 0, example: 3000 },
  },
  'RateLimit-Remaining': {
    description: 'How many of them are left.',
    schema: { type: 'integer', minimum: 0, example: 2999 },
  },
  'RateLimit-Reset': { description: 'Seconds until the window ends.', schema: { ...seconds, example: 60 } },
  'Retry-After': { description: 'Seconds to wait before trying again.', schema: { ...seconds, example: 1 } },
  'WWW-Authenticate': {
    description: 'How to authenticate.',
    schema: { type: 'string', enum: ['Bearer'], example: 'Bearer' },
  },
};

const refer = (...names: string[]): Record<string, Reference> =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));

const always = refer('X-Request-Id', 'RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset');

const headersOf = (status: number): Record<string, Reference> => {
  if (status === 401) return { ...always, ...refer('WWW-Authenticate') };
  return status === 429 || status === 503 ? { ...always, ...refer('Retry-After') } : always;
};

/** The answer of an operation that did what was asked. */
export const successResponse = (
  status: number,
  schema: JsonSchema,
  schemas: Record<string, JsonSchema>,
  toTable: ReturnType<typeof csvTableOf>,
): DocumentedResponse => {
  const example = exampleOf(schema, schemas);
  const csv = toTable && { schema: { type: 'string' }, example: toCsv(toTable(example)) };
  return {
    description: STATUS_CODES[status] ?? 'OK',
    headers: always,
    content: { 'application/json': { schema, example }, ...(csv && { 'text/csv': csv }) },
  };
};

const REQUEST_ID = '2f1c9d6e-0f5a-4a43-9f7d-3f0a6b8c1101';

const exampleProblem = (code: ErrorCode) => {
  const { status, title } = errorCodes[code];
  return {
    type: problemType(code),
    title,
    status,
    detail: code === 'VALIDATION_FAILED' ? 'limit: must be at most 100' : detailOf(code),
    code,
    requestId: REQUEST_ID,
    ...(code === 'VALIDATION_FAILED' && {
      errors: [{ path: 'limit', message: 'must be at most 100' }],
    }),
    ...((status === 429 || status === 503) && { retryAfterMs: 1000 }),
    ...(code === 'ACCESS_REQUIRED' && { price: { amount: 500, currency: 'USD' } }),
  };
};

const problemResponse = (status: number, codes: ErrorCode[]): DocumentedResponse => ({
  description: codes.map((code) => `\`${code}\`: ${errorCodes[code].title}.`).join(' '),
  headers: headersOf(status),
  content: {
    'application/problem+json': {
      schema: { $ref: '#/components/schemas/Problem' },
      ...(codes[0] && { example: exampleProblem(codes[0]) }),
    },
  },
});

/** The codes that any operation of a kind can answer with, whatever it does. */
const general = {
  any: ['MALFORMED_REQUEST', 'HOST_NOT_ALLOWED', 'VALIDATION_FAILED', 'RATE_LIMITED', 'INTERNAL_ERROR'],
  busy: ['DEPENDENCY_UNAVAILABLE', 'OVERLOADED'],
  credentials: ['ACCESS_TOKEN_EXPIRED', 'ACCESS_TOKEN_INVALID', 'SESSION_REVOKED', 'ACCOUNT_SUSPENDED'],
  protected: ['NOT_AUTHENTICATED'],
  cookies: ['CSRF_TOKEN_INVALID', 'ORIGIN_NOT_ALLOWED'],
  admin: ['FORBIDDEN'],
  body: ['PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'],
  money: ['PAYMENTS_HALTED'],
  path: ['NOT_FOUND'],
} as const satisfies Record<string, readonly ErrorCode[]>;

/** What of an operation tells how it can fail. */
type Fallible = Pick<Operation, 'method' | 'meta' | 'pathParameters'>;

const codesOf = (operation: Fallible): Set<ErrorCode> => {
  const { access = 'open', errors = [], movesMoney = false } = operation.meta;
  const isProtected = access === 'signedIn' || access === 'admin';
  return new Set<ErrorCode>([
    ...errors,
    ...general.any,
    ...general.busy,
    ...(isProtected ? general.protected : []),
    ...(access === 'open' ? [] : general.credentials),
    ...(access === 'open' || operation.method === 'GET' ? [] : general.cookies),
    ...(access === 'admin' ? general.admin : []),
    ...(movesMoney ? general.money : []),
    ...(takesBody(operation) ? general.body : []),
    ...(operation.pathParameters.length > 0 ? general.path : []),
  ]);
};

const byStatus = (codes: Iterable<ErrorCode>): Map<number, ErrorCode[]> => {
  const statuses = new Map<number, ErrorCode[]>();
  const inOrder = [...codes].sort(
    (a, b) => errorCodes[a].status - errorCodes[b].status || a.localeCompare(b),
  );
  for (const code of inOrder) {
    const { status } = errorCodes[code];
    statuses.set(status, [...(statuses.get(status) ?? []), code]);
  }
  return statuses;
};

const nameOf = (status: number) => (STATUS_CODES[status] ?? String(status)).replaceAll(/[^A-Za-z]/g, '');

const sharedCodes = byStatus([...general.any, ...general.busy, ...general.body, ...general.path]);

/** The failures that most operations share, for `components.responses`. */
export const sharedResponses = (): Record<string, DocumentedResponse> =>
  Object.fromEntries(
    [...sharedCodes].map(([status, codes]) => [nameOf(status), problemResponse(status, codes)]),
  );

/** Every failure that an operation can answer with, by status. */
export const failureResponses = (operation: Fallible): Record<string, DocumentedResponse | Reference> =>
  responsesOf(codesOf(operation));

/** The failures with these codes, by status. */
export const responsesOf = (given: Iterable<ErrorCode>): Record<string, DocumentedResponse | Reference> =>
  Object.fromEntries(
    [...byStatus(given)].map(([status, codes]) => {
      const isShared = sharedCodes.get(status)?.join() === codes.join();
      const response = isShared
        ? { $ref: `#/components/responses/${nameOf(status)}` }
        : problemResponse(status, codes);
      return [status, response];
    }),
  );
