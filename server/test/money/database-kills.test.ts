import { randomInt } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../src/platform/embedded-postgres/embedded-postgres.js';
import { createPortForwarder, type PortForwarder } from '../port-forwarder.js';
import { scaled } from '../scale.js';
import { createScratchDirectory } from '../scratch-directory.js';
import { type ServerProcess, startServerProcess } from '../server-process.js';
import { createTipLoad } from './tip-load.js';
import { expectAllOnce, openScene, serverEnvironment, type TipScene } from './tip-scene.js';

/** Servers take seconds to start where others use the machine too. */
const SLOW_MS = scaled({ quick: 120_000, full: 600_000 });

let directory: string;
let database: EmbeddedPostgres;
let forwarder: PortForwarder;
let scene: TipScene;
let server: ServerProcess;

const startDatabase = async () => {
  database = await startEmbeddedPostgres({ directory, database: 'kills' });
  forwarder.target = Number(new URL(database.url).port);
};

beforeAll(async () => {
  directory = await createScratchDirectory('kills');
  // The database comes back on another port; the server keeps the address that it was given.
  forwarder = await createPortForwarder();
  await startDatabase();
  const url = new URL(database.url);
  url.port = String(forwarder.port);
  server = await startServerProcess({
    ...serverEnvironment,
    DATABASE_URL: url.href,
    DATA_DIRECTORY: join(directory, 'server'),
  });
  scene = await openScene(url.href);
}, SLOW_MS);
afterAll(async () => {
  await server.end('SIGKILL');
  await scene.close();
  await forwarder.close();
  await database.stop();
  await rm(directory, { recursive: true, force: true });
});

const killProcess = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // A connection may end by itself as soon as the postmaster has gone.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

/** The postmaster's process and those of its connections, of which none gets to say a last word. */
const killDatabase = async () => {
  const found = await scene.database.client.execute<{ pid: number }>(sql`
    select pid from pg_stat_activity
    union all select split_part(pg_read_file('postmaster.pid'), e'\\n', 1)::int`);
  for (const { pid } of [...found].reverse()) killProcess(pid);
  // Lets go of the data, which the next start takes.
  await database.stop();
};

test(
  'a database that is killed while tips come in loses none and doubles none, and is missed for 2 s at most',
  async () => {
    const load = createTipLoad({ url: async () => server.url, ...scene, streamId: scene.stream.id });
    const stop = load.start(8);
    const kills = scaled({ quick: 1, full: 5 });
    for (let kill = 0; kill < kills; kill += 1) {
      const enough = load.acknowledgedCount() + randomInt(50, 200);
      await expect.poll(load.acknowledgedCount, { timeout: 60_000, interval: 5 }).toBeGreaterThan(enough);
      await killDatabase();
      const refused = load.refusalsTookMs.length;
      await expect.poll(() => load.refusalsTookMs.length, { timeout: 5000 }).toBeGreaterThan(refused);

      await startDatabase();
      const returnedAt = performance.now();
      await expect.poll(load.lastAcknowledgedAt, { timeout: 5000, interval: 5 }).toBeGreaterThan(returnedAt);
      expect(load.lastAcknowledgedAt() - returnedAt).toBeLessThan(2000);
    }
    await stop();
    await load.settle();
    await expectAllOnce(scene, load);
    // The answer is promised within 3 s; the rest is the test machine's own noise.
    expect(Math.max(...load.refusalsTookMs)).toBeLessThan(3800);
    expect(server.process.exitCode).toBeNull();
  },
  SLOW_MS,
);
