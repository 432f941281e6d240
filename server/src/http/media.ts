import staticFiles from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../config.js';
import { AppError } from '../platform/app-error.js';
import { FILE_CACHE_CONTROL } from '../platform/object-store/object-store.js';

/** Random names of ours; anything else is not looked for on the disk. */
const NAME = /^[0-9a-f-]{36}\.[0-9a-f]{32}\.webp$/;
/** Opened by itself, a picture may load and run nothing, whatever a browser takes it for. */
const POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox";

const notFound = () => new AppError('NOT_FOUND', { detail: 'There is no such picture.' });

/**
 * Serves the pictures that are stored on this machine's disk at `/media/{name}`, to be kept for good: a name is given
 * once. Those in a bucket are served by the bucket.
 */
export const mountMedia = async (
  app: FastifyInstance,
  { storage }: Pick<Config, 'storage'>,
): Promise<void> => {
  if (storage.kind !== 'local') return;
  await app.register(staticFiles, { root: storage.directory, serve: false });
  app.get<{ Params: { name: string } }>('/media/:name', async ({ params }, reply) => {
    if (!NAME.test(params.name)) throw notFound();
    return reply
      .header('content-security-policy', POLICY)
      .header('cache-control', FILE_CACHE_CONTROL)
      .sendFile(params.name, { cacheControl: false, dotfiles: 'deny', index: false });
  });
};
