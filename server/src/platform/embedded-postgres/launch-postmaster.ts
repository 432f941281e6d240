import type { ChildProcess } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import type { Binaries } from './binaries.js';
import type { Cluster } from './cluster.js';
import { dataDirectoryArguments, type Postmaster, stopPostmaster } from './postmaster.js';
import { identifyProcess } from './process-identity.js';
import { HOST, waitUntilReady } from './readiness.js';
import { reasonIn, spawnBinary } from './run-binary.js';
import type { RunAs } from './unprivileged-user.js';

const LOG_BYTES_MAX = 10 * 1024 * 1024;

/** Replaying the log after a crash counts as an answer, so this is only for a server that says nothing. */
const START_SILENCE_MS_MAX = 30_000;

const SETTINGS: Record<string, string> = {
  listen_addresses: HOST,
  // The path of a socket may have 107 bytes, fewer than the path of many a project.
  unix_socket_directories: '',
  max_connections: '100',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

export const logFileOf = (cluster: Cluster): string => join(dirname(cluster.directory), 'postgres.log');

const findFreePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, HOST, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

const openLog = async (path: string, runAs: RunAs) => {
  const log = await open(path, 'a+', 0o600);
  if (runAs !== undefined) await log.chown(runAs.uid, runAs.gid);
  if ((await log.stat()).size > LOG_BYTES_MAX) await log.truncate(0);
  return log;
};

const readLogFrom = async (path: string, offset: number): Promise<string> =>
  (await readFile(path)).subarray(offset).toString('utf8');

export type LaunchResult =
  | { postmaster: Postmaster }
  | { reason: string; isPortTaken: boolean; isStillInUse: boolean };

/**
 * Starts PostgreSQL on a free loopback port and waits until it answers. It gets a process group of its own, so
 * that Ctrl-C in the terminal reaches only this process, which stops the database after its requests.
 */
export const launchPostmaster = async (
  cluster: Cluster,
  binaries: Binaries,
  runAs: RunAs,
  settings: Record<string, string>,
): Promise<LaunchResult> => {
  const port = await findFreePort();
  const logFile = logFileOf(cluster);
  const log = await openLog(logFile, runAs);
  const { size: logStart } = await log.stat();
  const assignments = Object.entries({ ...SETTINGS, ...settings, port: String(port) });
  const args = assignments.flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  let child: ChildProcess;
  try {
    child = await spawnBinary(binaries.postgres, [...dataDirectoryArguments(cluster), ...args], runAs, {
      cwd: cluster.directory,
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
  } finally {
    await log.close();
  }
  child.unref();
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const started = child.pid === undefined ? null : await identifyProcess(child.pid);
  if (started !== null && (await waitUntilReady(cluster, port, START_SILENCE_MS_MAX, hasEnded))) {
    return { postmaster: { process: started, port } };
  }
  if (started !== null && !hasEnded()) await stopPostmaster({ process: started, port }, binaries);
  const output = await readLogFrom(logFile, logStart);
  return {
    reason: reasonIn(output),
    isPortTaken: /could not (bind|create any TCP)/.test(output),
    isStillInUse: /lock file .* already exists|is still in use/.test(output),
  };
};
