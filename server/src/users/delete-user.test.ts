import { sessions, streams, users } from '@versbottomlex/database';
import type { SignedIn } from '@versbottomlex/shared';
import { and, eq, isNull, ne } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, describe, expect, it } from 'vitest';
import { createFactories, PASSWORD } from '../../test/factories.js';
import { outcomeOf, tally } from '../../test/outcome.js';
import { scaled } from '../../test/scale.js';
import { openSecondNode } from '../../test/second-node.js';
import { createTestServices } from '../../test/services.js';

const platform = await createTestServices();
const second = openSecondNode(platform);
const { services, database, clock } = platform;
const factories = createFactories(platform);
afterAll(async () => {
  await second.close();
  await platform.close();
});

const identityOf = (by: SignedIn) => services.auth.authenticateAfresh(by.accessToken);
const remove = async (by: SignedIn, id = by.user.id) => services.users.delete(await identityOf(by), id);

describe('delete', () => {
  it('is for the user and admins', async () => {
    const [account, stranger, admin] = [
      await factories.account(),
      await factories.performer(),
      await factories.admin(),
    ];
    expect(await outcomeOf(remove(stranger, account.user.id))).toBe('FORBIDDEN');
    expect(await outcomeOf(remove(admin, account.user.id))).toBe('ok');
    expect(await outcomeOf(remove(admin, account.user.id))).toBe('NOT_FOUND');
    expect(await outcomeOf(remove(admin, uuidv7()))).toBe('NOT_FOUND');
  });

  it('asks the user, not an admin, for a login of the last 15 minutes', async () => {
    const [early, late, admin] = [
      await factories.account(),
      await factories.account(),
      await factories.admin(),
    ];
    const [earlyIdentity, lateIdentity] = [await identityOf(early), await identityOf(late)];
    const adminIdentity = await identityOf(admin);
    clock.advance(15 * 60);
    expect(await outcomeOf(services.users.delete(earlyIdentity, early.user.id))).toBe('ok');
    clock.advance(0.001);
    const tooLate = services.users.delete(lateIdentity, late.user.id);
    expect(await outcomeOf(tooLate)).toBe('REAUTHENTICATION_REQUIRED');

    // A refreshed session is as old as its login; a new login, or giving the password, counts.
    const refreshed = { ...late, ...(await services.auth.refresh(late)) };
    expect(await outcomeOf(remove(refreshed))).toBe('REAUTHENTICATION_REQUIRED');
    expect(await outcomeOf(services.users.delete(adminIdentity, late.user.id))).toBe('ok');
    const own = services.users.delete(adminIdentity, admin.user.id);
    expect(await outcomeOf(own)).toBe('REAUTHENTICATION_REQUIRED');
    expect(await outcomeOf(remove(await factories.login(admin)))).toBe('ok');
  });

  it('takes a changed password for a login', async () => {
    const account = await factories.account();
    clock.advance(14 * 60);
    const changed = await services.auth.changePassword(await identityOf(account), {
      currentPassword: PASSWORD,
      newPassword: 'quite another passphrase',
    });
    clock.advance(10 * 60);
    expect(await outcomeOf(remove({ ...account, ...changed }))).toBe('ok');
  });

  it('leaves the row without a person, ended streams and ended sessions', async () => {
    const performer = await factories.performer();
    const { id } = performer.user;
    await factories.login(performer);
    await services.users.update(await identityOf(performer), { id, bio: 'I am' });
    const live = await factories.stream(performer);
    const scheduled = await factories.scheduledStream(performer);
    const answer = await remove(performer);
    expect(answer).toEqual({ id, deletedAt: clock.now().toISOString() });

    const [row] = await database.client.select().from(users).where(eq(users.id, id));
    expect(row).toMatchObject({ username: null, email: null, passwordHash: null, bio: '', ...answer });
    expect(row?.displayName).not.toBe(performer.user.displayName);
    for (const stream of [live, scheduled]) {
      const left = await services.streams.get(null, stream.id);
      expect(left).toMatchObject({
        status: 'ended',
        endedAt: clock.now().toISOString(),
        performer: { id, username: null, displayName: 'Deleted user', avatarUrl: null },
      });
    }
    const isOpen = and(eq(sessions.userId, id), isNull(sessions.revokedAt));
    expect(await database.client.$count(sessions, isOpen)).toBe(0);
  });

  it('takes the profile away and frees the name and the address for somebody new', async () => {
    const account = await factories.account();
    const { id, username, email } = account.user;
    await remove(account);
    expect(await outcomeOf(services.users.get(id))).toBe('NOT_FOUND');
    expect(await outcomeOf(services.streams.listOfUser({ id, limit: 20 }))).toBe('NOT_FOUND');
    const successor = await factories.account({ username, email });
    expect(successor.user.id).not.toBe(id);
  });

  it('is done once when 10 ask for it at the same time', async () => {
    const account = await factories.account();
    const identity = await identityOf(account);
    const calls = Array.from({ length: 10 }, () => services.users.delete(identity, account.user.id));
    expect(await tally(calls)).toEqual({ ok: 1, NOT_FOUND: 9 });
  });
});

describe('what an identity of a deleted account may still do where its end is not known yet', () => {
  it('is nothing that stays', async () => {
    const performer = await factories.performer();
    const scheduled = await factories.scheduledStream(performer);
    const identity = await second.services.auth.authenticate(performer.accessToken);
    await remove(performer);
    const { users: usersThere, streams: streamsThere } = second.services;
    const { id } = performer.user;
    const content = { title: 'A stream', description: '', tags: [], isPrivate: false };

    expect(await outcomeOf(streamsThere.create(identity, content))).toBe('SESSION_REVOKED');
    expect(await outcomeOf(streamsThere.start(identity, scheduled.id))).toBe('STREAM_ENDED');
    expect(await outcomeOf(usersThere.update(identity, { id, bio: 'Back' }))).toBe('NOT_FOUND');
    expect(await outcomeOf(usersThere.becomePerformer(identity, id))).not.toBe('ok');
    expect(await outcomeOf(usersThere.delete(identity, id))).toBe('NOT_FOUND');
    expect(await database.client.$count(streams, eq(streams.performerId, id))).toBe(1);
  });
});

describe('deletions that race', () => {
  it('logins, refreshes, creations and starts leave no open stream and no open session', async () => {
    for (let round = 0; round < scaled({ quick: 30, full: 1000 }); round += 1) {
      const account = await factories.account();
      const { id, email } = account.user;
      const identity = await identityOf(account);
      const scheduled = await factories.scheduledStream(account);
      const content = { title: 'A stream', description: '', tags: [], isPrivate: false };
      const node = round % 2 ? services : second.services;
      const racing: (() => Promise<unknown>)[] = [
        () => node.auth.login({ email, password: PASSWORD }, { address: '127.0.0.1', userAgent: 'tests' }),
        () => node.auth.refresh(account),
        () => node.streams.create(identity, content),
        () => node.streams.create(identity, { ...content, startNow: false }),
        () => node.streams.start(identity, scheduled.id),
        () => services.users.delete(identity, id),
      ];
      // The deletion begins first, last, or in between.
      const place = round % racing.length;
      const calls = [...racing.slice(place), ...racing.slice(0, place)].map((start) => outcomeOf(start()));
      await Promise.all(calls);

      const isOpenStream = and(eq(streams.performerId, id), ne(streams.status, 'ended'));
      expect(await database.client.$count(streams, isOpenStream)).toBe(0);
      const isOpenSession = and(eq(sessions.userId, id), isNull(sessions.revokedAt));
      expect(await database.client.$count(sessions, isOpenSession)).toBe(0);
    }
  });
});
