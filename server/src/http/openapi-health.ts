import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import type { DocumentedOperation, DocumentedResponse } from './openapi-types.js';

const state = z.enum(['ok', 'unavailable']);

/** What `/health/ready` answers. */
export const Readiness = z
  .object({
    status: state,
    checks: z.object({
      database: state,
      ledger: z.enum(['ok', 'broken']).meta({
        description: 'What the last audit of the ledger found; while it is broken, no money moves.',
      }),
    }),
  })
  .meta({ id: 'Readiness' });

/** What `/health/live` answers. */
export const Liveness = z.object({ status: z.literal('ok') }).meta({ id: 'Liveness' });

const answer = (status: number, schema: string, example: unknown): DocumentedResponse => ({
  description: STATUS_CODES[status] ?? 'OK',
  headers: {
    'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' },
    ...(status === 503 && { 'Retry-After': { $ref: '#/components/headers/Retry-After' } }),
  },
  content: { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` }, example } },
});

const probe = (operationId: string, summary: string, responses: DocumentedOperation['responses']) => ({
  get: {
    operationId,
    summary,
    tags: ['health'],
    security: [],
    responses: { ...responses, '400': { $ref: '#/components/responses/BadRequest' } },
  },
});

const ready = {
  '200': answer(200, 'Readiness', { status: 'ok', checks: { database: 'ok', ledger: 'ok' } }),
  '503': answer(503, 'Readiness', {
    status: 'unavailable',
    checks: { database: 'unavailable', ledger: 'ok' },
  }),
};

/** The probes, which are routes without a procedure. */
export const healthPaths: Record<string, Record<string, DocumentedOperation>> = {
  '/health/live': probe('healthLive', 'Tell whether the process answers', {
    '200': answer(200, 'Liveness', { status: 'ok' }),
  }),
  '/health/ready': probe('healthReady', 'Tell whether the server can do its work', ready),
  '/health': probe('health', 'Tell whether the server can do its work, as /health/ready does', ready),
};
