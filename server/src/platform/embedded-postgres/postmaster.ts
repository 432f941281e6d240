import { spawn } from 'node:child_process';
import { open, readFile, readlink, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Binaries } from './binaries.js';
import type { Cluster } from './cluster.js';
import { identifyProcess, isStillRunning, type ProcessIdentity } from './process-identity.js';
import { HOST, waitUntilReady } from './readiness.js';
import { BINARY_ENV, describeSpawnFailure, lastLine, runBinary } from './run-binary.js';
import type { RunAs } from './unprivileged-user.js';

/** The first process of a running server, the one that listens and has all others as children. */
export type Postmaster = { process: ProcessIdentity; port: number };

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

/** Lines of postmaster.pid, as PostgreSQL's miscadmin.h numbers them: 1 the pid, 4 the port. */
const readPidFile = async (cluster: Cluster) => {
  const text = await readFile(join(cluster.directory, 'postmaster.pid'), 'utf8').catch(() => null);
  if (text === null) return null;
  const lines = text.split('\n');
  return { pid: Number(lines[0]), port: Number(lines[3] ?? 0) };
};

/** A postmaster's working directory is its data directory, which tells it from whoever got its pid later. */
const worksIn = async (pid: number, directory: string): Promise<boolean | 'unknown'> => {
  if (process.platform !== 'linux') return 'unknown';
  return (await readlink(`/proc/${pid}/cwd`).catch(() => '')) === directory;
};

/**
 * The postmaster that runs on the cluster, or null. Removes a lock file whose pid belongs to a stranger now,
 * which PostgreSQL itself would take for a live server.
 */
export const findPostmaster = async (cluster: Cluster): Promise<Postmaster | null> => {
  const noted = await readPidFile(cluster);
  const found = noted && (await identifyProcess(noted.pid));
  if (!noted || !found) return null;
  const isOurs = await worksIn(noted.pid, cluster.directory);
  if (isOurs === true) return { process: found, port: noted.port };
  if (isOurs === false) {
    await rm(join(cluster.directory, 'postmaster.pid'), { force: true });
    return null;
  }
  const answers = noted.port > 0 && (await waitUntilReady(cluster, noted.port, 0, () => true));
  return answers ? { process: found, port: noted.port } : null;
};

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

/** Why a server did not come up: the message that ended it, without PostgreSQL's time stamp. */
const reasonIn = (output: string): string => {
  const fatal = output.split('\n').filter((line) => /\b(FATAL|PANIC):/.test(line));
  return lastLine(fatal.at(-1) ?? output).replace(/^.*?\b(?:FATAL|PANIC):\s*/, '');
};

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
  const child = spawn(
    binaries.postgres,
    ['-D', cluster.directory, ...assignments.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    {
      ...runAs,
      cwd: cluster.directory,
      env: BINARY_ENV,
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      windowsHide: true,
    },
  );
  let hasEnded = false;
  child.once('exit', () => {
    hasEnded = true;
  });
  try {
    await new Promise((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) => reject(describeSpawnFailure(error, binaries.postgres, runAs)));
    });
  } finally {
    await log.close();
  }
  child.unref();
  const started = child.pid === undefined ? null : await identifyProcess(child.pid);
  if (started !== null && (await waitUntilReady(cluster, port, START_SILENCE_MS_MAX, () => hasEnded))) {
    return { postmaster: { process: started, port } };
  }
  if (started !== null && !hasEnded) await stopPostmaster({ process: started, port }, binaries);
  const output = await readLogFrom(logFile, logStart);
  return {
    reason: reasonIn(output),
    isPortTaken: /could not (bind|create any TCP)/.test(output),
    isStillInUse: /lock file .* already exists|is still in use/.test(output),
  };
};

const sendSignal = async (postmaster: Postmaster, signal: string, binaries: Binaries): Promise<void> => {
  const { pid } = postmaster.process;
  if (process.platform === 'win32') {
    // Windows has no signals; PostgreSQL imitates them over a pipe, which its own tool knows.
    const args = ['kill', signal.slice('SIG'.length), String(pid)];
    await runBinary(binaries.pgCtl, args, undefined, dirname(binaries.pgCtl));
    return;
  }
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

const hasEndedWithin = async (known: ProcessIdentity, ms: number): Promise<boolean> => {
  const deadline = performance.now() + ms;
  while (await isStillRunning(known)) {
    if (performance.now() > deadline) return false;
    await delay(10);
  }
  return true;
};

/** Fast shutdown, then immediate shutdown, then the kernel (PostgreSQL manual, 18.5 "Shutting Down the Server"). */
const STOP_STEPS = [
  { signal: 'SIGINT', graceMs: 10_000 },
  { signal: 'SIGQUIT', graceMs: 10_000 },
  { signal: 'SIGKILL', graceMs: 5_000 },
];

/** Resolves when the postmaster has ended, at the latest 25 s from now. Does nothing when it has ended before. */
export const stopPostmaster = async (
  postmaster: Postmaster,
  binaries: Binaries,
  steps: readonly { signal: string; graceMs: number }[] = STOP_STEPS,
): Promise<void> => {
  for (const { signal, graceMs } of steps) {
    if (!(await isStillRunning(postmaster.process))) return;
    await sendSignal(postmaster, signal, binaries);
    if (await hasEndedWithin(postmaster.process, graceMs)) return;
  }
  throw new Error(`The PostgreSQL process ${postmaster.process.pid} could not be stopped.`);
};
