import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { StartupError } from '../startup-error.js';
import { WAY_ROUND } from './file-failure.js';
import type { RunAs } from './unprivileged-user.js';

/**
 * The whole environment of PostgreSQL's programs. PGDATA, PGPORT and the like of the caller would change
 * what they do; Windows adds by itself what it needs.
 */
export const BINARY_ENV = { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' };

export type BinaryResult = { exitCode: number | null; stdout: string; stderr: string };

/** The sentence for a program that could not even be started, for instance on a `noexec` disk. */
export const describeSpawnFailure = (error: NodeJS.ErrnoException, file: string, runAs: RunAs) => {
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

/** Runs one of PostgreSQL's programs to its end. Throws StartupError when it cannot be executed at all. */
export const runBinary = (file: string, args: string[], runAs: RunAs, cwd: string): Promise<BinaryResult> =>
  new Promise((resolve, reject) => {
    const result: BinaryResult = { exitCode: null, stdout: '', stderr: '' };
    const child = spawn(file, args, {
      ...runAs,
      cwd,
      env: BINARY_ENV,
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      result.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      result.stderr += text;
    });
    child.on('error', (error) => reject(describeSpawnFailure(error, file, runAs)));
    child.on('close', (exitCode) => resolve({ ...result, exitCode }));
  });

/** The last line that is not blank: where PostgreSQL's programs say what went wrong. */
export const lastLine = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .at(-1) ?? 'no message';
