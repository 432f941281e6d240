import { sql } from 'drizzle-orm';
import { loadConfig, readEnvironment } from '../server/src/config.js';
import { migrationsDirectory } from '../server/src/open-database.js';
import { developmentSecrets } from '../server/src/platform/development-secrets.js';
import { migrateDatabase } from '../server/src/platform/migrations.js';
import { StartupError } from '../server/src/platform/startup-error.js';
import { run, say } from './run.js';
import { withServerParts } from './with-server-parts.js';

/** Removes every table and all data, and makes the tables anew. Asks for `--yes`; refuses in production. */
run(async () => {
  if (loadConfig(readEnvironment(), developmentSecrets).mode === 'production') {
    throw new StartupError('A production database is not reset.', 78);
  }
  if (!process.argv.includes('--yes')) {
    throw new StartupError('This removes all data; say npm run db:reset -- --yes.', 64);
  }
  await withServerParts(async ({ database, databaseUrl }) => {
    await database.run(() => database.client.execute(sql`drop schema public cascade`));
    await database.run(() => database.client.execute(sql`drop schema if exists drizzle cascade`));
    await database.run(() => database.client.execute(sql`create schema public`));
    await migrateDatabase(databaseUrl, migrationsDirectory);
    say('The database is empty, and its tables are up to date.');
  });
});
