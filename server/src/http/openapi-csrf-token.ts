import { z } from 'zod';
import { responsesOf } from './openapi-responses.js';
import type { DocumentedOperation } from './openapi-types.js';

/** What a page needs to change something by a session in cookies. */
export const CsrfToken = z
  .object({ csrfToken: z.string().meta({ description: 'Goes in the header X-CSRF-Token.' }) })
  .meta({ id: 'CsrfToken' });

const get: DocumentedOperation = {
  operationId: 'csrfToken',
  summary: 'Get the CSRF token of a session in cookies',
  description:
    'Every request that changes something by a session in cookies carries it in the header `X-CSRF-Token`. It is the same for the whole session, and known as long as one of its cookies is good.',
  tags: ['auth'],
  security: [{ cookieAuth: [] }],
  responses: {
    '200': {
      description: 'OK',
      headers: { 'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' } },
      content: {
        'application/json': {
          schema: { $ref: '#/components/schemas/CsrfToken' },
          example: { csrfToken: 'q0d2l0bmVzcyBvZiBhIHNlc3Npb24gaW4gY29va2llcw' },
        },
      },
    },
    ...responsesOf([
      'MALFORMED_REQUEST',
      'HOST_NOT_ALLOWED',
      'NOT_AUTHENTICATED',
      'RATE_LIMITED',
      'INTERNAL_ERROR',
      'DEPENDENCY_UNAVAILABLE',
      'OVERLOADED',
    ]),
  },
};

/** The CSRF token, which is a route without a procedure. */
export const csrfTokenPaths = (apiPrefix: string): Record<string, Record<string, DocumentedOperation>> => ({
  [`${apiPrefix}/csrf-token`]: { get },
});
