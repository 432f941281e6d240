import { seedDemo } from '../server/src/demo/demo-data.js';
import { StartupError } from '../server/src/platform/startup-error.js';
import { run, say } from './run.js';
import { withServerParts } from './with-server-parts.js';

/** Adds the demo accounts and streams, whose password anyone can read; never to a production database. */
run(() =>
  withServerParts(async (parts) => {
    if (parts.config.mode === 'production')
      throw new StartupError('Demo accounts do not belong in production.', 78);
    await seedDemo(parts, say);
    say('The demo accounts and streams are there.');
  }),
);
