import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../database.js';
import { type ServerProcess, startServerProcess } from '../server-process.js';

let directory: string;
let own: TestDatabase;
let server: ServerProcess;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'versbottomlex-stop-'));
  own = await createTestDatabase(inject('databaseServerUrl'), inject('templateDatabase'));
  server = await startServerProcess({ DATABASE_URL: own.url, DATA_DIRECTORY: directory });
});
afterEach(async () => {
  server.process.kill('SIGKILL');
  await own.drop();
  await rm(directory, { recursive: true, force: true });
});

const register = (username: string) =>
  fetch(`${server.url}/api/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, email: `${username}@example.com`, password: 'an uncommon passphrase' }),
  });

test('an idle server ends with 0 within 10 s of SIGTERM', async () => {
  await fetch(`${server.url}/health`);
  const begun = performance.now();
  expect(await server.end('SIGTERM')).toBe(0);
  expect(performance.now() - begun).toBeLessThan(10_000);
  expect(server.logs.map(({ message }) => message)).toContain('Server stopped');
});

test('a request in flight at SIGTERM is answered before the server ends', async () => {
  // Holds the table, so that the registration is certainly under way when the signal comes.
  const sql = postgres(own.url, { max: 1 });
  const holder = await sql.reserve();
  await holder`begin`;
  await holder`lock table users in share row exclusive mode`;
  const answer = register('in_flight');
  const isWaiting = async () =>
    holder`select 1 from pg_locks where not granted`.then((rows) => rows.length > 0);
  await expect.poll(isWaiting).toBe(true);

  const exit = server.end('SIGTERM');
  await expect.poll(() => server.logs.some(({ message }) => message === 'Server stopping')).toBe(true);
  await holder`commit`;
  holder.release();
  expect((await answer).status).toBe(201);
  expect(await exit).toBe(0);
  await sql.end();
});

test('under load no accepted request fails at SIGTERM', async () => {
  const outcomes: (number | 'refused')[] = [];
  let isStopping = false;
  const client = async () => {
    while (!isStopping) {
      const status = await fetch(`${server.url}/api/streams`).then(
        async (response) => {
          await response.text();
          return response.status;
        },
        () => 'refused' as const,
      );
      outcomes.push(status);
      if (status === 'refused') return;
    }
  };
  const clients = Array.from({ length: 8 }, client);
  await expect.poll(() => outcomes.length).toBeGreaterThan(50);
  const exit = server.end('SIGTERM');
  expect(await exit).toBe(0);
  isStopping = true;
  await Promise.all(clients);
  expect(new Set(outcomes.filter((outcome) => outcome !== 'refused'))).toEqual(new Set([200]));
});
