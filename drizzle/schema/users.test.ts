import { randomBytes } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, describe, expect, it } from 'vitest';
import { openModel, refusalOf } from '../../server/test/model.js';
import { aMoment, deletedUserRow, sessionRow, type UserRow, userRow } from '../../server/test/rows.js';
import { accountTokens, recoveryCodes, secondFactors, sessions, streams, users } from './index.js';

const model = await openModel();
const { db } = model;
afterAll(model.close);

const insert = (given: Partial<UserRow> = {}) => refusalOf(db.insert(users).values(userRow(given)));
const insertDeleted = (given: Partial<UserRow>) => refusalOf(db.insert(users).values(deletedUserRow(given)));
const find = async (id: string) => (await db.select().from(users).where(eq(users.id, id)))[0];

describe('columns', () => {
  it('may be null only where null means something', async () => {
    const nullable = [
      'avatar_url',
      'birth_date',
      'deleted_at',
      'email',
      'email_verified_at',
      'last_login_at',
      'password_hash',
      'suspended_at',
      'suspension_reason',
      'username',
    ];
    expect(await model.nullableColumns('users')).toEqual(nullable);
  });

  it('default to an unverified viewer of now', async () => {
    const row = userRow();
    const before = Date.now();
    await db.insert(users).values(row);
    const { createdAt, updatedAt, ...user } = (await find(row.id)) ?? expect.fail();
    expect(user).toEqual({
      ...row,
      bio: '',
      avatarUrl: null,
      role: 'viewer',
      isVerified: false,
      tokenVersion: 0,
      suspendedAt: null,
      suspensionReason: null,
      emailVerifiedAt: null,
      birthDate: null,
      lastLoginAt: null,
      deletedAt: null,
    });
    expect(createdAt).toBe(updatedAt);
    expect(createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(Math.abs(Date.parse(createdAt) - before)).toBeLessThan(60_000);
  });

  it('user_role: has these roles', async () => {
    expect(await model.query(sql`select enum_range(null::user_role)::text as roles`)).toEqual([
      { roles: '{viewer,performer,admin}' },
    ]);
  });
});

describe('constraints', () => {
  it('users_pkey: an id is used once', async () => {
    const id = await model.addUser();
    expect(await insert({ id })).toBe('users_pkey');
  });

  it('users_username_key: a username is taken in whatever case', async () => {
    await model.addUser({ username: 'Ava_Live' });
    expect(await insert({ username: 'Ava_Live' })).toBe('users_username_key');
    expect(await insert({ username: 'aVA_lIVE' })).toBe('users_username_key');
    expect(await insert({ username: 'Ava_Live1' })).toBe('accepted');
  });

  it('users_email_key: an e-mail address is taken in whatever case', async () => {
    await model.addUser({ email: 'Ava@Example.com' });
    expect(await insert({ email: 'ava@example.COM' })).toBe('users_email_key');
    expect(await insert({ email: 'ava@example.co' })).toBe('accepted');
  });

  it('users_username_shape: 3 to 30 letters, digits and underscores', async () => {
    for (const username of ['abc', 'A_9', `x${'y'.repeat(29)}`])
      expect(await insert({ username })).toBe('accepted');
    for (const username of ['ab', 'x'.repeat(31), 'a-b-c', 'a b', 'ábc', 'abc\n', '']) {
      expect(await insert({ username })).toBe('users_username_shape');
    }
  });

  it('users_email_length: at most 254 characters', async () => {
    expect(await insert({ email: 'e'.repeat(254) })).toBe('accepted');
    expect(await insert({ email: 'e'.repeat(255) })).toBe('users_email_length');
  });

  it('users_display_name_length: 1 to 50 characters, not bytes', async () => {
    for (const displayName of ['x', '👩'.repeat(50)]) expect(await insert({ displayName })).toBe('accepted');
    for (const displayName of ['', 'x'.repeat(51)]) {
      expect(await insert({ displayName })).toBe('users_display_name_length');
    }
  });

  it('users_bio_length: at most 1000 characters', async () => {
    expect(await insert({ bio: 'é'.repeat(1000) })).toBe('accepted');
    expect(await insert({ bio: 'x'.repeat(1001) })).toBe('users_bio_length');
  });

  it('users_token_version_not_negative: counts up from 0', async () => {
    expect(await insert({ tokenVersion: 0 })).toBe('accepted');
    expect(await insert({ tokenVersion: -1 })).toBe('users_token_version_not_negative');
  });

  it('users_suspension_reason_length: at most 500 characters', async () => {
    const suspended = { suspendedAt: aMoment };
    expect(await insert({ ...suspended, suspensionReason: 'é'.repeat(500) })).toBe('accepted');
    expect(await insert({ ...suspended, suspensionReason: 'x'.repeat(501) })).toBe(
      'users_suspension_reason_length',
    );
  });

  it('users_suspension_reason_of_suspended: there is none without a suspension', async () => {
    expect(await insert({ suspensionReason: 'Spam' })).toBe('users_suspension_reason_of_suspended');
  });

  it('users_verified_is_no_viewer: whoever is verified performs', async () => {
    expect(await insert({ isVerified: true, role: 'performer' })).toBe('accepted');
    expect(await insert({ isVerified: true, role: 'admin' })).toBe('accepted');
    expect(await insert({ isVerified: true, role: 'viewer' })).toBe('users_verified_is_no_viewer');
  });

  it('users_deleted_is_anonymous: an account has all its credentials, a deleted one nothing personal', async () => {
    for (const missing of [{ username: null }, { email: null }, { passwordHash: null }]) {
      expect(await insert(missing)).toBe('users_deleted_is_anonymous');
    }
    expect(await insertDeleted({})).toBe('accepted');
    const kept = [
      { username: 'somebody' },
      { email: 's@example.com' },
      { passwordHash: 'a hash' },
      { avatarUrl: 'https://example.com/a.png' },
      { bio: 'I am' },
    ];
    for (const left of kept) expect(await insertDeleted(left)).toBe('users_deleted_is_anonymous');
  });
});

describe('triggers', () => {
  it('users_touch_updated_at: every change moves updated_at, whatever it says itself', async () => {
    const id = await model.addUser({ updatedAt: aMoment });
    expect((await find(id))?.updatedAt).toBe(aMoment);
    await db.update(users).set({ bio: 'New', updatedAt: aMoment }).where(eq(users.id, id));
    expect(Date.parse((await find(id))?.updatedAt ?? '')).toBeGreaterThan(Date.parse(aMoment));
  });

  it('users_forget_person: a deleted account takes with it what would name its person', async () => {
    const id = await model.addUser({
      suspendedAt: aMoment,
      suspensionReason: 'Spam by Ava',
      emailVerifiedAt: aMoment,
      birthDate: '2000-01-02',
    });
    const session = sessionRow({ userId: id, addressPrefix: '203.0.113.0/24' });
    await db.insert(sessions).values(session);
    await db.insert(secondFactors).values({ userId: id, secret: 'sealed' });
    await db.insert(recoveryCodes).values({ userId: id, codeHash: 'a'.repeat(64) });
    await db.insert(accountTokens).values({
      id: uuidv7(),
      userId: id,
      purpose: 'password_reset',
      tokenHash: randomBytes(32).toString('hex'),
      email: 'a@example.com',
      createdAt: aMoment,
      expiresAt: '2026-01-02T04:04:05.678Z',
    });
    await model.query(sql`select outcome from delete_account(${id}, '2026-05-06T07:08:09Z')`);
    expect(await find(id)).toMatchObject({ suspensionReason: null, emailVerifiedAt: null, birthDate: null });
    for (const table of [secondFactors, recoveryCodes, accountTokens]) {
      expect(await db.$count(table, eq(table.userId, id))).toBe(0);
    }
    const [kept] = await db.select().from(sessions).where(eq(sessions.id, session.id));
    expect(kept?.addressPrefix).toBeNull();
  });

  it('users_guard_deleted: a deleted account stays deleted, since when it was', async () => {
    const row = deletedUserRow();
    await db.insert(users).values(row);
    const update = (change: Partial<UserRow>) =>
      refusalOf(db.update(users).set(change).where(eq(users.id, row.id)));
    const revived = { deletedAt: null, username: 'revived', email: 'r@example.com', passwordHash: 'a hash' };
    expect(await update(revived)).toBe('users_deleted_stays_deleted');
    expect(await update({ deletedAt: '2026-03-04T00:00:00.000Z' })).toBe('users_deleted_stays_deleted');
    expect(await update({ deletedAt: aMoment })).toBe('accepted');
  });
});

describe('functions', () => {
  it('delete_account: leaves the row without a person, ends sessions and streams, and does so once', async () => {
    const id = await model.addUser({ bio: 'I am', avatarUrl: 'https://example.com/a.png', role: 'admin' });
    const revoked = { revokedAt: '2026-01-03T00:00:00.000Z', revokedReason: 'logout' as const };
    await db
      .insert(sessions)
      .values([
        sessionRow({ userId: id, userAgent: 'Firefox' }),
        sessionRow({ userId: id, userAgent: 'Chrome', ...revoked }),
      ]);
    await model.addStream({ performerId: id });
    await model.addStream({ performerId: id, status: 'live', startedAt: aMoment });
    await model.addStream({ performerId: id, status: 'ended', startedAt: aMoment, endedAt: aMoment });

    const deletion = sql`select outcome, open_money from delete_account(${id}, '2026-05-06T07:08:09Z')`;
    expect(await model.query(deletion)).toEqual([{ outcome: 'deleted', open_money: null }]);
    expect(await find(id)).toMatchObject({
      username: null,
      email: null,
      passwordHash: null,
      displayName: 'Deleted user',
      bio: '',
      avatarUrl: null,
      role: 'viewer',
      isVerified: false,
      tokenVersion: 1,
      deletedAt: '2026-05-06T07:08:09.000Z',
    });
    const ended = await db.select().from(sessions).where(eq(sessions.userId, id)).orderBy(sessions.id);
    expect(ended).toMatchObject([
      { userAgent: null, revokedAt: '2026-05-06T07:08:09.000Z', revokedReason: 'account_deleted' },
      { userAgent: null, ...revoked },
    ]);
    const left = await db.select().from(streams).where(eq(streams.performerId, id)).orderBy(streams.id);
    expect(left.map((stream) => [stream.status, stream.endedAt])).toEqual([
      ['ended', '2026-05-06T07:08:09.000Z'],
      ['ended', '2026-05-06T07:08:09.000Z'],
      ['ended', aMoment],
    ]);
    expect(await model.query(deletion)).toEqual([{ outcome: 'NOT_FOUND', open_money: null }]);
  });
});
