import type { AnyRouter } from '@trpc/server';
import { IdempotencyKey, Problem, Stream, UserProfile } from '@versbottomlex/shared';
import { generateOpenApiDocument } from 'trpc-openapi';
import { z } from 'zod';
import { API_PREFIX } from './api-prefix.js';
import { CsrfToken, csrfTokenPaths } from './openapi-csrf-token.js';
import { exampleOf } from './openapi-example.js';
import { healthPaths, Liveness, Readiness } from './openapi-health.js';
import { documentInfo, tagDescriptions } from './openapi-info.js';
import { failureResponses, headers, sharedResponses, successResponse } from './openapi-responses.js';
import type { DocumentedOperation, JsonSchema, OpenApiDocument, Parameter } from './openapi-types.js';
import { uploadPaths } from './openapi-uploads.js';
import { WebhookReceipt, webhookPaths } from './openapi-webhooks.js';
import { csvTableOf, inputFieldsOf, listOperations, type Operation } from './operations.js';
import { KEY_FIELD, KEY_HEADER } from './rest-input.js';

/**
 * Schemas that no procedure has. They enter by a path of their own, which is dropped: as `defs` they would be taken for
 * inputs too, and appear twice.
 */
const CARRIER = '/schemas';
const carrierPath = {
  get: {
    responses: {
      default: {
        description: '',
        content: Object.fromEntries(
          [Problem, Liveness, Readiness, WebhookReceipt, CsrfToken, UserProfile, Stream].map(
            (schema, index) => [index, { schema }],
          ),
        ),
      },
    },
  },
};

type Schemas = Record<string, JsonSchema>;

const operationId = (procedurePath: string): string =>
  procedurePath.replaceAll(/\.(\w)/g, (_dot, letter: string) => letter.toUpperCase());

const securityOf = ({ meta, method }: Operation): Record<string, string[]>[] => {
  const ways: Record<string, string[]>[] = [
    { bearerAuth: [] },
    { cookieAuth: [], ...(method !== 'GET' && { csrfToken: [] }) },
  ];
  if (meta.access === 'signedIn' || meta.access === 'admin') return ways;
  return meta.access === 'public' ? [{}, ...ways] : [];
};

const securitySchemes = {
  bearerAuth: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The `accessToken` that `POST /api/auth/login` answers, alone.',
  },
  cookieAuth: {
    type: 'apiKey',
    in: 'cookie',
    name: '__Host-access',
    description: 'A session that signed in with `X-Session: cookie`.',
  },
  csrfToken: {
    type: 'apiKey',
    in: 'header',
    name: 'X-CSRF-Token',
    description: 'What `GET /api/csrf-token` answers.',
  },
};

/** A description that was given to the whole field; the generator keeps only that of the type within. */
const descriptionOf = (field: z.core.$ZodType | undefined): string | undefined =>
  field instanceof z.ZodType ? field.meta()?.description : undefined;

const mendParameters = (operation: Operation, parameters: Parameter[]): Parameter[] => {
  const fields = inputFieldsOf(operation.input);
  return parameters.map((parameter) => {
    const description = descriptionOf(fields?.[parameter.name]);
    return { ...parameter, ...(description !== undefined && { description }) };
  });
};

/** REST reads it from a header. Without an example, which Swagger UI would send with every request. */
const keyParameter = (operation: Operation): Parameter[] => {
  if (!inputFieldsOf(operation.input)?.[KEY_FIELD]) return [];
  const { type, pattern } = z.toJSONSchema(IdempotencyKey) as JsonSchema;
  const description = descriptionOf(IdempotencyKey) ?? '';
  return [{ in: 'header', name: KEY_HEADER, required: false, description, schema: { type, pattern } }];
};

/** Without an example, which Swagger UI would send with every request. */
const sessionParameter = ({ meta }: Operation): Parameter[] => {
  if (!meta.signsIn) return [];
  const description = '`cookie` has the tokens set as cookies for a browser, instead of answered.';
  return [
    {
      in: 'header',
      name: 'X-Session',
      required: false,
      description,
      schema: { type: 'string', enum: ['cookie'] },
    },
  ];
};

/** Our inputs are strict, which the generator forgets for one that is refined, and examples are left to us. */
const mendBody = (
  body: DocumentedOperation['requestBody'],
  schemas: Schemas,
): DocumentedOperation['requestBody'] => {
  const media = body?.content['application/json'];
  if (!body || !media || Object.keys(media.schema.properties ?? {}).length === 0) return undefined;
  const properties = { ...media.schema.properties };
  delete properties[KEY_FIELD];
  const schema: JsonSchema = { ...media.schema, properties, additionalProperties: false };
  const example = exampleOf(schema, schemas);
  delete schema.examples;
  return { required: body.required === true, content: { 'application/json': { schema, example } } };
};

const mendOperation = (
  operation: Operation,
  generated: DocumentedOperation,
  schemas: Schemas,
): DocumentedOperation => {
  const { responses, parameters: given = [], requestBody, security: _security, ...rest } = generated;
  const parameters = [
    ...mendParameters(operation, given),
    ...keyParameter(operation),
    ...sessionParameter(operation),
  ];
  const success = responses['200'];
  const schema = success && 'content' in success ? success.content?.['application/json']?.schema : undefined;
  const body = mendBody(requestBody, schemas);
  const status = operation.meta.successStatus ?? 200;
  const succeeded = successResponse(status, schema ?? {}, schemas, csvTableOf(operation));
  return {
    ...rest,
    operationId: operationId(operation.procedurePath),
    security: securityOf(operation),
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: body }),
    responses: { [status]: succeeded, ...failureResponses(operation) },
  };
};

const isGeneratorsOwn = (name: string) => name.startsWith('error.');

const generate = (router: AnyRouter, serverUrl: string): OpenApiDocument => {
  const info = documentInfo();
  const document: unknown = generateOpenApiDocument(router as never, {
    ...info,
    baseUrl: serverUrl,
    openApiVersion: '3.1.0',
    paths: { [CARRIER]: carrierPath },
  });
  return document as OpenApiDocument;
};

/**
 * The OpenAPI 3.1 document of every procedure with `openapi` meta, and of what is served without one: uploads, the CSRF
 * token, webhooks and the probes. The generator of trpc-openapi knows one status of success, one shape of errors and one
 * kind of protection; this puts in their place what the routes do, by the same meta: `successStatus`, `access` and
 * `errors`. Deterministic: equal routers give equal text.
 */
export const createOpenApiDocument = (router: AnyRouter, serverUrl: string): OpenApiDocument => {
  const generated = generate(router, serverUrl);
  const schemas = Object.fromEntries(
    Object.entries(generated.components.schemas).filter(([name]) => !isGeneratorsOwn(name)),
  );
  const paths: OpenApiDocument['paths'] = {};
  for (const operation of listOperations(router)) {
    const method = operation.method.toLowerCase();
    const raw = generated.paths[operation.path]?.[method];
    if (!raw) throw new Error(`${operation.procedurePath} is missing from the generated document`);
    const path = `${API_PREFIX}${operation.path}`;
    paths[path] = { ...paths[path], [method]: mendOperation(operation, raw, schemas) };
  }
  Object.assign(
    paths,
    uploadPaths(API_PREFIX, schemas),
    csrfTokenPaths(API_PREFIX),
    webhookPaths(API_PREFIX),
    healthPaths,
  );
  const tags = new Set(
    Object.values(paths).flatMap((methods) => Object.values(methods).flatMap(({ tags = [] }) => tags)),
  );
  return {
    openapi: generated.openapi,
    info: documentInfo(),
    servers: [{ url: serverUrl }],
    tags: [...tags].map((name) => ({ name, description: tagDescriptions[name] ?? name })),
    paths,
    components: {
      schemas,
      responses: sharedResponses(),
      headers,
      securitySchemes,
    },
  };
};
