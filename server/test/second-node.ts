import { createDatabase } from '../src/platform/database.js';
import { createEventBus } from '../src/platform/event-bus.js';
import { createLogger } from '../src/platform/logger.js';
import { createServices } from '../src/services.js';
import { fakePasswords, type TestServices } from './services.js';

/** Services as in another process on the same database: caches of their own, and a bus that hears nothing. */
export const openSecondNode = (
  { config, databaseUrl, clock }: Pick<TestServices, 'config' | 'databaseUrl' | 'clock'>,
  poolMax = 5,
) => {
  const database = createDatabase({ url: databaseUrl, poolMax, prepare: true });
  const logger = createLogger('ERROR', () => {});
  const bus = createEventBus();
  const services = createServices({ config, database, bus, clock, logger, passwords: fakePasswords });
  return { services, database, bus, close: database.close };
};
