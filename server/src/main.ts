import closeWithGrace from 'close-with-grace';
import { loadConfig, readEnvironment } from './config.js';
import { developmentSecrets } from './platform/development-secrets.js';
import { createLogger } from './platform/logger.js';
import { StartupError } from './platform/startup-error.js';

/** Longer than any request may take; whoever supervises the process should wait a little longer still. */
const STOP_TIMEOUT_MS = 25_000;
/** npm and watchers pass a terminal's Ctrl-C on to us, who heard it too; only one that comes later means "at once". */
const REPEATED_SIGNAL_MS = 1000;

/** A listener for these can keep a crashed process from ending (Node's manual, Signal events); let it crash. */
const CRASH_SIGNALS = ['SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGSEGV'] as const;

/** Steps go to standard error, so that standard output stays one JSON object a line. */
const say = (line: string) => process.stderr.write(`${line}\n`);

const fail = (error: unknown): never => {
  const isExpected = error instanceof StartupError;
  say(isExpected ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exit(isExpected ? error.exitCode : 1);
};

const onSignal = (stop: (signal: string) => unknown) => {
  let stoppingSinceMs: number | undefined;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stoppingSinceMs !== undefined && Date.now() - stoppingSinceMs > REPEATED_SIGNAL_MS) process.exit(1);
      if (stoppingSinceMs !== undefined) return;
      stoppingSinceMs = Date.now();
      stop(signal);
    });
  }
};

const main = async () => {
  const config = loadConfig(readEnvironment(), developmentSecrets);
  const logger = createLogger(config.logLevel, (line) => process.stdout.write(line));
  // Loaded only now, so that a wrong setting is said at once.
  const [{ startServer }, { welcome }] = await Promise.all([import('./server.js'), import('./welcome.js')]);
  const onStep = config.mode === 'development' ? say : () => {};
  const starting = startServer(config, logger, onStep);

  // From here on, not from when the server listens: the database may be running already.
  const grace = closeWithGrace(
    { delay: STOP_TIMEOUT_MS, logger: false, skip: ['SIGINT', 'SIGTERM', ...CRASH_SIGNALS] },
    async ({ err }) => {
      if (err) logger.error('Server stops after a fault', { name: err.name, stack: err.stack });
      const server = await starting.catch(() => undefined);
      await server?.stop();
      logger.info('Server stopped');
    },
  );
  onSignal((signal) => {
    logger.info('Server stopping', { signal });
    grace.close();
  });

  const server = await starting;
  logger.info('Server listening', { ...server.address, mode: config.mode });
  if (config.mode === 'development') say(welcome(config, server.hasDemoData));
};

main().catch(fail);
