import { StartupError } from '../startup-error.js';

/** How every sentence of this folder ends: the way round the embedded server. */
export const WAY_ROUND = 'set DATABASE_URL to a PostgreSQL 15 or later';

const REASONS: Record<string, string> = {
  EROFS: 'the disk is read-only',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  ENOTDIR: 'not a directory',
  EIO: 'the disk reports an error',
};

/** Turns a file system error into one sentence about the data folder, exit code 73; passes others through. */
export const describeFileFailure = (error: unknown, directory: string): unknown => {
  if (!(error instanceof Error) || error instanceof StartupError) return error;
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === undefined || path === undefined) return error;
  const reason = REASONS[code] ?? code;
  return new StartupError(
    `The database folder ${directory} cannot be used (${reason}: ${path}); make it writable, or ${WAY_ROUND}.`,
    73,
    { cause: error },
  );
};
