import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { startEmbeddedPostgres } from '../../server/src/platform/embedded-postgres/embedded-postgres.js';
import { build } from './bench.js';
import { atMost, report } from './report.js';
import { alternate, median, readPlan } from './rounds.js';
import { type Started, startOnce } from './start-once.js';

const PROCESS_SECONDS_MAX = 1.5;
const NPM_SECONDS_MAX = 3;
const IDLE_MIB_MAX = 150;
const MAIN = 'server/dist/main.js';

const plan = readPlan();
build();
const directory = await mkdtemp(join(tmpdir(), 'versbottomlex-bench-'));
// Started by root, the database runs as a user who has to reach its data here.
await chmod(directory, 0o755);

let postgresVersion = '';
const startDatabase = async (): Promise<Started> => {
  const startedAt = performance.now();
  const database = await startEmbeddedPostgres({ directory, database: 'versbottomlex' });
  const seconds = (performance.now() - startedAt) / 1000;
  const sql = postgres(database.url, { max: 1 });
  const [row] = await sql<{ version: string }[]>`select current_setting('server_version') as version`;
  postgresVersion = row?.version ?? '';
  await sql.end();
  await database.stop();
  return { seconds };
};

try {
  // The first round, which does not count, creates the data.
  const [database = [], built = [], npm = []] = await alternate(
    [
      startDatabase,
      () => startOnce({ command: process.execPath, args: [MAIN], directory, measuresIdle: true }),
      () => startOnce({ command: 'npm', args: ['start'], directory }),
    ],
    plan.rounds,
    (start) => start(),
  );
  const seconds = (all: Started[]) => median(all.map((one) => one.seconds));
  const idleMib = median(built.map(({ idleMib }) => idleMib ?? Number.NaN));

  report(plan, {
    title: 'Start',
    command: 'npm run bench:start',
    about: [
      `How long does a developer wait? From the start of the command to the first 200 of \`/health/ready\`, in development, with the embedded PostgreSQL and the data of an earlier start; whole machine, ${plan.rounds} rounds in turn after a first one that creates the data, medians. Memory is what the Node process alone holds, 5 s after that first answer.`,
    ],
    packages: ['fastify', 'postgres'],
    postgresVersion,
    tables: [
      {
        head: ['', 's', 'idle MiB'],
        rows: [
          ['embedded PostgreSQL alone', seconds(database).toFixed(2), ''],
          [`\`node ${MAIN}\``, seconds(built).toFixed(2), idleMib.toFixed(0)],
          ['`npm start`, nothing to build', seconds(npm).toFixed(2), ''],
        ],
      },
    ],
    targets: [
      atMost(PROCESS_SECONDS_MAX, `built process ≤ ${PROCESS_SECONDS_MAX} s`, seconds(built), 's'),
      atMost(NPM_SECONDS_MAX, `\`npm start\` ≤ ${NPM_SECONDS_MAX} s`, seconds(npm), 's'),
      atMost(IDLE_MIB_MAX, `idle ≤ ${IDLE_MIB_MAX} MiB`, idleMib, 'MiB'),
    ],
  });
} finally {
  await rm(directory, { recursive: true, force: true });
}
