import type { FastifyInstance } from 'fastify';
import { buildApp } from './app.js';
import type { Config } from './config.js';
import { seedDemo } from './demo/demo-data.js';
import { openDatabase } from './open-database.js';
import { systemClock } from './platform/clock.js';
import { createDatabase } from './platform/database.js';
import { createEventBus } from './platform/event-bus.js';
import type { Logger } from './platform/logger.js';
import { createPasswordHasher } from './platform/password-hasher.js';
import { StartupError } from './platform/startup-error.js';
import { createServices, startServices } from './services.js';

export type RunningServer = {
  /** Where it listens; the port is the real one where PORT is 0. */
  address: { host: string; port: number };
  hasDemoData: boolean;
  stop(): Promise<void>;
};

const listen = async (
  app: FastifyInstance,
  { host, port }: Config,
): Promise<{ host: string; port: number }> => {
  try {
    await app.listen({ host, port });
    const [bound] = app.addresses();
    return { host, port: typeof bound === 'object' ? bound.port : port };
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'EADDRINUSE') {
      throw new StartupError(
        `Port ${port} on ${host} is in use; stop what uses it, or set PORT to another.`,
        69,
        { cause },
      );
    }
    if (code === 'EACCES')
      throw new StartupError(`Port ${port} may not be opened by this user; set PORT.`, 77, { cause });
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      throw new StartupError(`HOST ${host} is not an address of this machine.`, 78, { cause });
    }
    throw cause;
  }
};

/**
 * Everything between a configuration and a listening server. `stop` drains requests, then closes the database, the
 * embedded one last. Throws StartupError, with nothing left running.
 */
export const startServer = async (
  config: Config,
  logger: Logger,
  onStep: (line: string) => void,
): Promise<RunningServer> => {
  const opened = await openDatabase(config, onStep);
  const { poolMax, prepare } = config.database;
  const database = createDatabase({ url: opened.url, poolMax, prepare });
  const bus = createEventBus((error) =>
    logger.error('A listener of the event bus failed', {
      stack: error instanceof Error ? error.stack : String(error),
    }),
  );
  const passwords = createPasswordHasher();
  const services = createServices({ config, database, bus, clock: systemClock, logger, passwords });
  const app = await buildApp({ config, logger, services, database, bus, clock: systemClock });
  const stopServices = startServices(services);
  const stop = async () => {
    await app.close();
    await stopServices();
    await database.close();
    await opened.stop();
  };
  try {
    const hasDemoData = opened.isEmbedded && config.mode === 'development';
    if (hasDemoData) await seedDemo({ config, services, database }, onStep);
    return { address: await listen(app, config), hasDemoData, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
