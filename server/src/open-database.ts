import { join } from 'node:path';
import { type Config, projectDirectory } from './config.js';
import { EMBEDDED_DATABASE, embeddedDatabaseUrl } from './embedded-database.js';
import { grantPrivileges } from './grant-privileges.js';
import { startEmbeddedPostgres } from './platform/embedded-postgres/embedded-postgres.js';
import { migrateDatabase, waitForDatabase } from './platform/migrations.js';

export type OpenDatabase = { url: string; isEmbedded: boolean; stop(): Promise<void> };

export const migrationsDirectory = join(projectDirectory, 'drizzle/migrations');

const locate = async (
  config: Config,
  onStep: (line: string) => void,
  joinsRunning: boolean,
): Promise<OpenDatabase> => {
  const { url } = config.database;
  const stop = async () => {};
  if (url !== undefined) return { url, isEmbedded: false, stop };
  const running = joinsRunning ? await embeddedDatabaseUrl(config) : undefined;
  if (running !== undefined) return { url: running, isEmbedded: true, stop };
  const embedded = await startEmbeddedPostgres({
    directory: config.dataDirectory,
    database: EMBEDDED_DATABASE,
    onStep,
  });
  return { ...embedded, isEmbedded: true };
};

/** Makes the tables as their owner, where that is another role than the one that serves, which is then let at them. */
const migrate = async (url: string, migrationUrl: string | undefined): Promise<void> => {
  if (migrationUrl === undefined) return migrateDatabase(url, migrationsDirectory);
  const [owner, role] = [await waitForDatabase(migrationUrl), await waitForDatabase(url)];
  await migrateDatabase(migrationUrl, migrationsDirectory, async (sql) => {
    if (role !== owner) await grantPrivileges(sql, role);
  });
};

/**
 * The database that is configured, or without DATABASE_URL an embedded one that is started here; it answers, and its
 * tables are up to date. With `joinsRunning` an embedded one that a server of this folder runs is used, and left
 * running by `stop`. Throws StartupError.
 */
export const openDatabase = async (
  config: Config,
  onStep: (line: string) => void,
  { joinsRunning = false } = {},
): Promise<OpenDatabase> => {
  const opened = await locate(config, onStep, joinsRunning);
  try {
    if (config.database.migrateOnStart) await migrate(opened.url, config.database.migrationUrl);
    else await waitForDatabase(opened.url);
    return opened;
  } catch (error) {
    await opened.stop();
    throw error;
  }
};
