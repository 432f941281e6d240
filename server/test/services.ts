import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { type Config, loadConfig } from '../src/config.js';
import { createDatabase, type Database } from '../src/platform/database.js';
import { createEventBus, type EventBus } from '../src/platform/event-bus.js';
import { createLogger, type Logger } from '../src/platform/logger.js';
import type { PasswordHasher } from '../src/platform/password-hasher.js';
import { createServices, type Services } from '../src/services.js';
import type { PaymentProvider } from '../src/top-ups/providers/provider.js';
import { createTestDatabase } from './database.js';
import { highLimits } from './high-limits.js';
import { createOutbox, type Outbox } from './outbox.js';

/** Time that stands still until a test moves it. */
export const createFakeClock = (start = new Date()) => {
  let now = start;
  return {
    now: () => now,
    advance: (seconds: number) => {
      now = new Date(now.getTime() + seconds * 1000);
    },
  };
};
export type FakeClock = ReturnType<typeof createFakeClock>;

const digest = (password: string) => createHash('sha256').update(password.normalize('NFC')).digest('hex');

/** Stands in for argon2, which costs 20 ms a call and has tests of its own. */
export const fakePasswords: PasswordHasher = {
  hash: async (password) => digest(password),
  verify: async (hash, password) => hash === digest(password),
};

const testSecrets = () => ({
  access: 'access-key-of-the-tests-0123456789',
  refresh: 'refresh-key-of-the-tests-9876543210',
  csrf: 'csrf-key-of-the-tests-0918273645',
  encryption: 'encryption-key-of-the-tests-5647382910',
});

export const createTestConfig = (environment: Record<string, string> = {}): Config =>
  loadConfig(
    {
      NODE_ENV: 'test',
      MEDIA_DIRECTORY: join(tmpdir(), 'versbottomlex-test-media'),
      ...highLimits,
      ...environment,
    },
    testSecrets,
  );

export type TestOptions = {
  environment?: Record<string, string>;
  passwords?: PasswordHasher;
  clock?: FakeClock;
  /** In the place of the payment provider that is configured. */
  provider?: (parts: { clock: FakeClock }) => PaymentProvider | null;
};

export type TestServices = {
  config: Config;
  database: Database;
  databaseUrl: string;
  services: Services;
  bus: EventBus;
  clock: FakeClock;
  logger: Logger;
  /** Every mail that was sent, and the way for them. */
  outbox: Outbox;
  /** Every line that was logged, parsed. */
  logs: Record<string, unknown>[];
  close(): Promise<void>;
};

/** Every service on a database of its own, without a transport; quicker to load than the application. */
export const createTestServices = async (options: TestOptions = {}): Promise<TestServices> => {
  const own = await createTestDatabase(inject('databaseServerUrl'), inject('templateDatabase'));
  const config = createTestConfig(options.environment);
  const clock = options.clock ?? createFakeClock();
  const logs: Record<string, unknown>[] = [];
  const logger = createLogger('DEBUG', (line) => logs.push(JSON.parse(line)));
  const database = createDatabase({ url: own.url, poolMax: 5, prepare: true });
  const bus = createEventBus();
  const passwords = options.passwords ?? fakePasswords;
  const platform = { config, database, bus, clock, logger, passwords };
  const outbox = createOutbox();
  const services = createServices(platform, options.provider?.({ clock }), outbox.mailer);
  return {
    config,
    database,
    databaseUrl: own.url,
    services,
    bus,
    clock,
    logger,
    outbox,
    logs,
    close: async () => {
      await database.close();
      await own.drop();
    },
  };
};
