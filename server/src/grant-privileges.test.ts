import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createFactories, type Factories } from '../test/factories.js';
import { refusalOf } from '../test/model.js';
import { sampleCalls } from '../test/sample-calls.js';
import { createFakeClock, createTestConfig, fakePasswords } from '../test/services.js';
import { callOver, operations } from '../test/transports.js';
import { buildApp } from './app.js';
import { openDatabase } from './open-database.js';
import { createDatabase, type Database } from './platform/database.js';
import { createEventBus } from './platform/event-bus.js';
import { createLogger } from './platform/logger.js';
import { createServices, type Services } from './services.js';

const name = `roles_${randomUUID().slice(0, 8)}`;
const [owner, role] = [`${name}_owner`, `${name}_app`];
const serverUrl = inject('databaseServerUrl');
const admin = postgres(serverUrl, { max: 1, onnotice: () => {} });
const urlOf = (user: string) => {
  const url = new URL(serverUrl);
  Object.assign(url, { username: user, password: 'a password', pathname: `/${name}` });
  return url.href;
};
const config = createTestConfig({ DATABASE_URL: urlOf(role), DATABASE_MIGRATION_URL: urlOf(owner) });

let database: Database;
let services: Services;
let app: Awaited<ReturnType<typeof buildApp>>;
let given: Factories;

beforeAll(async () => {
  for (const user of [owner, role]) await admin.unsafe(`create role ${user} login password 'a password'`);
  await admin.unsafe(`create database ${name} owner ${owner} template template0`);
  const { url } = await openDatabase(config, () => {});
  database = createDatabase({ url, poolMax: 5, prepare: true });
  const clock = createFakeClock();
  const logger = createLogger('ERROR', (line) => expect.fail(line));
  const platform = { config, database, bus: createEventBus(), clock, logger };
  services = createServices({ ...platform, passwords: fakePasswords });
  app = await buildApp({ ...platform, services });
  given = createFactories({ services, database, clock });
});
afterAll(async () => {
  await app.close();
  await database.close();
  await admin.unsafe(`drop database if exists ${name} with (force)`);
  for (const user of [owner, role]) await admin.unsafe(`drop role ${user}`);
  await admin.end();
});

const INSUFFICIENT_PRIVILEGE = '42501';

describe('a role that does not own the tables', () => {
  it.each(operations)('can do all that $procedurePath needs', async (operation) => {
    const { owner: as, input } = await sampleCalls[operation.procedurePath](given);
    const answer = await callOver(app, 'tRPC', operation, input, { as });
    expect([answer.status, answer.failure]).toEqual([200, undefined]);
  });

  it('can fold and audit the ledger, which is sound after all that', async () => {
    const found = await services.ledger.audit();
    expect(found).toMatchObject({ breakCount: 0, breaks: [] });
    expect(found?.entryCount).toBeGreaterThan(50);
    expect(await refusalOf(database.client.execute('select fold_ledger(null, 10)'))).toBe('accepted');
  });

  it('can neither change nor remove what was written to the ledger', async () => {
    const append = [
      'ledger_transactions',
      'ledger_entries',
      'ledger_audits',
      'moderation_actions',
      'audit_log',
    ];
    for (const table of append) {
      for (const statement of [
        `update ${table} set created_at = now()`.replace(
          'ledger_audits set created_at',
          'ledger_audits set finished_at',
        ),
        `delete from ${table}`,
        `truncate ${table}`,
        `alter table ${table} disable trigger all`,
      ]) {
        expect([statement, await refusalOf(database.client.execute(statement))]).toEqual([
          statement,
          INSUFFICIENT_PRIVILEGE,
        ]);
      }
    }
    for (const statement of ['delete from payments', 'truncate payments cascade', 'drop table payments']) {
      expect(await refusalOf(database.client.execute(statement))).toBe(INSUFFICIENT_PRIVILEGE);
    }
  });

  it('is given the same again at every start, and what was given too much is taken', async () => {
    const direct = postgres(urlOf(owner), { max: 1, onnotice: () => {} });
    await direct.unsafe(`grant all on ledger_entries to ${role}`);
    await direct.end();
    await openDatabase(config, () => {});
    const removal = refusalOf(database.client.execute('delete from ledger_entries'));
    expect(await removal).toBe(INSUFFICIENT_PRIVILEGE);
  });
});
