import { chmod, mkdtemp, readFile, statfs } from 'node:fs/promises';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';

const MEMORY = '/dev/shm';

/** The databases of a run take some 300 MB at most; containers often have 64 MB there. */
const ROOM_BYTES_MIN = 1024 ** 3;

const hasRoomInMemory = async (): Promise<boolean> => {
  try {
    const { bavail, bsize } = await statfs(MEMORY);
    // Root's PostgreSQL may have to run a copy of its programs from there.
    const mayNotExecute = /^\S+ \/dev\/shm \S+ \S*\bnoexec\b/m.test(await readFile('/proc/mounts', 'utf8'));
    return bavail * bsize >= ROOM_BYTES_MIN && freemem() >= ROOM_BYTES_MIN && !mayNotExecute;
  } catch {
    return false;
  }
};

/**
 * A new folder of one's own for a database that need not outlive the machine: in memory where there is room for
 * it, which makes the files of a database in a tenth of the time, and on disk elsewhere.
 */
export const createScratchDirectory = async (name: string): Promise<string> => {
  const parent = (await hasRoomInMemory()) ? MEMORY : tmpdir();
  const directory = await mkdtemp(join(parent, `versbottomlex-${name}-`));
  // Root's database runs as another user, who has to get in; otherwise it would be kept outside, and left there.
  await chmod(directory, 0o755);
  return directory;
};
