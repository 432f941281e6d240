import type { InjectOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectFailure } from '../answers.js';
import { createFactories, type Factories } from '../factories.js';
import { createTestApp, type TestApp } from '../harness.js';
import { type SampleCall, sampleCalls } from '../sample-calls.js';
import {
  type EveryCall,
  everyCall,
  operations,
  type ProcedurePath,
  readAnswer,
  toRequest,
} from '../transports.js';

let test: TestApp;
let given: Factories;
const samples = new Map<ProcedurePath, Promise<SampleCall>>();

beforeAll(async () => {
  test = await createTestApp();
  given = createFactories(test);
});
afterAll(() => test.close());

/** A call that would succeed, prepared once, since none of this file's calls does. */
const sampleOf = (path: ProcedurePath): Promise<SampleCall> => {
  const sample = samples.get(path) ?? sampleCalls[path](given);
  samples.set(path, sample);
  return sample;
};

/** Sends the request of a call that would succeed, with parts of it replaced. */
const send = async (
  { transport, operation, path }: EveryCall,
  change: (request: InjectOptions) => InjectOptions,
  surplus: Record<string, unknown> = {},
) => {
  const { owner, input } = await sampleOf(path);
  const fields = { ...input, ...surplus };
  const request = toRequest(transport, operation, Object.keys(fields).length > 0 ? fields : undefined);
  const headers = { ...request.headers, authorization: `Bearer ${owner.accessToken}` };
  const response = await test.app.inject({ ...request, headers, ...change({ ...request, headers }) });
  return readAnswer(transport, response);
};

const body = (contentType: string, payload: string) => (request: InjectOptions) => ({
  payload,
  headers: { ...request.headers, 'content-type': contentType },
});

const readsBody = ({ transport, operation }: EveryCall) =>
  transport === 'REST' ? /POST|PUT|PATCH/.test(operation.method) : operation.type === 'mutation';

describe.each(everyCall.filter(readsBody))('$path over $transport', (each) => {
  it.each(['{', '{"a":1', "{'a':1}", 'null x', '{"__proto__":{"role":"admin"}}', '\u0000'])(
    'answers 400 for a body that is not JSON, or not safe: %j',
    async (payload) => {
      expectFailure(each.transport, await send(each, body('application/json', payload)), 'MALFORMED_REQUEST');
    },
  );

  it.each(['null', '[]', '"text"', '5', 'true'])(
    'answers 422 for a body that is no object: %s',
    async (payload) => {
      const answer = await send(each, body('application/json', payload));
      expectFailure(each.transport, answer, 'VALIDATION_FAILED');
    },
  );

  it('answers 413 for a body over 1 MiB', async () => {
    const payload = JSON.stringify({ title: 'a'.repeat(1024 * 1024) });
    expectFailure(each.transport, await send(each, body('application/json', payload)), 'PAYLOAD_TOO_LARGE');
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/octet-stream',
    'application/json5',
  ])('answers 415 for a body of %s', async (contentType) => {
    expectFailure(each.transport, await send(each, body(contentType, '{}')), 'UNSUPPORTED_MEDIA_TYPE');
  });
});

describe.each(everyCall)('$path over $transport', (each) => {
  it('answers 400 as another host', async () => {
    const answer = await send(each, ({ headers }) => ({ headers: { ...headers, host: 'evil.example' } }));
    expectFailure(each.transport, answer, 'HOST_NOT_ALLOWED');
  });

  it('answers 422 for a key that it does not know, naming it', async () => {
    const answer = await send(each, () => ({}), { surplus: 'x' });
    expectFailure(each.transport, answer, 'VALIDATION_FAILED');
    expect(answer.failure?.errors).toEqual([{ path: 'surplus', message: expect.any(String) }]);
  });
});

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
const paths = [...new Set(operations.map(({ path }) => path))].map((path) => {
  const served = operations
    .filter((operation) => operation.path === path)
    .map(({ method }) => method as string);
  return { path, served, refused: METHODS.filter((method) => !served.includes(method)) };
});

describe.each(paths)('$path', ({ path, served, refused }) => {
  it.each(refused)('answers 405 with Allow for %s', async (method) => {
    const url = `/api${path.replace('{id}', '019b76f2-7a6e-7c3a-9d53-2f1f0a6b8c11')}`;
    const answer = readAnswer('REST', await test.app.inject({ method, url }));
    expectFailure('REST', answer, 'METHOD_NOT_ALLOWED');
    const allowed = served.includes('GET') ? [...served, 'HEAD'] : served;
    expect(String(answer.headers.allow).split(', ')).toEqual(allowed.sort());
  });
});

describe.each(everyCall.filter(({ transport }) => transport === 'tRPC'))('$path over tRPC', (each) => {
  const { type, procedurePath } = each.operation;
  const url = `/trpc/${procedurePath}`;

  it(`answers 405 with Allow for ${type === 'query' ? 'POST' : 'GET'}`, async () => {
    const answer = readAnswer(
      'tRPC',
      await test.app.inject({ method: type === 'query' ? 'POST' : 'GET', url }),
    );
    expectFailure('tRPC', answer, 'METHOD_NOT_ALLOWED');
    expect(answer.headers.allow).toBe(type === 'query' ? 'GET' : 'POST');
  });
});

const queries = everyCall.filter(
  ({ transport, operation }) => transport === 'tRPC' && operation.type === 'query',
);

describe.each(queries)('$path over tRPC', (each) => {
  it('answers 400 for an input that is not JSON', async () => {
    const answer = await send(each, () => ({ url: `/trpc/${each.path}?input=%7B` }));
    expectFailure('tRPC', answer, 'MALFORMED_REQUEST');
  });
});
