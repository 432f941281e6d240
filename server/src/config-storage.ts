import { join, resolve } from 'node:path';
import { z } from 'zod';
import { refuse } from './config-refusal.js';
import { publicUrl } from './config-values.js';

const bucket = z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket');
const region = z.string().regex(/^[a-z0-9-]{2,40}$/, 'must be a region such as eu-central-1, or auto');
const key = z.string().regex(/^[!-~]{3,200}$/, 'must be a key, without spaces');

/** The variables about uploaded files; `.env.example` explains each. */
export const storageVariables = {
  STORAGE: z.enum(['local', 's3']).default('local'),
  MEDIA_DIRECTORY: z.string().optional(),
  S3_ENDPOINT: publicUrl.optional(),
  S3_REGION: region.default('auto'),
  S3_BUCKET: bucket.optional(),
  S3_ACCESS_KEY_ID: key.optional(),
  S3_SECRET_ACCESS_KEY: key.optional(),
  S3_PUBLIC_URL: publicUrl.optional(),
};

type Variables = z.infer<z.ZodObject<typeof storageVariables>>;

export type StorageConfig =
  | Readonly<{ kind: 'local'; directory: string }>
  | Readonly<{
      kind: 's3';
      endpoint: string;
      region: string;
      bucket: string;
      accessKeyId: string;
      secretAccessKey: string;
      publicUrl: string;
    }>;

const needed = [
  'S3_ENDPOINT',
  'S3_BUCKET',
  'S3_ACCESS_KEY_ID',
  'S3_SECRET_ACCESS_KEY',
  'S3_PUBLIC_URL',
] as const;

/** Throws StartupError for a bucket that lacks something. */
export const storageConfigOf = (
  env: Variables,
  at: { projectDirectory: string; dataDirectory: string },
): StorageConfig => {
  if (env.STORAGE === 'local') {
    const { MEDIA_DIRECTORY: given } = env;
    const directory =
      given === undefined ? join(at.dataDirectory, 'media') : resolve(at.projectDirectory, given);
    return Object.freeze({ kind: 'local', directory });
  }
  const missing = needed.filter((name) => env[name] === undefined);
  if (missing.length > 0) refuse(missing.map((name) => `${name} must be set with STORAGE=s3`));
  const [endpoint = '', bucket = '', accessKeyId = '', secretAccessKey = '', publicUrl = ''] = needed.map(
    (name) => env[name],
  );
  const { S3_REGION: region } = env;
  return Object.freeze({ kind: 's3', endpoint, region, bucket, accessKeyId, secretAccessKey, publicUrl });
};
