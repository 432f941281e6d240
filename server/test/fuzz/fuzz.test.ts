import { users } from '@versbottomlex/database';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { appRouter } from '../../src/app-router.js';
import { Environment } from '../../src/config.js';
import { createOpenApiDocument } from '../../src/http/openapi-document.js';
import { createTestApp, type TestApp } from '../harness.js';
import { createFuzzer } from './fuzz.js';
import { leakIn } from './leaks.js';
import { listProcedures } from './procedures.js';
import type { Document } from './requests.js';

const SEED = 20_260_101;
const REQUESTS = 800;
const FRAMES = 500;

let test: TestApp;
let fuzzer: ReturnType<typeof createFuzzer>;
beforeAll(async () => {
  const limits = Object.keys(Environment.shape).filter((name) => name.startsWith('RATE_LIMIT_'));
  test = await createTestApp({
    environment: { LOG_LEVEL: 'DEBUG', ...Object.fromEntries(limits.map((name) => [name, '1000000'])) },
  });
  fuzzer = createFuzzer({
    url: await test.app.listen({ host: '127.0.0.1', port: 0 }),
    seed: SEED,
    document: createOpenApiDocument(appRouter, 'http://localhost') as unknown as Document,
    promote: async (username) => {
      await test.database.client.update(users).set({ role: 'admin' }).where(eq(users.username, username));
    },
    senders: 4,
  });
});
afterAll(async () => {
  fuzzer.close();
  await test.close();
});

const expectNothingFound = () => {
  expect(fuzzer.findings).toEqual([]);
  const lines = test.logs.filter(
    (line) => line.level === 'ERROR' || leakIn(JSON.stringify(line), { mayTellAddress: false }),
  );
  expect(lines).toEqual([]);
};

it(`${REQUESTS} generated requests cause no fault and are told no secret, seed ${SEED}`, async () => {
  const statuses = await fuzzer.requests(REQUESTS);
  expectNothingFound();
  // A generator that is always refused would find nothing.
  for (const status of ['200', '201', '401', '403', '404', '422']) {
    expect(statuses[status], JSON.stringify(statuses)).toBeGreaterThan(0);
  }
}, 60_000);

it(`${FRAMES} generated frames cause no fault and are told no secret, seed ${SEED}`, async () => {
  await fuzzer.frames(FRAMES, listProcedures(appRouter));
  expectNothingFound();
}, 60_000);
