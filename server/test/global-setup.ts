import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import postgres from 'postgres';
import type { TestProject } from 'vitest/node';
import { projectDirectory } from '../src/config.js';
import { startEmbeddedPostgres } from '../src/platform/embedded-postgres/embedded-postgres.js';
import { migrateDatabase } from '../src/platform/migrations.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { createScratchDirectory } from './scratch-directory.js';

/** Nobody needs these databases after the run, so nothing of them has to survive the machine. */
const settings = {
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
};

/** Proving the password costs both sides milliseconds for each of a thousand connections, which is what it is for. */
const easeLogins = async (url: string): Promise<void> => {
  const { username, password } = new URL(url);
  const sql = postgres(url, { max: 1 });
  await sql.unsafe(`set scram_iterations to 1; alter role "${username}" password '${password}'`);
  await sql.end();
};

const startServer = async () => {
  const given = process.env.TEST_DATABASE_URL;
  if (given) return { url: given, stop: async () => {} };
  const directory = await createScratchDirectory('test');
  const server = await startEmbeddedPostgres({ directory, database: 'postgres', settings });
  await easeLogins(server.url);
  const stop = async () => {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  };
  return { url: server.url, stop };
};

/** Builds what has changed: processes of servers start in a third of the time that they take from source. */
const build = async (): Promise<void> => {
  const tsc = join(projectDirectory, 'node_modules/typescript/bin/tsc');
  const child = spawn(process.execPath, [tsc, '-b'], { cwd: projectDirectory, stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error('The servers for the tests could not be built.');
};

const createTemplate = async (serverUrl: string): Promise<TestDatabase> => {
  const template = await createTestDatabase(serverUrl);
  await migrateDatabase(template.url, join(projectDirectory, 'drizzle/migrations'));
  return template;
};

/** Builds servers, starts PostgreSQL for the run, or uses TEST_DATABASE_URL, and migrates the template that every test file copies. */
export default async (project: TestProject) => {
  const server = await startServer();
  try {
    const [template] = await Promise.all([createTemplate(server.url), build()]);
    project.provide('databaseServerUrl', server.url);
    project.provide('templateDatabase', new URL(template.url).pathname.slice(1));
    return async () => {
      await template.drop();
      await server.stop();
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
};
