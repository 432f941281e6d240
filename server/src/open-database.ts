import { join } from 'node:path';
import { type Config, projectDirectory } from './config.js';
import { startEmbeddedPostgres } from './platform/embedded-postgres/embedded-postgres.js';
import { migrateDatabase, waitForDatabase } from './platform/migrations.js';

export type OpenDatabase = { url: string; isEmbedded: boolean; stop(): Promise<void> };

const EMBEDDED_DATABASE = 'versbottomlex';
export const migrationsDirectory = join(projectDirectory, 'drizzle/migrations');

const locate = async (config: Config, onStep: (line: string) => void): Promise<OpenDatabase> => {
  const { url } = config.database;
  if (url !== undefined) return { url, isEmbedded: false, stop: async () => {} };
  const embedded = await startEmbeddedPostgres({
    directory: config.dataDirectory,
    database: EMBEDDED_DATABASE,
    onStep,
  });
  return { ...embedded, isEmbedded: true };
};

/**
 * The database that is configured, or without DATABASE_URL an embedded one that is started here; it answers, and its
 * tables are up to date. Throws StartupError.
 */
export const openDatabase = async (config: Config, onStep: (line: string) => void): Promise<OpenDatabase> => {
  const opened = await locate(config, onStep);
  try {
    if (config.database.migrateOnStart) await migrateDatabase(opened.url, migrationsDirectory);
    else await waitForDatabase(opened.url);
    return opened;
  } catch (error) {
    await opened.stop();
    throw error;
  }
};
