import closeWithGrace from 'close-with-grace';
import { loadConfig, readEnvironment } from './config.js';
import { developmentSecrets } from './platform/development-secrets.js';
import { createLogger } from './platform/logger.js';
import { StartupError } from './platform/startup-error.js';
import { startServer } from './server.js';
import { welcome } from './welcome.js';

/** Longer than any request may take; whoever supervises the process should wait a little longer still. */
const STOP_TIMEOUT_MS = 25_000;

/** Steps go to standard error, so that standard output stays one JSON object a line. */
const say = (line: string) => process.stderr.write(`${line}\n`);

const fail = (error: unknown): never => {
  const isExpected = error instanceof StartupError;
  say(isExpected ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exit(isExpected ? error.exitCode : 1);
};

const main = async () => {
  const config = loadConfig(readEnvironment(), developmentSecrets);
  const logger = createLogger(config.logLevel, (line) => process.stdout.write(line));
  const onStep = config.mode === 'development' ? say : () => {};
  const server = await startServer(config, logger, onStep);
  logger.info('Server listening', { ...server.address, mode: config.mode });
  if (config.mode === 'development') say(welcome(config, server.hasDemoData));

  closeWithGrace({ delay: STOP_TIMEOUT_MS, logger: false }, async ({ err, signal }) => {
    if (err) logger.error('Server stops after a fault', { name: err.name, stack: err.stack });
    else logger.info('Server stopping', { signal });
    await server.stop();
    logger.info('Server stopped');
  });
};

main().catch(fail);
