import { run, say } from './run.js';
import { withServerParts } from './with-server-parts.js';

/** Brings the tables up to date; a server does the same when it starts, unless DATABASE_MIGRATE_ON_START is false. */
run(() =>
  withServerParts(async () => say('The database is up to date.'), { DATABASE_MIGRATE_ON_START: 'true' }),
);
