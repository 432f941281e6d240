import { type ErrorCode, Id } from '@versbottomlex/shared';
import { z } from 'zod';
import { exampleOf } from './openapi-example.js';
import { failureResponses, successResponse } from './openapi-responses.js';
import type { DocumentedOperation, DocumentedResponse, JsonSchema, Parameter } from './openapi-types.js';

type Schemas = Record<string, JsonSchema>;

/** What can be uploaded: whose, by which path, and which shape shows it. */
type Picture = {
  name: 'Avatar' | 'Thumbnail';
  tag: 'users' | 'streams';
  path: string;
  owner: string;
  is: string;
  schema: 'UserProfile' | 'Stream';
  field: 'avatarUrl' | 'thumbnailUrl';
};

const pictures: Picture[] = [
  {
    name: 'Avatar',
    tag: 'users',
    path: '/users/{id}/avatar',
    owner: 'a user',
    is: 'a square of 512 pixels, cut from the middle',
    schema: 'UserProfile',
    field: 'avatarUrl',
  },
  {
    name: 'Thumbnail',
    tag: 'streams',
    path: '/streams/{id}/thumbnail',
    owner: 'a stream',
    is: 'whole, within 1280 × 720 pixels',
    schema: 'Stream',
    field: 'thumbnailUrl',
  },
];

const security: Record<string, string[]>[] = [{ bearerAuth: [] }, { cookieAuth: [], csrfToken: [] }];

/** Every failure of an upload or a removal, besides those of any such call. */
const failuresOf = (method: 'PUT' | 'DELETE', errors: ErrorCode[]) =>
  failureResponses({ method, meta: { access: 'signedIn', errors }, pathParameters: ['id'] });

const idParameter = (owner: string): Parameter => {
  const { type, format, pattern, example } = z.toJSONSchema(Id) as JsonSchema;
  return {
    in: 'path',
    name: 'id',
    required: true,
    description: `Of ${owner}.`,
    schema: { type, format, pattern, example },
  };
};

/** Where a picture is in the examples. */
const EXAMPLE_URL =
  'http://localhost:3000/media/019b76f2-7a6e-7c3a-9d53-2f1f0a6b8c11.5c1e90b7a2d45c1e90b7a2d45c1e90b7.webp';

const success = (picture: Picture, schemas: Schemas, hasPicture: boolean): DocumentedResponse => {
  const schema = { $ref: `#/components/schemas/${picture.schema}` };
  const shown = exampleOf(schema, schemas) as Record<string, unknown>;
  const example = { ...shown, [picture.field]: hasPicture ? EXAMPLE_URL : null };
  const response = successResponse(200, schema, schemas, undefined);
  return { ...response, content: { 'application/json': { schema, example } } };
};

const operationsOf = (picture: Picture, schemas: Schemas): Record<string, DocumentedOperation> => {
  const { name, tag, owner, is } = picture;
  const common = { tags: [tag], security, parameters: [idParameter(owner)] };
  return {
    put: {
      ...common,
      operationId: `${tag}Set${name}`,
      summary: `Upload the ${name.toLowerCase()} of ${owner}`,
      description: `The one part of the form is a png, jpeg or webp file of at most 5 MiB and 4096 pixels a side. It is drawn anew: ${is}, without anything else that was in the file. For the owner and for admins.`,
      requestBody: {
        required: true,
        content: {
          'multipart/form-data': {
            schema: {
              type: 'object',
              properties: { file: { type: 'string', format: 'binary' } },
              required: ['file'],
              additionalProperties: false,
            },
          },
        },
      },
      responses: {
        '200': success(picture, schemas, true),
        ...failuresOf('PUT', [
          'FORBIDDEN',
          'IMAGE_INVALID',
          ...(tag === 'streams' ? (['STREAM_ENDED'] as const) : []),
        ]),
      },
    },
    delete: {
      ...common,
      operationId: `${tag}Remove${name}`,
      summary: `Remove the ${name.toLowerCase()} of ${owner}`,
      description: 'Its file is removed too. Again is the same. For the owner and for admins.',
      responses: { '200': success(picture, schemas, false), ...failuresOf('DELETE', ['FORBIDDEN']) },
    },
  };
};

/** The uploads, which take no JSON, so that their procedures are not those of tRPC. */
export const uploadPaths = (
  apiPrefix: string,
  schemas: Schemas,
): Record<string, Record<string, DocumentedOperation>> =>
  Object.fromEntries(
    pictures.map((picture) => [`${apiPrefix}${picture.path}`, operationsOf(picture, schemas)]),
  );
