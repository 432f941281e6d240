import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Who the database runs as. Undefined means: as whoever runs this process. */
export type RunAs = { uid: number; gid: number } | undefined;

/** `nobody` on nearly every Linux. PostgreSQL refuses uid 0, and no user has to be created for this one. */
export const UNPRIVILEGED: NonNullable<RunAs> = { uid: 65534, gid: 65534 };

export const isRoot = (): boolean => process.getuid?.() === 0;

const allows = async (path: string, user: NonNullable<RunAs>, wanted: number): Promise<boolean> => {
  const { mode, uid, gid } = await stat(path);
  const shift = uid === user.uid ? 6 : gid === user.gid ? 3 : 0;
  return ((mode >> shift) & wanted) === wanted;
};

/**
 * Whether the user may pass every directory above `path` and has `wanted` (4 read, 1 execute or enter) on
 * `path` itself. Judged by mode bits, as the kernel does without access control lists. `path` must be real.
 */
export const canReach = async (path: string, user: RunAs, wanted = 1): Promise<boolean> => {
  if (user === undefined) return true;
  if (!(await allows(path, user, wanted))) return false;
  const parent = dirname(path);
  return parent === path || canReach(parent, user);
};
