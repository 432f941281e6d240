import { auditLog, sessions, streams } from '@versbottomlex/database';
import { and, eq, isNull, ne } from 'drizzle-orm';
import { afterAll, describe, expect, it } from 'vitest';
import { createFactories, PASSWORD } from '../../test/factories.js';
import { holdWrites } from '../../test/held-writes.js';
import { brokenBooks } from '../../test/money/books.js';
import { outcomeOf, tally } from '../../test/outcome.js';
import { createTestServices } from '../../test/services.js';
import { startServices } from '../services.js';
import { setRole } from './administration.queries.js';

const platform = await createTestServices();
const { services, database } = platform;
const given = createFactories(platform);
const stopServices = startServices(services);
const writes = await holdWrites(platform.databaseUrl);
afterAll(async () => {
  await writes.close();
  await stopServices();
  await platform.close();
});

const identityOf = ({ accessToken }: { accessToken: string }) =>
  services.auth.authenticateAfresh(accessToken);
const admin = await identityOf(await given.admin());
const client = { address: '127.0.0.1', userAgent: 'tests' };

describe('a suspension', () => {
  it('gives the tickets of shows that never began back, and tells the reason at login alone', async () => {
    const [performer, viewer] = [await given.performer(), await given.account()];
    const show = await given.show(performer);
    await given.ticket(viewer, show);
    const viewing = await identityOf(viewer);
    expect((await services.wallet.get(viewing)).balance).toBe(0);
    await services.administration.suspend(admin, { id: performer.user.id, reason: 'Spam' });
    expect((await services.streams.find(show.id))?.status).toBe('ended');
    await expect.poll(async () => (await services.wallet.get(viewing)).balance).toBe(show.price);
    expect(await brokenBooks(database)).toEqual([]);

    const login = (password: string) =>
      services.auth.login({ email: performer.user.email, password }, client);
    await expect(login(PASSWORD)).rejects.toMatchObject({
      code: 'ACCOUNT_SUSPENDED',
      message: 'The account is suspended: Spam',
    });
    expect(await outcomeOf(login('not this one'))).toBe('INVALID_CREDENTIALS');
  });

  it('ends every session for good: after it is lifted, none of the old tokens works', async () => {
    const account = await given.account();
    const { id } = account.user;
    await services.administration.suspend(admin, { id });
    expect(await outcomeOf(services.auth.authenticate(account.accessToken))).toBe('SESSION_REVOKED');
    await services.administration.liftSuspension(admin, id);
    expect(await outcomeOf(services.auth.authenticate(account.accessToken))).toBe('SESSION_REVOKED');
    expect(await outcomeOf(services.auth.refresh(account))).toBe('SESSION_REVOKED');
    expect(await outcomeOf(given.login(account))).toBe('ok');
  });

  it('of two admins by each other leaves one', async () => {
    const [one, other] = [await given.admin(), await given.admin()];
    await services.administration.setRole(admin, {
      id: admin.userId,
      role: 'performer',
    });
    const [asOne, asOther] = [await identityOf(one), await identityOf(other)];
    const suspensions = [
      services.administration.suspend(asOne, { id: other.user.id }),
      services.administration.suspend(asOther, { id: one.user.id }),
    ];
    expect(await tally(suspensions)).toEqual({ ok: 1, LAST_ADMIN: 1 });
    const username = (await services.auth.me(admin)).username;
    await setRole(database, { username, role: 'admin', isVerified: true });
  });

  it('is noted once, however many ask at the same moment', async () => {
    const { id } = (await given.account()).user;
    const calls = Array.from({ length: 10 }, () => services.administration.suspend(admin, { id }));
    expect(await tally(calls)).toEqual({ ok: 10 });
    expect(await database.client.$count(auditLog, eq(auditLog.subjectId, id))).toBe(1);
  });
});

describe('what is under way while its account is suspended', () => {
  /** How the write ends, and the suspension that begins in the middle of it. */
  const suspendDuring = (id: string, start: () => Promise<unknown>): Promise<string[]> =>
    writes.during(start, () => services.administration.suspend(admin, { id }));
  const openStreamsOf = (id: string) =>
    database.client.$count(streams, and(eq(streams.performerId, id), ne(streams.status, 'ended')));
  const content = { title: 'A stream', description: '', tags: [], isPrivate: false };

  it('does not leave a stream that was being created', async () => {
    const performer = await given.performer();
    const identity = await identityOf(performer);
    const create = () => services.streams.create(identity, content);
    expect((await suspendDuring(identity.userId, create))[1]).toBe('ok');
    expect(await openStreamsOf(identity.userId)).toBe(0);
    expect(await outcomeOf(create())).toBe('SESSION_REVOKED');
  });

  it('does not leave a stream that was being started', async () => {
    const performer = await given.performer();
    const identity = await identityOf(performer);
    const { id } = await given.scheduledStream(performer);
    const start = () => services.streams.start(identity, id);
    expect((await suspendDuring(identity.userId, start))[1]).toBe('ok');
    expect(await openStreamsOf(identity.userId)).toBe(0);
  });

  it('does not leave a session that was being opened', async () => {
    const account = await given.account();
    const { id } = account.user;
    const logins = Array.from({ length: 5 }, () => given.login(account).catch(() => null));
    await services.administration.suspend(admin, { id });
    await Promise.all(logins);
    const isOpen = and(eq(sessions.userId, id), isNull(sessions.revokedAt));
    expect(await database.client.$count(sessions, isOpen)).toBe(0);
  });
});
