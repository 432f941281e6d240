import { users } from '@versbottomlex/database';
import type { SignedIn, UpdateUserInput, UserProfile } from '@versbottomlex/shared';
import { eq } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, describe, expect, it } from 'vitest';
import { createFactories } from '../../test/factories.js';
import { outcomeOf, tally } from '../../test/outcome.js';
import { openSecondNode } from '../../test/second-node.js';
import { createTestServices } from '../../test/services.js';

const platform = await createTestServices({ environment: { PERFORMER_APPROVAL: 'auto' } });
/** Another server on the same database, where admins approve performers. */
const byAdmin = openSecondNode({ ...platform, config: { ...platform.config, performerApproval: 'admin' } });
const { services, database } = platform;
const factories = createFactories(platform);
afterAll(async () => {
  await byAdmin.close();
  await platform.close();
});

const identityOf = (by: SignedIn) => services.auth.authenticateAfresh(by.accessToken);
const update = async (by: SignedIn, input: UpdateUserInput) =>
  services.users.update(await identityOf(by), input);
const nobody = uuidv7();

describe('get', () => {
  it('shows what anyone may know, and counts the public streams in any status', async () => {
    const performer = await factories.performer();
    await factories.endedStream(performer);
    await factories.scheduledStream(performer);
    await factories.stream(performer, { isPrivate: true, price: 500 });
    const { email: _, isEmailVerified: _isEmailVerified, ...profile } = performer.user;
    expect(await services.users.get(performer.user.id)).toEqual({
      ...profile,
      counts: { streams: 2, followers: 0 },
    });
  });

  it('knows neither an unknown nor a deleted user', async () => {
    const account = await factories.account();
    await factories.deleted(account);
    for (const id of [nobody, account.user.id]) {
      expect(await outcomeOf(services.users.get(id))).toBe('NOT_FOUND');
    }
  });
});

describe('update', () => {
  it('changes what is given and leaves the rest', async () => {
    const account = await factories.account();
    const { id, username } = account.user;
    const first = await update(account, { id, displayName: 'Ávâ 👩', bio: 'Line\nline' });
    expect(first).toMatchObject({ username, displayName: 'Ávâ 👩', bio: 'Line\nline', role: 'viewer' });
    const second = await update(account, { id, bio: '' });
    expect(second).toEqual({ ...first, bio: '' });
    const third = await update(account, { id, username: 'Renamed_1' });
    expect(third).toEqual({ ...second, username: 'Renamed_1' });
    expect(await update(account, { id })).toEqual(third);
    expect(await services.users.get(id)).toEqual(third);
  });

  it('refuses a username that another has in whatever case, and takes one’s own in another', async () => {
    const [one, other] = [await factories.account(), await factories.account()];
    const { id, username } = other.user;
    const taken = { id, username: one.user.username.toUpperCase() };
    expect(await outcomeOf(update(other, taken))).toBe('USERNAME_TAKEN');
    expect((await services.users.get(id)).username).toBe(username);
    expect((await update(other, { id, username: username.toUpperCase() })).username).toBe(
      username.toUpperCase(),
    );
  });

  it('gives a username once when 10 take it at the same time', async () => {
    const accounts = await Promise.all(Array.from({ length: 10 }, () => factories.account()));
    const calls = accounts.map((by, index) =>
      update(by, { id: by.user.id, username: index % 2 ? 'Everyones_Wish' : 'everyones_wish' }),
    );
    expect(await tally(calls)).toEqual({ ok: 1, USERNAME_TAKEN: 9 });
  });

  it('is for the user and admins', async () => {
    const [account, stranger, admin] = [
      await factories.account(),
      await factories.performer(),
      await factories.admin(),
    ];
    const input = { id: account.user.id, bio: 'Mended' };
    expect(await outcomeOf(update(stranger, input))).toBe('FORBIDDEN');
    expect((await update(admin, input)).bio).toBe('Mended');
    expect(await outcomeOf(update(admin, { id: nobody, bio: 'x' }))).toBe('NOT_FOUND');
    await factories.deleted(account);
    expect(await outcomeOf(update(admin, input))).toBe('NOT_FOUND');
  });

  it('takes SQL for what it is: text', async () => {
    const account = await factories.account();
    const bio = `'); drop table users; -- $1 \${id} \\ %s`;
    expect((await update(account, { id: account.user.id, bio })).bio).toBe(bio);
  });
});

describe('becomePerformer', () => {
  const ask = async (by: SignedIn, id = by.user.id, node = services) =>
    node.users.becomePerformer(await identityOf(by), id);

  it('verifies at once where that is automatic', async () => {
    const account = await factories.account();
    expect(await ask(account)).toMatchObject({ role: 'performer', isVerified: true });
    expect(await identityOf(account)).toMatchObject({ role: 'performer', isVerified: true });
  });

  it('leaves verification to an admin where that is asked for', async () => {
    const [account, admin] = [await factories.account(), await factories.admin()];
    const { id } = account.user;
    expect(await ask(account, id, byAdmin.services)).toMatchObject({ role: 'performer', isVerified: false });
    // Asking again where it is automatic is no way around the admin.
    expect(await outcomeOf(ask(account))).toBe('ALREADY_A_PERFORMER');
    expect((await identityOf(account)).isVerified).toBe(false);
    const verified = await services.users.verify(await identityOf(admin), { id, isVerified: true });
    expect(verified).toMatchObject({ role: 'performer', isVerified: true });
  });

  it('is for oneself, once, and nothing for admins, who stream anyway', async () => {
    const [account, admin] = [await factories.account(), await factories.admin()];
    expect(await outcomeOf(ask(admin, account.user.id))).toBe('FORBIDDEN');
    expect(await outcomeOf(ask(admin))).toBe('ALREADY_A_PERFORMER');
    const identity = await identityOf(account);
    const calls = Array.from({ length: 10 }, () => services.users.becomePerformer(identity, account.user.id));
    expect(await tally(calls)).toEqual({ ok: 1, ALREADY_A_PERFORMER: 9 });
  });

  it('is noticed at once by whoever is signed in', async () => {
    const account = await factories.account();
    expect((await services.auth.authenticate(account.accessToken)).role).toBe('viewer');
    await ask(account);
    expect((await services.auth.authenticate(account.accessToken)).role).toBe('performer');
  });
});

describe('verify', () => {
  const verify = async (id: string, isVerified: boolean): Promise<UserProfile> =>
    services.users.verify(await identityOf(await factories.admin()), { id, isVerified });

  it('makes a viewer a verified performer, and takes back the verification but not the role', async () => {
    const account = await factories.account();
    await services.auth.authenticate(account.accessToken);
    expect(await verify(account.user.id, true)).toMatchObject({ role: 'performer', isVerified: true });
    expect(await services.auth.authenticate(account.accessToken)).toMatchObject({ isVerified: true });
    expect(await verify(account.user.id, false)).toMatchObject({ role: 'performer', isVerified: false });
    expect(await services.auth.authenticate(account.accessToken)).toMatchObject({ isVerified: false });
  });

  it('leaves a viewer who is not to be verified, and an admin’s role, as they are', async () => {
    const [account, admin] = [await factories.account(), await factories.admin()];
    expect(await verify(account.user.id, false)).toMatchObject({ role: 'viewer', isVerified: false });
    expect(await verify(admin.user.id, true)).toMatchObject({ role: 'admin', isVerified: true });
  });

  it('knows neither an unknown nor a deleted user', async () => {
    const account = await factories.account();
    await factories.deleted(account);
    for (const id of [nobody, account.user.id]) {
      expect(await outcomeOf(verify(id, true))).toBe('NOT_FOUND');
    }
    const [row] = await database.client.select().from(users).where(eq(users.id, account.user.id));
    expect(row).toMatchObject({ role: 'viewer', isVerified: false });
  });
});
