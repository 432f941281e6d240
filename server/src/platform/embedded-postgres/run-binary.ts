import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { StartupError } from '../startup-error.js';
import { WAY_ROUND } from './file-failure.js';
import type { RunAs } from './unprivileged-user.js';

/**
 * The whole environment of PostgreSQL's programs. PGDATA, PGPORT and the like of the caller would change
 * what they do; Windows adds by itself what it needs.
 */
const BINARY_ENV = { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' };

export type BinaryResult = { exitCode: number | null; stdout: string; stderr: string };

/** The sentence for a program that could not even be started, for instance on a `noexec` disk. */
const describeSpawnFailure = (error: NodeJS.ErrnoException, file: string, runAs: RunAs) => {
  const why =
    error.code === 'ENOENT'
      ? 'are made for glibc, which this system lacks (Alpine and other musl systems do)'
      : error.code === 'EACCES'
        ? 'may not be executed (permission denied, or the disk is mounted noexec)'
        : runAs !== undefined && (error.code === 'EPERM' || error.code === 'EINVAL')
          ? `refuse to run as root, and this root may not become uid ${runAs.uid} (a restricted container)`
          : `cannot be executed (${error.code ?? error.message})`;
  return new StartupError(`The PostgreSQL binaries in ${dirname(file)} ${why}; ${WAY_ROUND}.`, 69, {
    cause: error,
  });
};

/** Starts a program, or throws the sentence on why it cannot be executed. */
export const spawnBinary = async (
  file: string,
  args: string[],
  runAs: RunAs,
  options: SpawnOptions,
): Promise<ChildProcess> => {
  try {
    const child = spawn(file, args, { ...runAs, env: BINARY_ENV, windowsHide: true, ...options });
    await once(child, 'spawn');
    return child;
  } catch (error) {
    // Some failures are thrown and others emitted, depending on the step that failed in the new process.
    throw describeSpawnFailure(error as NodeJS.ErrnoException, file, runAs);
  }
};

/** Runs one of PostgreSQL's programs to its end. Throws StartupError when it cannot be executed at all. */
export const runBinary = async (
  file: string,
  args: string[],
  runAs: RunAs,
  cwd: string,
): Promise<BinaryResult> => {
  const child = await spawnBinary(file, args, runAs, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  const [stdout, stderr] = await Promise.all(
    [child.stdout, child.stderr].map((stream) => stream && text(stream)),
  );
  await closed;
  return { exitCode: child.exitCode, stdout: stdout ?? '', stderr: stderr ?? '' };
};

/** What a server that is about to come up tells those who connect too early. */
const TOO_EARLY = /the database system is (starting up|not yet accepting connections)/;

/**
 * Why a program of PostgreSQL gave up: the first line that calls itself an error, without the time stamp, since
 * later ones tell of consequences and of cleaning up. Without one, the last line.
 */
export const reasonIn = (output: string): string => {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !TOO_EARLY.test(line));
  const telling = lines.find((line) => /\b(error|ERROR|FATAL|PANIC):/.test(line)) ?? lines.at(-1);
  return telling?.replace(/^.*?\b(error|ERROR|FATAL|PANIC):\s*/, '') ?? 'no message';
};
