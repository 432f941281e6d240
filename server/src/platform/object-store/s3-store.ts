import { createHash } from 'node:crypto';
import { AwsClient } from 'aws4fetch';
import { AppError } from '../app-error.js';
import { addressesBelow, FILE_CACHE_CONTROL, type ObjectStore, type StoredFile } from './object-store.js';

const DEADLINE_MS = 10_000;
const RETRIES = 2;
const RETRY_AFTER_MS = 5000;

export type S3Options = {
  /** Such as https://s3.eu-central-1.amazonaws.com; the bucket follows as the first part of the path. */
  endpoint: string;
  region: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** Where anyone reads what is in the bucket. */
  publicUrl: string;
};

const unavailable = (cause: unknown) =>
  new AppError('DEPENDENCY_UNAVAILABLE', {
    detail: 'The storage of files is away.',
    retryAfterMs: RETRY_AFTER_MS,
    cause,
  });

/** The fields of ListObjectsV2 that are read here; names of ours hold nothing that XML would escape. */
const filesIn = (xml: string): StoredFile[] =>
  [...xml.matchAll(/<Contents>(.*?)<\/Contents>/gs)].flatMap(([, contents = '']) => {
    const name = /<Key>([^<]+)<\/Key>/.exec(contents)?.[1];
    const storedAt = /<LastModified>([^<]+)<\/LastModified>/.exec(contents)?.[1];
    return name !== undefined && storedAt !== undefined ? [{ name, storedAt: new Date(storedAt) }] : [];
  });

const continuationIn = (xml: string): string | undefined => {
  const token = /<NextContinuationToken>([^<]+)<\/NextContinuationToken>/.exec(xml)?.[1];
  return token?.replaceAll('&amp;', '&');
};

/** Keeps files in a bucket of any S3-compatible storage, with signature version 4 over their content. */
export const createS3Store = (options: S3Options): ObjectStore => {
  const { accessKeyId, secretAccessKey, region } = options;
  const client = new AwsClient({ accessKeyId, secretAccessKey, region, service: 's3', retries: RETRIES });
  const bucketUrl = `${options.endpoint.replace(/\/+$/, '')}/${options.bucket}`;

  const send = async (url: string, init: RequestInit, accepted: number[] = []): Promise<Response> => {
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const response = await client
      .fetch(url, { ...init, signal, redirect: 'error' })
      .catch((error: unknown) => {
        throw unavailable(error);
      });
    if (response.ok || accepted.includes(response.status)) return response;
    await response.body?.cancel();
    throw unavailable(new Error(`the storage answered ${response.status} to ${init.method}`));
  };

  return {
    ...addressesBelow(options.publicUrl),
    put: async ({ name, bytes, contentType }) => {
      const response = await send(`${bucketUrl}/${name}`, {
        method: 'PUT',
        body: bytes,
        headers: {
          'content-type': contentType,
          'cache-control': FILE_CACHE_CONTROL,
          'x-amz-content-sha256': createHash('sha256').update(bytes).digest('hex'),
        },
      });
      await response.body?.cancel();
    },
    remove: async (name) => {
      const response = await send(`${bucketUrl}/${name}`, { method: 'DELETE' }, [404]);
      await response.body?.cancel();
    },
    list: async function* () {
      let continuation: string | undefined;
      do {
        const query = new URLSearchParams({ 'list-type': '2' });
        if (continuation !== undefined) query.set('continuation-token', continuation);
        const xml = await (await send(`${bucketUrl}?${query}`, { method: 'GET' })).text();
        yield filesIn(xml);
        continuation = continuationIn(xml);
      } while (continuation !== undefined);
    },
  };
};
