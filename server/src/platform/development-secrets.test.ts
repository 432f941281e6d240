import { writeFileSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadConfig } from '../config.js';
import { developmentSecrets } from './development-secrets.js';
import { StartupError } from './startup-error.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'versbottomlex-secrets-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const modeOf = async (file: string) => (await stat(file)).mode & 0o777;

it('are made once and kept, so that a restart logs nobody out', async () => {
  const made = developmentSecrets(join(directory, 'new/folder'));
  expect(developmentSecrets(join(directory, 'new/folder'))).toEqual(made);
  expect(made.access).not.toBe(made.refresh);
  expect(developmentSecrets(directory)).not.toEqual(made);
});

it('are strong enough for production', () => {
  const { access, refresh, csrf, encryption } = developmentSecrets(directory);
  const environment = {
    JWT_ACCESS_SECRET: access,
    JWT_REFRESH_SECRET: refresh,
    CSRF_SECRET: csrf,
    ENCRYPTION_SECRET: encryption,
  };
  expect(() => loadConfig(environment, () => expect.fail('nothing is missing'))).not.toThrow();
});

it('are completed where a file is older than one of them, and the others stay', () => {
  const { encryption: _, ...older } = developmentSecrets(directory);
  writeFileSync(join(directory, 'secrets.json'), JSON.stringify(older));
  const completed = developmentSecrets(directory);
  expect(completed).toEqual({ ...older, encryption: expect.any(String) });
  expect(developmentSecrets(directory)).toEqual(completed);
});

it('are readable by their owner only', async () => {
  developmentSecrets(directory);
  expect(await modeOf(join(directory, 'secrets.json'))).toBe(0o600);
});

it.each(['', '{}', '{"access":1,"refresh":2}', '{"access":"a"'])(
  'are made anew, again for their owner only, where the file holds %j',
  async (broken) => {
    const file = join(directory, 'secrets.json');
    await writeFile(file, broken);
    await chmod(file, 0o644);
    const made = developmentSecrets(directory);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(made);
    expect(await modeOf(file)).toBe(0o600);
  },
);

it('end the start with one sentence where they cannot be written', async () => {
  await writeFile(join(directory, 'file'), '');
  const below = join(directory, 'file/folder');
  expect(() => developmentSecrets(below)).toThrow(
    new StartupError(`The folder ${below} cannot be written; set DATA_DIRECTORY to one that can.`, 73),
  );
});
