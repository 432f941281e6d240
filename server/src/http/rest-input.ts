import type { FastifyRequest } from 'fastify';
import { AppError } from '../platform/app-error.js';
import { notServed } from './not-served.js';
import { inputFieldsOf, type Operation, takesBody, unwrapSchema } from './operations.js';

const PLAIN_DECIMAL = /^-?(0|[1-9]\d*)(\.\d+)?$/;

/** Turns a text into the type that its field declares, or leaves it, so that the schema says what is wrong with it. */
type Conversion = (text: string) => unknown;

const conversions: Record<string, Conversion> = {
  number: (text) => (PLAIN_DECIMAL.test(text) ? Number(text) : text),
  boolean: (text) => (text === 'true' ? true : text === 'false' ? false : text),
};

/** The field of an input that REST reads from a header (draft-ietf-httpapi-idempotency-key-header), not from the body. */
export const KEY_FIELD = 'idempotencyKey';
export const KEY_HEADER = 'Idempotency-Key';

/** Where an operation's input comes from, decided once when its route is made. */
export type InputPlan = {
  pathParameters: readonly string[];
  conversions: readonly (readonly [name: string, convert: Conversion])[];
  takesInput: boolean;
  /** Whether the input has {@link KEY_FIELD}. */
  takesKey: boolean;
  /** POST, PUT and PATCH read the body; GET and DELETE the query. */
  readsBody: boolean;
};

/** Plans the input of an operation from its schema, which is only read. */
export const planInput = (operation: Pick<Operation, 'method' | 'pathParameters' | 'input'>): InputPlan => {
  const fields = inputFieldsOf(operation.input);
  return {
    pathParameters: operation.pathParameters,
    conversions: Object.entries(fields ?? {}).flatMap(([name, field]) => {
      const convert = conversions[unwrapSchema(field)._zod.def.type];
      return convert ? [[name, convert] as const] : [];
    }),
    takesInput: fields !== undefined,
    takesKey: fields !== undefined && KEY_FIELD in fields,
    readsBody: takesBody(operation),
  };
};

type Fields = Record<string, unknown>;

const refuse = (keys: string[], message: string) =>
  new AppError('VALIDATION_FAILED', {
    detail: `${keys.slice(0, 10).join(', ')}: ${message}`.slice(0, 1000),
    errors: keys.map((path) => ({ path, message })),
  });

const refuseKeys = (given: Fields, message: string): void => {
  const keys = Object.keys(given);
  if (keys.length > 0) throw refuse(keys, message);
};

const bodyOf = (request: FastifyRequest): Fields => {
  const { body } = request;
  if (body === undefined) return {};
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Fields;
  throw new AppError('VALIDATION_FAILED', {
    detail: 'The body must be a JSON object.',
    errors: [{ path: '', message: 'must be a JSON object' }],
  });
};

const convertTexts = (plan: InputPlan, given: Fields): void => {
  for (const [name, convert] of plan.conversions) {
    const value = given[name];
    if (typeof value === 'string') given[name] = convert(value);
  }
};

const addPathParameters = (plan: InputPlan, given: Fields, params: Fields): void => {
  for (const name of plan.pathParameters) {
    // Fastify lets a parameter be empty, so that `/things/` would be a thing.
    if (params[name] === '') throw notServed();
    if (Object.hasOwn(given, name)) throw refuse([name], 'is given by the path');
    given[name] = params[name];
  }
};

const addKey = (given: Fields, request: FastifyRequest): void => {
  if (Object.hasOwn(given, KEY_FIELD)) throw refuse([KEY_FIELD], `is given by the header ${KEY_HEADER}`);
  const key = request.headers['idempotency-key'];
  if (key !== undefined) given[KEY_FIELD] = key;
};

/**
 * The input of a REST call, as its schema shall judge it: texts of path and query converted by declared type alone, a
 * body as it is, its idempotency key from the header. Throws VALIDATION_FAILED for fields in the wrong place. The query and the body are this request's
 * own, and become the input.
 */
export const readInput = (plan: InputPlan, request: FastifyRequest): unknown => {
  const query = request.query as Fields;
  const params = request.params as Fields;
  if (!plan.readsBody) {
    if (request.body !== undefined) refuseKeys(bodyOf(request), 'is not read from the body here');
    if (plan.takesInput) {
      addPathParameters(plan, query, params);
      convertTexts(plan, query);
      return query;
    }
    refuseKeys(query, 'is not a field of this input');
    return undefined;
  }
  refuseKeys(query, 'is not read from the query here');
  const body = bodyOf(request);
  if (!plan.takesInput) {
    refuseKeys(body, 'is not a field of this input');
    return undefined;
  }
  if (plan.takesKey) addKey(body, request);
  if (plan.pathParameters.length > 0) {
    convertTexts(plan, params);
    addPathParameters(plan, body, params);
  }
  return body;
};
