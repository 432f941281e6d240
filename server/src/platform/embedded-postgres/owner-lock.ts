import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StartupError } from '../startup-error.js';
import { identifyProcess, isStillRunning, type ProcessIdentity } from './process-identity.js';

export type OwnerLock = { release(): Promise<void> };

type OwnerRecord = ProcessIdentity | 'released' | 'being written';

const FILE_NAME = /^postgres\.owner\.(\d+)\.json$/;

/** A record is written microseconds after its file appears; one still empty after this time was abandoned. */
const WRITING_MS_MAX = 2_000;

const fileOf = (directory: string, generation: number) =>
  join(directory, `postgres.owner.${generation}.json`);

const generationsIn = async (directory: string): Promise<number[]> =>
  (await readdir(directory))
    .map((name) => Number(FILE_NAME.exec(name)?.[1] ?? 0))
    .filter((generation) => generation > 0);

const parseRecord = (text: string): ProcessIdentity | 'released' | null => {
  try {
    const record = JSON.parse(text) as { pid?: unknown; startedAt?: unknown; released?: unknown };
    if (record.released === true) return 'released';
    if (typeof record.pid !== 'number') return null;
    return { pid: record.pid, startedAt: typeof record.startedAt === 'string' ? record.startedAt : null };
  } catch {
    return null;
  }
};

/** Null when the file is gone, which means that a later generation exists. */
const readRecord = async (path: string): Promise<OwnerRecord | null> => {
  try {
    const record = parseRecord(await readFile(path, 'utf8'));
    if (record !== null) return record;
    return Date.now() - (await stat(path)).mtimeMs < WRITING_MS_MAX ? 'being written' : 'released';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
};

const createRecord = async (path: string, owner: ProcessIdentity): Promise<boolean> => {
  try {
    await writeFile(path, `${JSON.stringify(owner)}\n`, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
};

/**
 * Makes this process the owner of the directory's database until `release`, and throws StartupError while
 * another living process is. Of several processes at the same instant exactly one wins.
 *
 * The owner is the highest generation. A dead owner is not removed but outbid, since removing could hit the
 * record of whoever was faster; and the highest file is never deleted, so generations only grow.
 */
export const claimOwnership = async (directory: string): Promise<OwnerLock> => {
  const self = await identifyProcess(process.pid);
  if (self === null) throw new Error('This process cannot see itself in the process table.');
  for (;;) {
    const latest = Math.max(0, ...(await generationsIn(directory)));
    const record = latest === 0 ? 'released' : await readRecord(fileOf(directory, latest));
    if (record === null || record === 'being written') {
      await delay(10);
      continue;
    }
    if (record !== 'released' && (await isStillRunning(record))) {
      throw new StartupError(
        `Another server already runs on ${directory} (process ${record.pid}); stop it first, or give this one a database of its own with DATABASE_URL.`,
        69,
      );
    }
    const path = fileOf(directory, latest + 1);
    if (!(await createRecord(path, self))) continue;
    // Look again after creating: whoever read the directory before a faster process cleaned it withdraws here.
    const generations = await generationsIn(directory);
    if (Math.max(...generations) > latest + 1) {
      await rm(path, { force: true });
      continue;
    }
    for (const older of generations.filter((generation) => generation <= latest)) {
      await rm(fileOf(directory, older), { force: true });
    }
    return { release: () => markReleased(path) };
  }
};

const markReleased = async (path: string): Promise<void> => {
  try {
    await writeFile(path, '{"released":true}\n');
  } catch (error) {
    // The directory may have been deleted under the running server, and with it the lock.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
};
