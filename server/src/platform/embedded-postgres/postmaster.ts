import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Binaries } from './binaries.js';
import type { Cluster } from './cluster.js';
import {
  identifyProcess,
  isStillRunning,
  type ProcessIdentity,
  readCommandLine,
} from './process-identity.js';
import { waitUntilReady } from './readiness.js';
import { runBinary } from './run-binary.js';

/** The first process of a running server, the one that listens and has all others as children. */
export type Postmaster = { process: ProcessIdentity; port: number };

/** The arguments that begin every postmaster's command line, and by which it is known later. */
export const dataDirectoryArguments = (cluster: Cluster): string[] => ['-D', cluster.directory];

/** Lines of postmaster.pid, as PostgreSQL's pidfile.h numbers them: 1 the pid, 4 the port. */
const readPidFile = async (cluster: Cluster) => {
  const text = await readFile(join(cluster.directory, 'postmaster.pid'), 'utf8').catch(() => null);
  if (text === null) return null;
  const lines = text.split('\n');
  return { pid: Number(lines[0]), port: Number(lines[3] ?? 0) };
};

const isPostmasterOf = async (cluster: Cluster, pid: number, port: number): Promise<boolean | 'unknown'> => {
  const commandLine = await readCommandLine(pid);
  if (commandLine !== null) return commandLine.includes(` ${dataDirectoryArguments(cluster).join(' ')} `);
  return (port > 0 && (await waitUntilReady(cluster, port, 0, () => true))) || 'unknown';
};

const inspectLockFile = async (cluster: Cluster): Promise<Postmaster | 'absent' | 'stale' | 'unknown'> => {
  const noted = await readPidFile(cluster);
  if (noted === null) return 'absent';
  const found = await identifyProcess(noted.pid);
  if (found === null) return 'stale';
  const isOurs = await isPostmasterOf(cluster, noted.pid, noted.port);
  if (isOurs === 'unknown') return 'unknown';
  return isOurs ? { process: found, port: noted.port } : 'stale';
};

/** The postmaster that runs on the cluster, or null; its port is 0 while it has only begun to start. */
export const findPostmaster = async (cluster: Cluster): Promise<Postmaster | null> => {
  const found = await inspectLockFile(cluster);
  return typeof found === 'object' ? found : null;
};

/**
 * Removes a lock file whose process ended or is another program by now. PostgreSQL would take a stranger, or a
 * zombie that no init process collects, for a live server; it detects surviving children by their shared
 * memory. Only for the owner of the directory, since a server that starts meanwhile would lose its lock file.
 */
export const removeStaleLockFile = async (cluster: Cluster): Promise<void> => {
  if ((await inspectLockFile(cluster)) !== 'stale') return;
  await rm(join(cluster.directory, 'postmaster.pid'), { force: true });
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

/** For a postmaster that does not answer: it has no clients to wait for, and recovers from its log. */
export const STOP_STUCK_STEPS = [
  { signal: 'SIGINT', graceMs: 2_000 },
  { signal: 'SIGQUIT', graceMs: 2_000 },
  { signal: 'SIGKILL', graceMs: 5_000 },
];

/** Resolves when the postmaster has ended, with the usual steps at the latest 25 s from now. Does nothing when it has ended before. */
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
