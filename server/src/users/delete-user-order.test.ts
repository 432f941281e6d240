import { sessions, streams } from '@versbottomlex/database';
import type { SignedIn } from '@versbottomlex/shared';
import { and, eq, isNull, ne } from 'drizzle-orm';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createFactories, PASSWORD } from '../../test/factories.js';
import { outcomeOf } from '../../test/outcome.js';
import { createTestServices } from '../../test/services.js';

const platform = await createTestServices();
const { services, database } = platform;
const factories = createFactories(platform);
const admin = postgres(platform.databaseUrl, { max: 1, onnotice: () => {} });
afterAll(async () => {
  await admin.end();
  await platform.close();
});

const LOCK = 4711;
/** From now on, an insert and a start wait between their reading and their writing while `admin` has the lock. */
beforeAll(async () => {
  await admin.unsafe(`
    create function wait_for_test() returns trigger language plpgsql as $$
    begin
      perform pg_advisory_xact_lock_shared(${LOCK});
      return new;
    end $$;
    create trigger wait_for_test before insert on streams for each row execute function wait_for_test();
    create trigger wait_for_test before insert on sessions for each row execute function wait_for_test();
    create trigger wait_for_test_to_start before update on streams
      for each row when (new.status = 'live') execute function wait_for_test()`);
});
const waitingCount = async (): Promise<number> => {
  const rows = await admin`
    select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  return rows.count;
};

/** How both end when the deletion of `by` begins in the middle of the write that `start` makes. */
const deleteDuring = async (by: SignedIn, start: () => Promise<unknown>): Promise<string[]> => {
  const identity = await services.auth.authenticateAfresh(by.accessToken);
  await admin`select pg_advisory_lock(${LOCK})`;
  const write = outcomeOf(start());
  await expect.poll(waitingCount).toBe(1);
  let isDeleted = false;
  const deletion = outcomeOf(services.users.delete(identity, by.user.id)).finally(() => {
    isDeleted = true;
  });
  await expect.poll(async () => isDeleted || (await waitingCount()) === 2).toBe(true);
  await admin`select pg_advisory_unlock(${LOCK})`;
  return Promise.all([write, deletion]);
};

it('a stream that is being created while its performer is deleted does not stay live', async () => {
  const performer = await factories.performer();
  const identity = await services.auth.authenticateAfresh(performer.accessToken);
  const content = { title: 'A stream', description: '', tags: [], isPrivate: false };
  const create = () => services.streams.create(identity, content);
  expect((await deleteDuring(performer, create))[1]).toBe('ok');
  const isOpen = and(eq(streams.performerId, performer.user.id), ne(streams.status, 'ended'));
  expect(await database.client.$count(streams, isOpen)).toBe(0);
});

it('a stream that is being started while another of its performer is ended does not keep the two waiting', async () => {
  const performer = await factories.performer();
  const identity = await services.auth.authenticateAfresh(performer.accessToken);
  const scheduled = await factories.scheduledStream(performer);
  await factories.stream(performer);
  const start = () => services.streams.start(identity, scheduled.id);
  expect(await deleteDuring(performer, start)).toEqual(['ALREADY_LIVE', 'ok']);
  const isOpen = and(eq(streams.performerId, performer.user.id), ne(streams.status, 'ended'));
  expect(await database.client.$count(streams, isOpen)).toBe(0);
});

it('a login that is under way while its account is deleted opens no session that stays', async () => {
  const account = await factories.account();
  const login = () =>
    services.auth.login(
      { email: account.user.email, password: PASSWORD },
      { address: '127.0.0.1', userAgent: 'tests' },
    );
  expect((await deleteDuring(account, login))[1]).toBe('ok');
  const isOpen = and(eq(sessions.userId, account.user.id), isNull(sessions.revokedAt));
  expect(await database.client.$count(sessions, isOpen)).toBe(0);
});
