import type { FastifyInstance } from 'fastify';
import { expect, vi } from 'vitest';
import { buildApp } from '../../src/app.js';
import { createDatabase } from '../../src/platform/database.js';
import { createEventBus, type EventBus } from '../../src/platform/event-bus.js';
import { createLogger } from '../../src/platform/logger.js';
import { createServices, startServices } from '../../src/services.js';
import { createFactories, type Factories } from '../factories.js';
import { createTestApp, type TestApp } from '../harness.js';
import { fakePasswords, type TestOptions, type TestServices } from '../services.js';
import { createLiveClient, type LiveClient } from './live-client.js';

/** So many calls that no test of something else meets a limit. */
const generous = {
  RATE_LIMIT_HANDSHAKES_PER_MINUTE: '1000000',
  RATE_LIMIT_CHAT_PER_30_SECONDS: '1000000',
  RATE_LIMIT_CHAT_MODERATOR_PER_30_SECONDS: '1000000',
};

const listen = (app: FastifyInstance) => app.listen({ host: '127.0.0.1', port: 0 });

export type LiveNode = {
  test: TestApp;
  url: string;
  given: Factories;
  /** A client of this node. */
  connect(accessToken?: string): LiveClient;
  /** Closes all clients so far, and waits until nothing of them is left. */
  disconnect(): Promise<void>;
  close(): Promise<void>;
};

/** The application, listening, on a database of its own. */
export const openLiveNode = async (options: TestOptions = {}): Promise<LiveNode> => {
  const test = await createTestApp({ ...options, environment: { ...generous, ...options.environment } });
  const url = await listen(test.app);
  const clients: LiveClient[] = [];
  const disconnect = async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await vi.waitFor(
      () => expect(test.services.live.load()).toEqual({ rooms: 0, followers: 0, directoryFollowers: 0 }),
      { timeout: 10_000 },
    );
  };
  return {
    test,
    url,
    given: createFactories(test),
    connect: (accessToken) => {
      const client = createLiveClient(url, accessToken);
      clients.push(client);
      return client;
    },
    disconnect,
    close: async () => {
      await disconnect();
      await test.close();
    },
  };
};

/** Another process on the same database, by default with a bus that hears nothing of the first. */
export const openOtherNode = async (
  { config, databaseUrl, clock }: Pick<TestServices, 'config' | 'databaseUrl' | 'clock'>,
  bus: EventBus = createEventBus(),
) => {
  const logs: { level?: string; message?: string }[] = [];
  const logger = createLogger('DEBUG', (line) => logs.push(JSON.parse(line)));
  const database = createDatabase({ url: databaseUrl, poolMax: 5, prepare: true });
  const services = createServices({ config, database, bus, clock, logger, passwords: fakePasswords });
  const app = await buildApp({ config, database, bus, clock, logger, services });
  const stopServices = startServices(services);
  const url = await listen(app);
  return {
    url,
    services,
    logs,
    close: async () => {
      await app.close();
      await stopServices();
      await database.close();
    },
  };
};
