import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Environment, projectDirectory } from '../../server/src/config.js';
import { onServerCore } from './cores.js';
import { residentBytes } from './resident-bytes.js';

const NANOSECONDS_PER_MICROSECOND = 1000;
const START_MS_MAX = 20_000;
const NO_LIMIT = '100000000';

export type BenchServer = {
  name: string;
  url: string;
  pid: number;
  /** Processor time that the process has taken so far with all its threads, in microseconds. */
  cpuMicroseconds(): Promise<number>;
  residentBytes(): Promise<number>;
  stop(): Promise<void>;
};

/** A port that was free a moment ago. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (typeof address !== 'object' || address === null) throw new Error('The server has no port.');
  return address.port;
};

const noLimits = Object.fromEntries(
  Object.keys(Environment.shape)
    .filter((name) => name.startsWith('RATE_LIMIT_'))
    .map((name) => [name, NO_LIMIT]),
);

/** Production's settings, except that limits are counted and never reached. */
const productionEnvironment = (databaseUrl: string, port: number): Record<string, string> => ({
  PATH: process.env.PATH ?? '',
  NODE_ENV: 'production',
  HOST: '127.0.0.1',
  PORT: String(port),
  PUBLIC_URL: `http://127.0.0.1:${port}`,
  DATABASE_URL: databaseUrl,
  LOG_LEVEL: 'ERROR',
  // Otherwise nobody could stream before an admin has said so.
  PERFORMER_APPROVAL: 'auto',
  JWT_ACCESS_SECRET: 'access-4f9c2b7d1e8a6053-benchmarks',
  JWT_REFRESH_SECRET: 'refresh-9d3e7a1c5b2f8064-benchmarks',
  CSRF_SECRET: 'csrf-7e1b4d9a3c6f2058-benchmarks',
  ENCRYPTION_SECRET: 'encryption-2c8f5a1e7d4b9036-benchmarks',
  ...noLimits,
});

/** The threads' own accounts, because the process's (proc_pid_stat(5)) counts in steps of 10 ms. No thread of Node ends. */
const readCpu = async (pid: number): Promise<number> => {
  const threads = await readdir(`/proc/${pid}/task`);
  const accounts = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8')),
  );
  const nanoseconds = accounts.reduce((sum, account) => sum + Number.parseInt(account, 10), 0);
  return nanoseconds / NANOSECONDS_PER_MICROSECOND;
};

/** Whether a GET of `url` is a success by now. */
export const isAnswering = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
};

export type ServerOptions = {
  name: string;
  databaseUrl: string;
  /** A file of `peers` and its arguments; our own built server without. */
  peer?: string[];
  /** The path that answers 200 when the server is ready. */
  probe: string;
  /** What is set otherwise than in {@link productionEnvironment}. */
  environment?: Record<string, string>;
};

/** Starts a server on the servers' core; resolves once it answers. */
export const startBenchServer = async (options: ServerOptions): Promise<BenchServer> => {
  const { name, databaseUrl, peer, probe, environment } = options;
  const [file = '', ...told] = peer ?? [];
  const args = peer
    ? ['--import', 'tsx', join(import.meta.dirname, 'peers', file), ...told]
    : [join(projectDirectory, 'server/dist/main.js')];
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(...onServerCore(args), {
    env: { ...productionEnvironment(databaseUrl, port), ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${name} cannot be started.`);
  const exited = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
  };
  const deadline = performance.now() + START_MS_MAX;
  while (!(await isAnswering(`${url}${probe}`))) {
    if (child.exitCode !== null) throw new Error(`${name} ended with exit code ${child.exitCode}.`);
    if (performance.now() > deadline) {
      await stop();
      throw new Error(`${name} does not answer.`);
    }
    await delay(50);
  }
  return {
    name,
    url,
    pid,
    cpuMicroseconds: () => readCpu(pid),
    residentBytes: () => residentBytes(pid),
    stop,
  };
};
