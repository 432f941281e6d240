import type { FastifyInstance } from 'fastify';
import { buildApp } from '../src/app.js';
import { startServices } from '../src/services.js';
import { createTestServices, type TestOptions, type TestServices } from './services.js';

export { createFakeClock, createTestConfig, type FakeClock, fakePasswords } from './services.js';

export type TestApp = TestServices & { app: FastifyInstance };

/** The whole application on a database of its own; it does not listen. Close it when done. */
export const createTestApp = async (options: TestOptions = {}): Promise<TestApp> => {
  const parts = await createTestServices(options);
  const app = await buildApp(parts);
  const stopServices = startServices(parts.services);
  return {
    ...parts,
    app,
    close: async () => {
      await app.close();
      await stopServices();
      await parts.close();
    },
  };
};
