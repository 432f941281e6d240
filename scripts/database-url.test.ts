import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectDirectory } from '../server/src/config.js';

/** Runs the script as npm does. */
const print = (environment: Record<string, string>) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--conditions=source', 'scripts/database-url.ts'],
    {
      cwd: projectDirectory,
      env: { PATH: process.env.PATH, NODE_ENV: 'test', DATABASE_URL: '', ...environment },
      encoding: 'utf8',
    },
  );
  return { status, stdout, stderr };
};

it('prints the database of the configuration, as the owner of its tables', () => {
  const url = 'postgres://server@db.example.com/live';
  expect(print({ DATABASE_URL: url })).toEqual({ status: 0, stdout: `${url}\n`, stderr: '' });
  const owner = 'postgres://owner@db.example.com/live';
  expect(print({ DATABASE_URL: url, DATABASE_MIGRATION_URL: owner }).stdout).toBe(`${owner}\n`);
});

it('says in one sentence that no embedded database runs', () => {
  const directory = mkdtempSync(join(tmpdir(), 'database-url-'));
  const { status, stdout, stderr } = print({ NODE_ENV: 'development', DATA_DIRECTORY: directory });
  rmSync(directory, { recursive: true });
  expect({ status, stdout }).toEqual({ status: 69, stdout: '' });
  expect(stderr).toBe('The embedded database runs while a server does: npm start.\n');
});
