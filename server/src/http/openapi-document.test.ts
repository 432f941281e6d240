import { errorCodes, isErrorCode } from '@versbottomlex/shared';
import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { appRouter } from '../app-router.js';
import { createEventBus } from '../platform/event-bus.js';
import type { TopUpsService } from '../top-ups/top-ups.service.js';
import { uploadsRouter } from '../uploads/uploads.router.js';
import { mountCsrfToken } from './csrf-token.js';
import { mountHealth } from './health.js';
import { createOpenApiDocument } from './openapi-document.js';
import { tagDescriptions } from './openapi-info.js';
import type { DocumentedResponse, Reference } from './openapi-types.js';
import { listOperations, takesBody } from './operations.js';
import { mountRest } from './rest.js';
import { createSharedAnswers } from './shared-answers.js';
import { mountUploads } from './uploads.js';
import { mountWebhooks } from './webhooks.js';

const document = createOpenApiDocument(appRouter, 'http://localhost:3000');
const operations = listOperations(appRouter).map((operation) => {
  const documented = document.paths[`/api${operation.path}`]?.[operation.method.toLowerCase()];
  if (!documented) throw new Error(`${operation.procedurePath} is not documented`);
  return { ...operation, documented };
});

const resolve = (reference: string): unknown =>
  reference
    .replace(/^#\//, '')
    .split('/')
    .reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], document);

const responseOf = (response: DocumentedResponse | Reference | undefined): DocumentedResponse => {
  if (!response) throw new Error('There is no such response');
  return '$ref' in response ? (resolve(response.$ref) as DocumentedResponse) : response;
};

it('resolves every reference, and uses every component', () => {
  const references = new Set(
    [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref ?? ''),
  );
  for (const reference of references) expect([reference, resolve(reference)]).not.toContain(undefined);
  const components = Object.entries(document.components)
    .filter(([kind]) => kind !== 'securitySchemes')
    .flatMap(([kind, named]) => Object.keys(named).map((name) => `#/components/${kind}/${name}`));
  expect(components.filter((component) => !references.has(component))).toEqual([]);
});

it('documents every route that is mounted, and mounts every one that is documented', async () => {
  const mounted = new Set<string>();
  const app = Fastify({ exposeHeadRoutes: false });
  app.addHook('onRoute', ({ method, url, config }) => {
    if (!config?.isRefusal)
      mounted.add(`${String(method).toLowerCase()} ${url.replaceAll(/:(\w+)/g, '{$1}')}`);
  });
  const services = { ledger: { isSound: () => true } };
  mountHealth(app, { database: { isReachable: async () => true }, services });
  const sharedAnswers = createSharedAnswers(createEventBus());
  const createContext = () => {
    throw new Error('unused');
  };
  const rest = { router: appRouter, createContext, sharedAnswers, countGuest: async () => {} };
  await app.register(async (scope) => mountRest(scope, rest), { prefix: '/api' });
  const unused = {} as never;
  const topUps = { receiveWebhook: async () => {} } as unknown as TopUpsService;
  await app.register(async (scope) => mountWebhooks(scope, { topUps }), { prefix: '/api' });
  const uploads = { router: uploadsRouter, createContext };
  await app.register(async (scope) => mountUploads(scope, uploads), { prefix: '/api' });
  await app.register(async (scope) => mountCsrfToken(scope, unused, unused), { prefix: '/api' });
  const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  expect(documented.sort()).toEqual([...mounted].sort());
});

it('gives every operation a name of its own', () => {
  const names = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).map(({ operationId }) => operationId),
  );
  expect(new Set(names).size).toBe(names.length);
  expect(names).toContain('authChangePassword');
});

it('describes every tag', () => {
  for (const { name } of document.tags) expect(tagDescriptions).toHaveProperty(name);
});

describe.each(operations.map((operation) => [operation.procedurePath, operation] as const))(
  '%s',
  (_name, operation) => {
    const { documented, meta } = operation;

    it('has the status of success that it answers with', () => {
      const successes = Object.keys(documented.responses).filter((status) => status < '400');
      expect(successes).toEqual([String(meta.successStatus ?? 200)]);
    });

    it('lists every code it can fail with under its status, as problem details', () => {
      for (const code of [
        ...(meta.errors ?? []),
        'VALIDATION_FAILED',
        'RATE_LIMITED',
        'INTERNAL_ERROR',
      ] as const) {
        const response = responseOf(documented.responses[errorCodes[code].status]);
        expect(response.description).toContain(`\`${code}\``);
        expect(Object.keys(response.content ?? {})).toEqual(['application/problem+json']);
      }
      for (const [status, response] of Object.entries(documented.responses)) {
        for (const [, code] of responseOf(response).description.matchAll(/`([A-Z_]+)`/g)) {
          expect(isErrorCode(code) && errorCodes[code].status).toBe(Number(status));
        }
      }
    });

    it('asks for a token where it needs one', () => {
      const byCookie = operation.method === 'GET' ? {} : { csrfToken: [] };
      const ways = [{ bearerAuth: [] }, { cookieAuth: [], ...byCookie }];
      const expected = {
        open: [],
        public: [{}, ...ways],
        signedIn: ways,
        admin: ways,
      };
      expect(documented.security).toEqual(expected[meta.access ?? 'open']);
      expect('401' in documented.responses || meta.access === 'open').toBe(true);
    });

    it('says what a body may hold, with an example that is accepted', () => {
      const media = documented.requestBody?.content['application/json'];
      if (!media) return;
      expect(takesBody(operation)).toBe(true);
      expect(media.schema.additionalProperties).toBe(false);
      const params = Object.fromEntries(
        operation.pathParameters.map((name) => [name, '019b76f2-7a6e-7c3a-9d53-2f1f0a6b8c11']),
      );
      expect(operation.input?.safeParse({ ...(media.example as object), ...params }).error).toBeUndefined();
    });

    it('shows an answer as it is given', () => {
      const response = responseOf(documented.responses[meta.successStatus ?? 200]);
      const example = response.content?.['application/json']?.example;
      const procedures = appRouter._def.procedures as unknown as Record<
        string,
        { _def: { output: z.ZodType } }
      >;
      expect(procedures[operation.procedurePath]?._def.output.parse(example)).toEqual(example);
    });

    it('names its parameters', () => {
      const names = (documented.parameters ?? [])
        .filter(({ in: place }) => place === 'path')
        .map(({ name }) => name);
      expect(names).toEqual(operation.pathParameters);
    });
  },
);
