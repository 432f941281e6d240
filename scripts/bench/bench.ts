import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { projectDirectory } from '../../server/src/config.js';
import { type BenchDatabase, startBenchDatabase } from './bench-database.js';
import { type BenchServer, type ServerOptions, startBenchServer } from './bench-server.js';
import { leaveServerCore } from './cores.js';
import { seed } from './seed.js';

export type Bench = {
  database: BenchDatabase;
  /** Starts a server that uses the database; it is stopped at the end. */
  start(options: Omit<ServerOptions, 'databaseUrl'>): Promise<BenchServer>;
};

/** Builds what changed, so that the servers run what the tree says. */
export const build = (): void => {
  const tsc = join(projectDirectory, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '-b'], { cwd: projectDirectory, stdio: 'inherit' });
};

/** Runs `work` on a seeded database, and stops the database and all servers when it ends, fails or is interrupted. */
export const withBench = async (work: (bench: Bench) => Promise<void>): Promise<void> => {
  build();
  leaveServerCore();
  const database = await startBenchDatabase();
  const servers: BenchServer[] = [];
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await database.stop();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => stop().finally(() => process.exit(1)));
  }
  try {
    await seed(database.sql);
    const start: Bench['start'] = async (options) => {
      const server = await startBenchServer({ ...options, databaseUrl: database.url });
      servers.push(server);
      return server;
    };
    await work({ database, start });
  } finally {
    await stop();
  }
};
