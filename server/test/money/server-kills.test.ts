import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../database.js';
import { scaled } from '../scale.js';
import { type ServerProcess, startServerProcess } from '../server-process.js';
import { createTipLoad } from './tip-load.js';
import { expectAllOnce, openScene, serverEnvironment, type TipScene } from './tip-scene.js';

/** Each server takes seconds to start where others use the machine too. */
const SLOW_MS = scaled({ quick: 120_000, full: 900_000 });

let directory: string;
let own: TestDatabase;
let scene: TipScene;
let server: Promise<ServerProcess>;

const start = () =>
  startServerProcess({ ...serverEnvironment, DATABASE_URL: own.url, DATA_DIRECTORY: directory });

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'versbottomlex-kills-'));
  own = await createTestDatabase(inject('databaseServerUrl'), inject('templateDatabase'));
  scene = await openScene(own.url);
  server = start();
  await server;
}, SLOW_MS);
afterAll(async () => {
  await (await server).end('SIGKILL');
  await scene.close();
  await own.drop();
  await rm(directory, { recursive: true, force: true });
});

test(
  'a server that is killed while tips come in loses none and doubles none, whatever was answered',
  async () => {
    const load = createTipLoad({ url: async () => (await server).url, ...scene, streamId: scene.stream.id });
    const stop = load.start(8);
    const kills = scaled({ quick: 3, full: 20 });
    for (let kill = 0; kill < kills; kill += 1) {
      const enough = load.acknowledgedCount() + randomInt(5, 60);
      await expect.poll(load.acknowledgedCount, { timeout: 60_000, interval: 5 }).toBeGreaterThan(enough);
      const killed = await server;
      const ended = killed.end('SIGKILL');
      server = ended.then(start);
      await server;
    }
    await stop();
    const unknown = load.sent.filter(({ acknowledged }) => !acknowledged);
    expect(unknown.length).toBeGreaterThan(0);
    await load.settle();
    await expectAllOnce(scene, load);
  },
  SLOW_MS,
);
