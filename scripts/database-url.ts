import { loadConfig, readEnvironment } from '../server/src/config.js';
import { embeddedDatabaseUrl } from '../server/src/embedded-database.js';
import { developmentSecrets } from '../server/src/platform/development-secrets.js';
import { StartupError } from '../server/src/platform/startup-error.js';
import { run, say } from './run.js';

/** EX_UNAVAILABLE of sysexits.h. */
const AWAY_EXIT_CODE = 69;

/** Prints where the database is, for psql, as the owner of its tables; an embedded one has to be running. */
run(async () => {
  const config = loadConfig(readEnvironment(), developmentSecrets);
  const { url, migrationUrl } = config.database;
  const found = migrationUrl ?? url ?? (await embeddedDatabaseUrl(config));
  if (found === undefined) {
    throw new StartupError('The embedded database runs while a server does: npm start.', AWAY_EXIT_CODE);
  }
  say(found);
});
