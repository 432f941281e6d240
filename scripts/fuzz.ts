import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setRole } from '../server/src/administration/administration.queries.js';
import { appRouter } from '../server/src/app-router.js';
import { Environment } from '../server/src/config.js';
import { createOpenApiDocument } from '../server/src/http/openapi-document.js';
import { createDatabase } from '../server/src/platform/database.js';
import { createFuzzer } from '../server/test/fuzz/fuzz.js';
import { PLANTED } from '../server/test/fuzz/known-things.js';
import { leakIn } from '../server/test/fuzz/leaks.js';
import { listProcedures } from '../server/test/fuzz/procedures.js';
import type { Document } from '../server/test/fuzz/requests.js';
import { startServerProcess } from '../server/test/server-process.js';
import { startBenchDatabase } from './bench/bench-database.js';
import { say } from './run.js';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '100000' },
    frames: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
  },
});
const seed = Number(values.seed);
const ROUNDS = 10;
/** The first rounds fill caches; after them, memory is as it stays. */
const WARM_UP_ROUNDS = 3;
const GROWTH_BYTES_MAX = 64 * 1024 * 1024;
const METRICS_TOKEN = `${PLANTED}metrics-1f8e5a7c2d4b6f90-fuzz`;

/** Limits that are counted and never reached; otherwise little but 429 would be seen. */
const limits = Object.keys(Environment.shape).filter((name) => name.startsWith('RATE_LIMIT_'));

const mebibytes = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MiB`;

const dataDirectory = await mkdtemp(join(tmpdir(), 'versbottomlex-fuzz-'));
const embedded = await startBenchDatabase();
const server = await startServerProcess({
  DATABASE_URL: embedded.url,
  DATA_DIRECTORY: dataDirectory,
  LOG_LEVEL: 'DEBUG',
  PERFORMER_APPROVAL: 'auto',
  METRICS_TOKEN,
  JWT_ACCESS_SECRET: `${PLANTED}access-4f9c2b7d1e8a6053-fuzz`,
  JWT_REFRESH_SECRET: `${PLANTED}refresh-9d3e7a1c5b2f8064-fuzz`,
  CSRF_SECRET: `${PLANTED}csrf-7e1b4d9a3c6f2058-fuzz`,
  ENCRYPTION_SECRET: `${PLANTED}encryption-2c8f5a1e7d4b9036-fuzz`,
  ...Object.fromEntries(limits.map((name) => [name, '1000000'])),
}).catch(async (error: unknown) => {
  await embedded.stop();
  throw error;
});
const database = createDatabase({ url: embedded.url, poolMax: 1, prepare: true });
const fuzzer = createFuzzer({
  url: server.url,
  seed,
  document: createOpenApiDocument(appRouter, server.url) as unknown as Document,
  promote: async (username) => {
    await setRole(database, { username, role: 'admin', isVerified: true });
  },
  senders: 8,
});

const residentBytes = async (): Promise<number> => {
  const answer = await fetch(`${server.url}/metrics`, {
    headers: { authorization: `Bearer ${METRICS_TOKEN}` },
  });
  return Number(/^process_resident_memory_bytes (\S+)/m.exec(await answer.text())?.[1]);
};

const problems: unknown[] = [];
/** Lines are judged and forgotten, so that they do not fill this process instead. */
const judgeLogs = (): void => {
  for (const line of server.logs.splice(0)) {
    const leak = leakIn(JSON.stringify({ ...line, data: { ...(line.data as object), stack: undefined } }), {
      mayTellAddress: false,
    });
    if (line.level === 'ERROR' || leak !== undefined) problems.push({ log: line, leak });
  }
};

say(`Seed ${seed}: ${values.requests} requests and ${values.frames} frames to ${server.url}`);
const sizes: number[] = [];
const statuses: Record<string, number> = {};
const procedures = listProcedures(appRouter);
for (let round = 0; round < ROUNDS && server.process.exitCode === null; round += 1) {
  const started = performance.now();
  const answered = await fuzzer.requests(Number(values.requests) / ROUNDS, round);
  await fuzzer.frames(Number(values.frames) / ROUNDS, procedures, round);
  for (const [status, count] of Object.entries(answered)) statuses[status] = (statuses[status] ?? 0) + count;
  judgeLogs();
  sizes.push(await residentBytes());
  const seconds = Math.round((performance.now() - started) / 1000);
  say(
    `round ${round + 1} of ${ROUNDS}: ${seconds} s, ${mebibytes(sizes.at(-1) ?? 0)}, ${fuzzer.findings.length} findings`,
  );
}

const growth = Math.max(...sizes.slice(WARM_UP_ROUNDS)) - Math.max(...sizes.slice(0, WARM_UP_ROUNDS));
problems.push(...fuzzer.findings);
if (growth > GROWTH_BYTES_MAX) problems.push({ growth: mebibytes(growth) });
const exitCode = await server.end('SIGTERM');
if (exitCode !== 0) problems.push({ exitCode, errors: server.errors() });
fuzzer.close();
await database.close();
await embedded.stop();
await rm(dataDirectory, { recursive: true, force: true });

say(`Answers by status: ${JSON.stringify(statuses)}`);
say(`Memory after warm-up grew by ${mebibytes(growth)}; ${problems.length} problems.`);
for (const problem of problems.slice(0, 20)) say(JSON.stringify(problem, null, 2));
process.exitCode = problems.length === 0 ? 0 : 1;
