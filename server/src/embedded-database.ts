import type { Config } from './config.js';
import { findEmbeddedPostgres } from './platform/embedded-postgres/find-embedded-postgres.js';

/** Its name within the embedded PostgreSQL. */
export const EMBEDDED_DATABASE = 'versbottomlex';

/** Where the embedded database of a running server is; undefined when none runs. */
export const embeddedDatabaseUrl = (config: Config): Promise<string | undefined> =>
  findEmbeddedPostgres(config.dataDirectory, EMBEDDED_DATABASE);
