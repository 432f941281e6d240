import { mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openCluster } from './cluster.js';

let base: string;

beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'cluster-')));
});

afterEach(() => rm(base, { recursive: true, force: true }));

test('says why initdb failed, and leaves nothing behind', async () => {
  const initdb = join(base, 'initdb');
  await writeFile(
    initdb,
    '#!/bin/sh\necho creating >&2\necho "FATAL:  could not write: No space left on device" >&2\necho "initdb: removing contents" >&2\nexit 1\n',
    {
      mode: 0o755,
    },
  );
  const binaries = { initdb, postgres: '', pgCtl: '', majorVersion: '18' };
  await expect(
    openCluster(join(base, 'postgres'), binaries, undefined, () => undefined),
  ).rejects.toMatchObject({
    name: 'StartupError',
    exitCode: 73,
    message: `PostgreSQL could not create its data directory ${base}/postgres (could not write: No space left on device).`,
  });
  expect(await readdir(base)).toEqual(['initdb']);
});
