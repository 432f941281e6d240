import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { projectDirectory } from '../../server/src/config.js';
import { freePort, isAnswering } from './bench-server.js';
import { residentBytes } from './resident-bytes.js';

const WAIT_MS_MAX = 60_000;
const POLL_MS = 5;
const SETTLE_MS = 5000;
const BYTES_PER_MIB = 2 ** 20;

export type Started = {
  /** From the start of the command to the first answer. */
  seconds: number;
  /** What the process holds when it has settled, where that was asked for. */
  idleMib?: number;
};

const until = async (what: string, isSo: () => boolean | Promise<boolean>): Promise<void> => {
  const deadline = performance.now() + WAIT_MS_MAX;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`Waited too long until ${what}.`);
    await delay(POLL_MS);
  }
};

/** Below npm, the server outlives the process that was started here. */
const hasEnded = (group: number): boolean => {
  try {
    process.kill(-group, 0);
    return false;
  } catch {
    return true;
  }
};

/** Starts our server on the data of `directory`, waits for its first answer, and stops it and its database. */
export const startOnce = async (options: {
  command: string;
  args: string[];
  directory: string;
  measuresIdle?: boolean;
}): Promise<Started> => {
  const { command, args, directory, measuresIdle = false } = options;
  const port = await freePort();
  const startedAt = performance.now();
  const child = spawn(command, args, {
    cwd: projectDirectory,
    // A group of its own, because npm does not pass signals on to what it runs.
    detached: true,
    stdio: 'ignore',
    env: {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '',
      PORT: String(port),
      DATA_DIRECTORY: directory,
      LOG_LEVEL: 'ERROR',
    },
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${command} cannot be started.`);
  try {
    await until('the server answers', () => {
      if (child.exitCode !== null) throw new Error(`${command} ended with exit code ${child.exitCode}.`);
      return isAnswering(`http://127.0.0.1:${port}/health/ready`);
    });
    const seconds = (performance.now() - startedAt) / 1000;
    if (!measuresIdle) return { seconds };
    await delay(SETTLE_MS);
    return { seconds, idleMib: (await residentBytes(pid)) / BYTES_PER_MIB };
  } finally {
    if (!hasEnded(pid)) process.kill(-pid, 'SIGTERM');
    await until('the server has ended', () => hasEnded(pid));
  }
};
