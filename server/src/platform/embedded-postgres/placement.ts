import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StartupError } from '../startup-error.js';
import { canReach, isRoot, type RunAs, UNPRIVILEGED } from './unprivileged-user.js';

/** Where the files of one embedded server lie, and who it runs as. */
export type Placement = {
  /** The real path of the folder that holds the cluster, its log and the owner's record. */
  base: string;
  runAs: RunAs;
  /** The note in the data folder that names `base`; null while the database lies in the data folder itself. */
  note: string | null;
};

const ELSEWHERE = '/var/lib/versbottomlex-dev';

const NOTE_NAME = 'postgres.location.txt';

export const clusterIn = (base: string): string => join(base, 'postgres');

/** The folder outside the project that serves a data folder, given by its real path. */
export const folderElsewhere = (directory: string): string =>
  join(ELSEWHERE, createHash('sha256').update(directory).digest('hex').slice(0, 12));

const ownerOf = async (path: string): Promise<RunAs> => {
  try {
    const { uid, gid } = await stat(path);
    return uid === 0 ? undefined : { uid, gid };
  } catch {
    return undefined;
  }
};

const namesFolder = async (note: string, folder: string): Promise<boolean> =>
  (await readFile(note, 'utf8').catch(() => '')).includes(`${folder}\n`);

/** As `mkdir` with `recursive`, which reports a read-only disk as a missing folder (Node 20). */
const makeFolder = async (path: string): Promise<void> => {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await makeFolder(path);
  }
};

const makeFolderElsewhere = async (folder: string): Promise<void> => {
  await makeFolder(folder);
  // Passable whatever the umask, as the unprivileged user must get through to what it owns.
  await chmod(ELSEWHERE, 0o711);
  await chmod(folder, 0o711);
};

/**
 * Decides where the database of a data folder lies. An ordinary user's lies in the folder. Root's does too,
 * owned by an unprivileged user (or by whoever made it), unless that user cannot get there, as under a home of
 * mode 700; then it lies in a folder of its own under /var/lib.
 */
export const placeDatabase = async (dataFolder: string): Promise<Placement> => {
  await makeFolder(dataFolder);
  const directory = await realpath(dataFolder);
  if (!isRoot()) return { base: directory, runAs: undefined, note: null };

  const owner = await ownerOf(clusterIn(directory));
  const reachable = await canReach(directory, owner ?? UNPRIVILEGED);
  const note = join(directory, NOTE_NAME);
  const elsewhere = folderElsewhere(directory);
  if (owner !== undefined && !reachable) {
    throw new StartupError(
      `The database in ${clusterIn(directory)} belongs to uid ${owner.uid}, who cannot get into ${directory} any more; make its parent folders passable (chmod o+x) or remove the database.`,
      73,
    );
  }
  // A folder that became passable later keeps the database it has.
  if (owner === undefined && (!reachable || (await namesFolder(note, elsewhere)))) {
    await makeFolderElsewhere(elsewhere);
    return { base: elsewhere, runAs: (await ownerOf(clusterIn(elsewhere))) ?? UNPRIVILEGED, note };
  }
  return { base: directory, runAs: owner ?? UNPRIVILEGED, note: null };
};

/** True for a database outside the data folder whose data folder was deleted since: it is not this one's. */
export const isLeftOver = async ({ base, note }: Placement): Promise<boolean> =>
  note !== null && (await ownerOf(clusterIn(base))) !== undefined && !(await namesFolder(note, base));

/** Keeps a left-over database aside, in place of the one kept aside before. It must not be running. */
export const setAside = async ({ base }: Placement): Promise<string> => {
  const aside = `${clusterIn(base)}.old`;
  await rm(aside, { recursive: true, force: true });
  await rename(clusterIn(base), aside);
  return aside;
};

/** Notes in the data folder where its database lies, before the database is made. */
export const noteLocation = async ({ base, note, runAs }: Placement): Promise<boolean> => {
  if (note === null || (await namesFolder(note, base))) return false;
  const text = `The development database of this folder lies in\n${base}\nsince uid ${runAs?.uid}, which runs it for root, cannot reach this folder. Deleting this folder starts afresh.\n`;
  await writeFile(note, text);
  return true;
};
