import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterAll, afterEach, describe, expect, inject, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/database.js';
import { stringsWithin } from '../../test/strings-within.js';
import { migrationsDirectory } from '../open-database.js';
import { migrateDatabase, waitForDatabase } from './migrations.js';
import { StartupError } from './startup-error.js';

const databases: TestDatabase[] = [];
const emptyDatabase = async (): Promise<string> => {
  const own = await createTestDatabase(inject('databaseServerUrl'));
  databases.push(own);
  return own.url;
};
afterAll(async () => {
  for (const own of databases) await own.drop();
});

const query = async (url: string, statement: string): Promise<Record<string, unknown>[]> => {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    return [...(await sql.unsafe(statement))];
  } finally {
    await sql.end();
  }
};

type Journal = {
  entries: { idx: number; version: string; when: number; tag: string; breakpoints: boolean }[];
};
const readJournal = async (directory: string): Promise<Journal> =>
  JSON.parse(await readFile(join(directory, 'meta/_journal.json'), 'utf8'));

/** The address of the test server with some of it changed. */
const addressWith = (given: { port?: number; password?: string; database?: string }): string => {
  const url = new URL(inject('databaseServerUrl'));
  if (given.port !== undefined) url.port = String(given.port);
  if (given.password !== undefined) url.password = given.password;
  if (given.database !== undefined) url.pathname = `/${given.database}`;
  return url.href;
};

/** A port of this machine that nothing listens on. */
const closedPort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : expect.fail();
};

/** What kept `attempt` from succeeding, which must be fit to be shown to an operator. */
const startupErrorOf = async (attempt: Promise<unknown>): Promise<StartupError> => {
  const error: unknown = await attempt.then(
    () => 'succeeded',
    (reason: unknown) => reason,
  );
  if (!(error instanceof StartupError)) throw error;
  expect(error.exitCode).toBe(69);
  expect(error.message).toMatch(/^[^\n]+\.$/);
  return error;
};

describe('migrateDatabase', () => {
  it('brings an empty database up to date when processes start together, and later changes nothing', async () => {
    const url = await emptyDatabase();
    await Promise.all([1, 2, 3].map(() => migrateDatabase(url, migrationsDirectory)));
    const applied = 'select id, hash, created_at from drizzle.__drizzle_migrations order by id';
    const first = await query(url, applied);
    expect(first).toHaveLength((await readJournal(migrationsDirectory)).entries.length);

    const user = `insert into users (id, username, email, password_hash, display_name)
      values (gen_random_uuid(), 'kept', 'kept@example.com', 'a hash', 'Kept') returning *`;
    const before = await query(url, user);
    await migrateDatabase(url, migrationsDirectory);
    expect(await query(url, applied)).toEqual(first);
    expect(await query(url, 'select * from users')).toEqual(before);
  });

  it('waits for its turn, so that a second process does not fail where the first is at work', async () => {
    const url = await emptyDatabase();
    const holder = postgres(url, { max: 1 });
    const waiting = `select count(*)::int as count from pg_locks
      where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())`;
    // The key of migrateDatabase, held by somebody who takes longer than any statement of the server may.
    await holder`select pg_advisory_lock(7302019450118)`;
    const migration = migrateDatabase(url, migrationsDirectory);
    await expect.poll(() => query(url, waiting)).toEqual([{ count: 1 }]);
    await holder.end();
    await migration;
    expect(await query(url, 'select count(*)::int as count from streams')).toEqual([{ count: 0 }]);
  });

  describe('with a migration that fails', () => {
    let directory = '';
    afterEach(() => rm(directory, { recursive: true, force: true }));

    it('leaves nothing of it, tells no SQL, and goes on from there once it is mended', async () => {
      directory = await mkdtemp(join(tmpdir(), 'versbottomlex-migrations-'));
      await cp(migrationsDirectory, directory, { recursive: true });
      const journal = await readJournal(directory);
      const last = journal.entries.at(-1) ?? expect.fail();
      journal.entries.push({ ...last, idx: last.idx + 1, when: last.when + 1, tag: '9999_broken' });
      await writeFile(join(directory, 'meta/_journal.json'), JSON.stringify(journal));
      const writeMigration = (second: string) =>
        writeFile(
          join(directory, '9999_broken.sql'),
          `create table half (id int);\n--> statement-breakpoint\n${second}`,
        );
      const url = await emptyDatabase();

      await writeMigration('select 1 / 0 as planted_secret');
      const error = await startupErrorOf(migrateDatabase(url, directory));
      expect(error.message).toContain('could not be migrated: statement failed with SQLSTATE 22012');
      expect(stringsWithin(error).join('\n')).not.toContain('planted_secret');
      expect(await query(url, "select to_regclass('half') as half")).toEqual([{ half: null }]);

      await writeMigration('alter table half add name text');
      await migrateDatabase(url, directory);
      expect(await query(url, 'select id, name from half')).toEqual([]);
    });
  });
});

/** Both ways to begin refuse a database in the same words; this is what they say. */
const refusalsOf = async (url: string): Promise<{ sentences: Set<string>; tookMs: number }> => {
  const begunMs = performance.now();
  const attempts = [migrateDatabase(url, migrationsDirectory), waitForDatabase(url)];
  const errors = await Promise.all(attempts.map(startupErrorOf));
  expect(stringsWithin(errors).join('\n')).not.toContain(new URL(url).password);
  return { sentences: new Set(errors.map((error) => error.message)), tookMs: performance.now() - begunMs };
};

describe.concurrent('a database that cannot be used', () => {
  it('is given up when it does not answer, naming its address and never the password', async () => {
    const url = addressWith({ port: await closedPort(), password: 'planted-secret' });
    const { sentences } = await refusalsOf(url);
    expect(sentences).toEqual(
      new Set([`PostgreSQL at ${new URL(url).host} does not answer; check DATABASE_URL and that it runs.`]),
    );
  });

  it('is given up at once when it is missing', async () => {
    const { sentences, tookMs } = await refusalsOf(addressWith({ database: 'not_there' }));
    const { host } = new URL(inject('databaseServerUrl'));
    expect(sentences).toEqual(
      new Set([`PostgreSQL at ${host} does not have the database that DATABASE_URL names.`]),
    );
    expect(tookMs).toBeLessThan(2000);
  });

  it('is given up at once when the password is wrong, without repeating it', async (context) => {
    const trustsAnyone = await query(addressWith({ password: 'wrong' }), 'select 1').then(
      () => true,
      () => false,
    );
    if (trustsAnyone) context.skip('this server asks nobody for a password');
    const { sentences, tookMs } = await refusalsOf(addressWith({ password: 'planted-secret' }));
    const { host } = new URL(inject('databaseServerUrl'));
    expect(sentences).toEqual(new Set([`PostgreSQL at ${host} refuses the password.`]));
    expect(tookMs).toBeLessThan(2000);
  });
});

it('waitForDatabase changes nothing', async () => {
  const url = await emptyDatabase();
  await waitForDatabase(url);
  const tables =
    "select count(*)::int as count from pg_tables where schemaname not in ('pg_catalog', 'information_schema')";
  expect(await query(url, tables)).toEqual([{ count: 0 }]);
});
