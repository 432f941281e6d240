import { type Config, loadConfig, readEnvironment } from '../server/src/config.js';
import { openDatabase } from '../server/src/open-database.js';
import { systemClock } from '../server/src/platform/clock.js';
import { createDatabase, type Database } from '../server/src/platform/database.js';
import { developmentSecrets } from '../server/src/platform/development-secrets.js';
import { createEventBus } from '../server/src/platform/event-bus.js';
import { createLogger } from '../server/src/platform/logger.js';
import { createPasswordHasher } from '../server/src/platform/password-hasher.js';
import { createServices, type Services } from '../server/src/services.js';
import { say } from './run.js';

export type ServerParts = { config: Config; databaseUrl: string; database: Database; services: Services };

/**
 * Runs `work` on the configured database, which is migrated; without DATABASE_URL on the embedded one, whether a server
 * is using it or not. `environment` takes precedence over the process's.
 */
export const withServerParts = async (
  work: (parts: ServerParts) => Promise<void>,
  environment: Record<string, string> = {},
): Promise<void> => {
  const config = loadConfig({ ...readEnvironment(), ...environment }, developmentSecrets);
  const opened = await openDatabase(config, say, { joinsRunning: true });
  const { prepare } = config.database;
  const database = createDatabase({ url: opened.url, poolMax: 4, prepare });
  const logger = createLogger('ERROR', (line) => process.stderr.write(line));
  const services = createServices({
    config,
    database,
    bus: createEventBus(),
    clock: systemClock,
    logger,
    passwords: createPasswordHasher(),
  });
  try {
    await work({ config, databaseUrl: opened.url, database, services });
  } finally {
    await database.close();
    await opened.stop();
  }
};
