import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { inject } from 'vitest';
import { buildApp } from '../src/app.js';
import { type Config, loadConfig } from '../src/config.js';
import type { Clock } from '../src/platform/clock.js';
import { createDatabase, type Database } from '../src/platform/database.js';
import { createEventBus, type EventBus } from '../src/platform/event-bus.js';
import { createLogger } from '../src/platform/logger.js';
import type { PasswordHasher } from '../src/platform/password-hasher.js';
import { createServices, type Services } from '../src/services.js';
import { createTestDatabase } from './database.js';

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
});

export const createTestConfig = (environment: Record<string, string> = {}): Config =>
  loadConfig({ NODE_ENV: 'test', RATE_LIMIT_GLOBAL_PER_MINUTE: '1000000', ...environment }, testSecrets);

export type TestApp = {
  app: FastifyInstance;
  config: Config;
  database: Database;
  databaseUrl: string;
  services: Services;
  bus: EventBus;
  clock: FakeClock;
  /** Every line that was logged, parsed. */
  logs: Record<string, unknown>[];
  close(): Promise<void>;
};

/** The whole application on a database of its own; it does not listen. Close it when done. */
export const createTestApp = async (
  options: { environment?: Record<string, string>; passwords?: PasswordHasher; clock?: FakeClock } = {},
): Promise<TestApp> => {
  const own = await createTestDatabase(inject('databaseServerUrl'), inject('templateDatabase'));
  const config = createTestConfig(options.environment);
  const clock: FakeClock & Clock = options.clock ?? createFakeClock();
  const logs: Record<string, unknown>[] = [];
  const logger = createLogger('DEBUG', (line) => logs.push(JSON.parse(line)));
  const database = createDatabase({ url: own.url, poolMax: 5, prepare: true });
  const bus = createEventBus();
  const passwords = options.passwords ?? fakePasswords;
  const services = createServices({ config, database, bus, clock, logger, passwords });
  const app = await buildApp({ config, logger, services, database, bus });
  return {
    app,
    config,
    database,
    databaseUrl: own.url,
    services,
    bus,
    clock,
    logs,
    close: async () => {
      await app.close();
      await database.close();
      await own.drop();
    },
  };
};
