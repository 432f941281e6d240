import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../database.js';
import { scaled } from '../scale.js';
import { type ServerProcess, startServerProcess } from '../server-process.js';

/** More than two hundred wait their turn, which takes two seconds of both cores. */
const LOGINS = 500;
const RSS_GROWTH_MAX_MB = 150;
/** 50 ms on a machine that does nothing else; in a quick run other tests share it. */
const LIVE_P99_MAX_MS = scaled({ quick: 500, full: 50 });

/** What lets a flood through to the passwords, which are then the only limit. */
const unlimited = Object.fromEntries(
  ['GLOBAL_PER_MINUTE', 'ANONYMOUS_PER_MINUTE', 'WRITES_PER_MINUTE', 'LOGINS_PER_MINUTE'].map((limit) => [
    `RATE_LIMIT_${limit}`,
    '1000000',
  ]),
);

let directory: string;
let own: TestDatabase;
let server: ServerProcess;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'versbottomlex-flood-'));
  own = await createTestDatabase(inject('databaseServerUrl'), inject('templateDatabase'));
  server = await startServerProcess({ DATABASE_URL: own.url, DATA_DIRECTORY: directory, ...unlimited });
});
afterAll(async () => {
  await server.end('SIGTERM');
  await own.drop();
  await rm(directory, { recursive: true, force: true });
});

/** As the server itself says it. */
const rssMb = async (): Promise<number> => {
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(metrics)?.[1]) / 2 ** 20;
};

const login = async (place: number) => {
  const response = await fetch(`${server.url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: `nobody_${place}`, password: 'an uncommon passphrase' }),
  });
  const body = (await response.json()) as { code: string; retryAfterMs?: number };
  return { status: response.status, retryAfter: response.headers.get('retry-after'), ...body };
};

const percentile = (values: number[], share: number): number =>
  values.sort((one, other) => one - other)[Math.floor(values.length * share)] ?? Number.NaN;

test('of 500 logins at once those too many are told to come again, and the server stays well', async () => {
  await Promise.all(Array.from({ length: 8 }, (_, place) => login(-1 - place)));
  const idleMb = await rssMb();

  let isOver = false;
  const flood = Promise.all(Array.from({ length: LOGINS }, (_, place) => login(place))).finally(() => {
    isOver = true;
  });
  const tookMs: number[] = [];
  let mostMb = idleMb;
  while (!isOver) {
    const begun = performance.now();
    const response = await fetch(`${server.url}/health/live`);
    await response.text();
    tookMs.push(performance.now() - begun);
    expect(response.status).toBe(200);
    if (tookMs.length % 20 === 0) mostMb = Math.max(mostMb, await rssMb());
  }
  const answers = await flood;

  const refused = answers.filter(({ status }) => status !== 401);
  expect(new Set(answers.map(({ code }) => code))).toEqual(new Set(['INVALID_CREDENTIALS', 'OVERLOADED']));
  expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([503]));
  for (const { retryAfter, retryAfterMs } of refused) {
    expect(Number(retryAfter)).toBe(Math.ceil((retryAfterMs ?? Number.NaN) / 1000));
  }
  expect(percentile(tookMs, 0.99)).toBeLessThan(LIVE_P99_MAX_MS);
  expect(Math.max(mostMb, await rssMb()) - idleMb).toBeLessThan(RSS_GROWTH_MAX_MB);
}, 120_000);
