import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { claimOwnership } from './owner-lock.js';
import { identifyProcess } from './process-identity.js';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'owner-lock-'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

const writeRecord = (generation: number, text: string) =>
  writeFile(join(directory, `postgres.owner.${generation}.json`), text);

describe('claimOwnership', () => {
  test('refuses a second claim while the first owner lives, and names its process', async () => {
    await claimOwnership(directory);
    await expect(claimOwnership(directory)).rejects.toMatchObject({
      name: 'StartupError',
      exitCode: 69,
      message: expect.stringContaining(
        `already runs on ${directory} (process ${process.pid}); stop it first`,
      ),
    });
  });

  test('admits exactly one of many claims made at the same instant, again after each release', async () => {
    for (let round = 0; round < 20; round++) {
      const claims = await Promise.allSettled(Array.from({ length: 8 }, () => claimOwnership(directory)));
      const won = claims.filter((claim) => claim.status === 'fulfilled');
      expect(won).toHaveLength(1);
      await won[0]?.value.release();
    }
    expect(await readdir(directory)).toHaveLength(1);
  });

  test('heals after an owner that ended without releasing', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(child, 'spawn');
    await writeRecord(3, JSON.stringify(await identifyProcess(child.pid ?? 0)));
    await expect(claimOwnership(directory)).rejects.toThrow(`process ${child.pid}`);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await claimOwnership(directory);
    expect(await readdir(directory)).toEqual(['postgres.owner.4.json']);
  });

  test('is not fooled by a dead owner whose pid belongs to another process now', async () => {
    const self = await identifyProcess(process.pid);
    await writeRecord(1, JSON.stringify({ ...self, startedAt: 'an earlier boot:1' }));
    await expect(claimOwnership(directory)).resolves.toBeDefined();
  });

  test('heals a record that was never written to its end', async () => {
    await writeRecord(1, '');
    await expect(claimOwnership(directory)).resolves.toBeDefined();
  });

  test('releases quietly when the directory was deleted meanwhile', async () => {
    const lock = await claimOwnership(directory);
    await rm(directory, { recursive: true });
    await expect(lock.release()).resolves.toBeUndefined();
  });
});
