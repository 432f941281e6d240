import { sessions, streams } from '@versbottomlex/database';
import type { SignedIn } from '@versbottomlex/shared';
import { and, eq, isNull, ne } from 'drizzle-orm';
import { afterAll, expect, it } from 'vitest';
import { createFactories, PASSWORD } from '../../test/factories.js';
import { holdWrites } from '../../test/held-writes.js';
import { createTestServices } from '../../test/services.js';

const platform = await createTestServices();
const { services, database } = platform;
const factories = createFactories(platform);
const writes = await holdWrites(platform.databaseUrl);
afterAll(async () => {
  await writes.close();
  await platform.close();
});

/** How both end when the deletion of `by` begins in the middle of the write that `start` makes. */
const deleteDuring = async (by: SignedIn, start: () => Promise<unknown>): Promise<string[]> => {
  const identity = await services.auth.authenticateAfresh(by.accessToken);
  return writes.during(start, () => services.users.delete(identity, by.user.id));
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
