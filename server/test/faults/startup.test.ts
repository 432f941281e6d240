import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import postgres from 'postgres';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../database.js';
import { createScratchDirectory } from '../scratch-directory.js';
import { runToExit, startServerProcess } from '../server-process.js';

let directory: string;
beforeEach(async () => {
  directory = await createScratchDirectory('first start');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const register = (url: string, username: string) =>
  fetch(`${url}/api/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, email: `${username}@example.com`, password: 'an uncommon passphrase' }),
  });

const login = (url: string, username: string) =>
  fetch(`${url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password: 'an uncommon passphrase' }),
  });

describe('on the embedded database', () => {
  test('a server that was killed starts again with everything that was acknowledged', async () => {
    const environment = { DATA_DIRECTORY: directory };
    const first = await startServerProcess(environment);
    expect((await register(first.url, 'survivor')).status).toBe(201);
    await first.end('SIGKILL');

    const second = await startServerProcess(environment);
    expect((await login(second.url, 'survivor')).status).toBe(200);
    expect(await second.end('SIGTERM')).toBe(0);
  });

  test('a second server on the same data is refused with one sentence, and the first goes on', async () => {
    const environment = { DATA_DIRECTORY: directory };
    const first = await startServerProcess(environment);
    const second = await runToExit(environment);
    expect(second.code).not.toBe(0);
    expect(second.errors.trim().split('\n')).toHaveLength(1);
    expect(second.errors).toContain(String(first.process.pid));
    expect((await fetch(`${first.url}/health`)).status).toBe(200);
    expect(await first.end('SIGTERM')).toBe(0);
  });

  test('tokens outlive a restart, because development secrets are kept', async () => {
    const environment = { DATA_DIRECTORY: directory };
    const first = await startServerProcess(environment);
    const { accessToken } = (await (await register(first.url, 'stayer')).json()) as { accessToken: string };
    await first.end('SIGTERM');
    const second = await startServerProcess(environment);
    const me = await fetch(`${second.url}/api/auth/me`, {
      headers: { authorization: `Bearer ${accessToken}` },
    });
    expect(me.status).toBe(200);
    await second.end('SIGTERM');
  });
});

describe('on a given database', () => {
  let own: TestDatabase;
  beforeEach(async () => {
    own = await createTestDatabase(inject('databaseServerUrl'));
  });
  afterEach(() => own.drop());

  test('two servers that start at once on an empty database both come up, on one set of tables', async () => {
    const environment = { DATABASE_URL: own.url, DATA_DIRECTORY: directory };
    const servers = await Promise.all([startServerProcess(environment), startServerProcess(environment)]);
    const [first, second] = servers;
    expect((await register(first.url, 'shared_user')).status).toBe(201);
    expect((await login(second.url, 'shared_user')).status).toBe(200);

    const sql = postgres(own.url, { max: 1 });
    const applied =
      await sql`select count(*)::int as count, count(distinct hash)::int as distinct from drizzle.__drizzle_migrations`;
    await sql.end();
    expect(applied[0]?.count).toBe(applied[0]?.distinct);
    await Promise.all(servers.map((server) => server.end('SIGTERM')));
  });

  test('a port in use is one sentence that names it', async () => {
    const occupant = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => occupant.once('listening', resolve));
    const { port } = occupant.address() as { port: number };
    const result = await runToExit({ DATABASE_URL: own.url, DATA_DIRECTORY: directory, PORT: String(port) });
    occupant.close();
    expect(result.code).toBe(69);
    expect(result.errors.trim()).toBe(
      `Port ${port} on 127.0.0.1 is in use; stop what uses it, or set PORT to another.`,
    );
  });
});

test('a database that does not answer is one sentence without the password, and exit code 69', async () => {
  const url = 'postgres://somebody:hunter2hunter2@127.0.0.1:1/nothing';
  const result = await runToExit({ DATABASE_URL: url, DATA_DIRECTORY: directory });
  expect(result.code).toBe(69);
  expect(result.errors.trim().split('\n')).toHaveLength(1);
  expect(result.errors).toContain('127.0.0.1:1');
  expect(result.errors).not.toContain('hunter2');
});
