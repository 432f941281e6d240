import { createDatabase } from '../src/platform/database.js';
import { createEventBus } from '../src/platform/event-bus.js';
import { createLogger } from '../src/platform/logger.js';
import { createServices } from '../src/services.js';
import { fakePasswords, type TestApp } from './harness.js';

/** The services of another process on the database of `app`: caches of its own, and a bus that hears nothing of the first. */
export const openSecondNode = ({ config, databaseUrl, clock }: TestApp) => {
  const database = createDatabase({ url: databaseUrl, poolMax: 5, prepare: true });
  const logger = createLogger('ERROR', () => {});
  const bus = createEventBus();
  const services = createServices({ config, database, bus, clock, logger, passwords: fakePasswords });
  return { services, database, close: database.close };
};
