import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

const lockfiles = [
  'package-lock.json',
  'scripts/bench/package-lock.json',
  'scripts/lint-openapi/package-lock.json',
  'scripts/lint-secrets/package-lock.json',
].filter((file) => existsSync(join(root, file)));

/** A host in the lockfile would make everybody install from it, whatever registry they have. */
test.each(lockfiles)('%s names no registry', (file) => {
  const lock: { packages: Record<string, { resolved?: string }> } = JSON.parse(
    readFileSync(join(root, file), 'utf8'),
  );
  const hosts = Object.values(lock.packages).flatMap(({ resolved = '' }) =>
    resolved.includes('://') ? resolved : [],
  );
  expect(hosts).toEqual([]);
});
