import multipart from '@fastify/multipart';
import type { AnyRouter } from '@trpc/server';
import type { FastifyInstance } from 'fastify';
import { AppError } from '../platform/app-error.js';
import { fileOf } from './multipart-file.js';
import { listOperations, takesBody } from './operations.js';
import { readJsonBodies } from './request-body.js';
import type { CreateContext } from './request-context.js';
import { JSON_CONTENT_TYPE } from './rest.js';

type WithId = { Params: { id: string }; Querystring: Record<string, unknown> };

/**
 * Mounts the procedures of `router` as routes (registered below `/api`): with PUT those that take a file, in the one part
 * of a `multipart/form-data` body, with DELETE those that take none.
 */
export const mountUploads = async (
  app: FastifyInstance,
  { router, createContext }: { router: AnyRouter; createContext: CreateContext },
): Promise<void> => {
  readJsonBodies(app);
  await app.register(multipart, { throwFileSizeLimit: false });

  for (const operation of listOperations(router)) {
    const { method, run, procedurePath: path, type } = operation;
    const takesFile = takesBody(operation);
    app.route<WithId>({
      method,
      url: operation.path.replace('{id}', ':id'),
      handler: async (request, reply) => {
        if (takesFile && !request.isMultipart()) {
          throw new AppError('UNSUPPORTED_MEDIA_TYPE', {
            detail: 'Send the picture as the one part of a multipart/form-data body.',
          });
        }
        const input = {
          ...request.query,
          ...(takesFile && { file: fileOf(request, reply) }),
          id: request.params.id,
        };
        const ctx = createContext(request, reply);
        const output = await run({ ctx, getRawInput: async () => input, path, type });
        reply.header('content-type', JSON_CONTENT_TYPE);
        return JSON.stringify(output);
      },
    });
  }
};
