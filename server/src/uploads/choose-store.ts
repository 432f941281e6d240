import type { Config } from '../config.js';
import { createLocalStore } from '../platform/object-store/local-store.js';
import type { ObjectStore } from '../platform/object-store/object-store.js';
import { createS3Store } from '../platform/object-store/s3-store.js';

/** The store that is configured. */
export const chooseStore = ({ storage, publicUrl }: Pick<Config, 'storage' | 'publicUrl'>): ObjectStore =>
  storage.kind === 's3'
    ? createS3Store(storage)
    : createLocalStore({ directory: storage.directory, baseUrl: `${publicUrl}/media` });
