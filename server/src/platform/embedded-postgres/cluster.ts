import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readdir, readFile, rename, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StartupError } from '../startup-error.js';
import type { Binaries } from './binaries.js';
import { reasonIn, runBinary } from './run-binary.js';
import type { RunAs } from './unprivileged-user.js';
import { createWhole } from './whole-directory.js';

/** PostgreSQL's name for a data directory with the databases of one server. */
export type Cluster = { directory: string; password: string };

export const SUPERUSER = 'postgres';

/** Kept inside the cluster, so that the one never exists without the other; mode 600. */
const PASSWORD_FILE = 'superuser.password';

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;

/** An empty directory counts as absent and is removed. */
const isAbsent = async (directory: string): Promise<boolean> => {
  try {
    if ((await readdir(directory)).length > 0) return false;
    await rmdir(directory);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return true;
    throw error;
  }
};

const initialise = async (directory: string, binaries: Binaries, runAs: RunAs): Promise<void> => {
  await createWhole(directory, async (workspace) => {
    const built = join(workspace, 'cluster');
    const passwordFile = join(workspace, 'password');
    await mkdir(built, { mode: 0o700 });
    await writeFile(passwordFile, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
    if (runAs !== undefined) {
      await chmod(workspace, 0o711);
      for (const path of [built, passwordFile]) await chown(path, runAs.uid, runAs.gid);
    }
    const { exitCode, stderr } = await runBinary(
      binaries.initdb,
      [
        `--pgdata=${built}`,
        `--username=${SUPERUSER}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        // Sorts by code point like C, but knows the letters of all languages in upper() and ILIKE.
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--no-instructions',
      ],
      runAs,
      workspace,
    );
    if (exitCode !== 0) {
      throw new StartupError(
        `PostgreSQL could not create its data directory ${directory} (${reasonIn(stderr)}).`,
        73,
      );
    }
    await rename(passwordFile, join(built, PASSWORD_FILE));
    return built;
  });
};

const checkOwner = async (directory: string): Promise<void> => {
  const { uid } = await stat(directory);
  const self = process.getuid?.();
  if (self === undefined || self === 0 || uid === self) return;
  throw new StartupError(
    `The data directory ${directory} belongs to uid ${uid}, not to you (uid ${self}); start as root or as its owner, or remove it.`,
    73,
  );
};

const readOwnFile = async (directory: string, name: string): Promise<string> => {
  try {
    return (await readFile(join(directory, name), 'utf8')).trim();
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    throw new StartupError(
      `The folder ${directory} is not a PostgreSQL data directory made by this program (${name} is missing); move it away.`,
      73,
      { cause: error },
    );
  }
};

/** The superuser's password of an existing cluster. Throws StartupError (73) for any other folder. */
export const readClusterPassword = (directory: string): Promise<string> =>
  readOwnFile(directory, PASSWORD_FILE);

/**
 * The data directory and its superuser's password, created on the first start. Throws StartupError when it
 * cannot be created, belongs to somebody else, or was made by another major version, and then leaves it as it is.
 */
export const openCluster = async (
  directory: string,
  binaries: Binaries,
  runAs: RunAs,
  onStep: (line: string) => void,
): Promise<Cluster> => {
  await checkOwner(directory).catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error;
  });
  if (await isAbsent(directory)) {
    onStep(`Creating the PostgreSQL ${binaries.majorVersion} data directory ${directory}`);
    await initialise(directory, binaries, runAs);
  }
  const version = await readOwnFile(directory, 'PG_VERSION');
  if (version !== binaries.majorVersion) {
    throw new StartupError(
      `The data directory ${directory} was made by PostgreSQL ${version}, but this is PostgreSQL ${binaries.majorVersion}; move it away, or set DATABASE_URL to a server of that version.`,
      73,
    );
  }
  return { directory, password: await readClusterPassword(directory) };
};
