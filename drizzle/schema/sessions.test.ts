import { and, eq, isNull, sql } from 'drizzle-orm';
import { afterAll, expect, it } from 'vitest';
import { openModel, refusalOf } from '../../server/test/model.js';
import { aMoment, deletedUserRow, type SessionRow, sessionRow } from '../../server/test/rows.js';
import { sessions, users } from './index.js';

const model = await openModel();
const { db } = model;
afterAll(model.close);

const userId = await model.addUser();
const insert = (given: Partial<SessionRow> = {}) =>
  refusalOf(db.insert(sessions).values(sessionRow({ userId, ...given })));

it('only what a session may not have yet may be null', async () => {
  const nullable = await model.nullableColumns('sessions');
  expect(nullable).toEqual([
    'address_prefix',
    'revoked_at',
    'revoked_reason',
    'second_factor_at',
    'user_agent',
  ]);
});

it('a session is good and was used now, unless said otherwise', async () => {
  const row = sessionRow({ userId });
  await db.insert(sessions).values(row);
  const [session] = await db.select().from(sessions).where(eq(sessions.id, row.id));
  const { createdAt, lastUsedAt, ...rest } = session ?? expect.fail();
  const absent = { userAgent: null, addressPrefix: null, secondFactorAt: null };
  expect(rest).toEqual({ ...row, ...absent, revokedAt: null, revokedReason: null });
  expect(Math.abs(Date.parse(createdAt) - Date.now())).toBeLessThan(60_000);
  expect(lastUsedAt).toBe(createdAt);
});

it('sessions_pkey: an id is used once', async () => {
  const row = sessionRow({ userId });
  await db.insert(sessions).values(row);
  expect(await insert({ id: row.id })).toBe('sessions_pkey');
});

it('sessions_user_id_users_id_fk: a session is of an account and goes with its row', async () => {
  const unknown = '019b76f2-7a6e-7c3a-9d53-2f1f0a6b8c11';
  expect(await insert({ userId: unknown })).toBe('sessions_user_id_users_id_fk');

  const owner = await model.addUser();
  await db.insert(sessions).values([sessionRow({ userId: owner }), sessionRow({ userId: owner })]);
  await db.delete(users).where(eq(users.id, owner));
  expect(await db.$count(sessions, eq(sessions.userId, owner))).toBe(0);
});

it('sessions_expiry_in_order: sliding expiry never passes the absolute one', async () => {
  expect(await insert({ expiresAt: aMoment, absoluteExpiresAt: aMoment })).toBe('accepted');
  const late = { expiresAt: '2026-01-02T03:04:05.679Z', absoluteExpiresAt: aMoment };
  expect(await insert(late)).toBe('sessions_expiry_in_order');
});

it('sessions_revoked_for_a_reason: revoked has a time and a reason, good has neither', async () => {
  for (const reason of ['logout', 'password_changed', 'refresh_token_reused', 'account_deleted'] as const) {
    expect(await insert({ revokedAt: aMoment, revokedReason: reason })).toBe('accepted');
  }
  expect(await insert({ revokedAt: aMoment })).toBe('sessions_revoked_for_a_reason');
  expect(await insert({ revokedReason: 'logout' })).toBe('sessions_revoked_for_a_reason');
});

it('sessions_user_agent_length: at most 300 characters', async () => {
  expect(await insert({ userAgent: 'é'.repeat(300) })).toBe('accepted');
  expect(await insert({ userAgent: 'x'.repeat(301) })).toBe('sessions_user_agent_length');
});

it('sessions_address_prefix_length: at most 50 characters', async () => {
  expect(await insert({ addressPrefix: '2001:db8:ffff::/48' })).toBe('accepted');
  expect(await insert({ addressPrefix: 'x'.repeat(51) })).toBe('sessions_address_prefix_length');
});

/** An account with two good sessions and one that was revoked before. */
const addAccountWithSessions = async () => {
  const owner = await model.addUser({ passwordHash: 'old hash' });
  const [kept, other] = [sessionRow({ userId: owner }), sessionRow({ userId: owner })];
  const revoked = sessionRow({ userId: owner, revokedAt: aMoment, revokedReason: 'logout' });
  await db.insert(sessions).values([kept, other, revoked]);
  return { owner, kept, other, revoked };
};
const stateOf = async (owner: string) => {
  const [user] = await db.select().from(users).where(eq(users.id, owner));
  const rows = await db.select().from(sessions).where(eq(sessions.userId, owner)).orderBy(sessions.id);
  return {
    passwordHash: user?.passwordHash,
    tokenVersion: user?.tokenVersion,
    reasons: rows.map((session) => session.revokedReason),
  };
};

it('change_password: renews one session, ends the others, and does all of it or nothing', async () => {
  const { owner, kept, other, revoked } = await addAccountWithSessions();
  const nextTokenId = sessionRow({ userId: owner }).refreshTokenId;
  const change = (sessionId: string, verifiedHash: string) =>
    model.query(sql`select new_token_version as version, session_expires_at as expires
      from change_password(${owner}, ${sessionId}, ${verifiedHash}, 'new hash', ${nextTokenId},
        '2026-01-05T00:00:00Z', '2026-03-01T00:00:00Z')`);

  const before = await stateOf(owner);
  expect(await change(kept.id, 'another hash')).toEqual([]);
  expect(await change(revoked.id, 'old hash')).toEqual([]);
  const strangers = sessionRow({ userId });
  await db.insert(sessions).values(strangers);
  expect(await change(strangers.id, 'old hash')).toEqual([]);
  expect(await stateOf(owner)).toEqual(before);

  // The session does not live longer than it may in all.
  expect(await change(kept.id, 'old hash')).toEqual([{ version: 1, expires: '2026-02-01 03:04:05.678+00' }]);
  expect(await stateOf(owner)).toEqual({
    passwordHash: 'new hash',
    tokenVersion: 1,
    reasons: [null, 'password_changed', 'logout'],
  });
  const [renewed] = await db.select().from(sessions).where(eq(sessions.id, kept.id));
  expect(renewed).toMatchObject({
    refreshTokenId: nextTokenId,
    authenticatedAt: '2026-01-05T00:00:00.000Z',
    lastUsedAt: '2026-01-05T00:00:00.000Z',
  });
  expect(await refusalOf(change(other.id, 'new hash'))).toBe('accepted');
  expect((await stateOf(owner)).tokenVersion).toBe(1);
});

it('log_out_everywhere: ends every good session and raises the token version', async () => {
  const { owner } = await addAccountWithSessions();
  await model.query(sql`select log_out_everywhere(${owner}, '2026-01-05T00:00:00Z')`);
  const { tokenVersion, reasons } = await stateOf(owner);
  expect([tokenVersion, reasons]).toEqual([1, ['logout', 'logout', 'logout']]);
  const rows = await db.select().from(sessions).where(eq(sessions.userId, owner)).orderBy(sessions.id);
  const later = '2026-01-05T00:00:00.000Z';
  expect(rows.map((session) => session.revokedAt)).toEqual([later, later, aMoment]);
});

/** Logs in with what it takes, and says which sessions that ended; undefined where it opened none. */
const logIn = async (owner: string, given: { hash?: string; at?: string } = {}) => {
  const { id, refreshTokenId } = sessionRow({ userId: owner });
  const at = given.at ?? '2026-01-05T00:00:00Z';
  const rows = await model.query(sql`select (account).token_version as version, superseded_ids as ended
    from log_in(${owner}, ${given.hash ?? 'a hash'}, 3, ${id}, ${refreshTokenId}, 'A phone', '203.0.113.0/24', null, ${at},
      ${at}::timestamptz + interval '7 days', ${at}::timestamptz + interval '30 days')`);
  const [row] = rows as { version: number; ended: string[] }[];
  return row && { id, ...row };
};
const goodSessionsOf = async (owner: string): Promise<string[]> => {
  const good = and(eq(sessions.userId, owner), isNull(sessions.revokedAt));
  return (await db.select().from(sessions).where(good).orderBy(sessions.id)).map(({ id }) => id);
};

it('log_in: opens a session for whoever gave the password that still stands, and notes when', async () => {
  const owner = await model.addUser();
  const opened = await logIn(owner);
  expect(opened).toMatchObject({ version: 0, ended: [] });
  const [session] = await db.select().from(sessions).where(eq(sessions.userId, owner));
  const at = '2026-01-05T00:00:00.000Z';
  expect(session).toMatchObject({
    id: opened?.id,
    userAgent: 'A phone',
    addressPrefix: '203.0.113.0/24',
    createdAt: at,
    authenticatedAt: at,
    lastUsedAt: at,
    expiresAt: '2026-01-12T00:00:00.000Z',
    absoluteExpiresAt: '2026-02-04T00:00:00.000Z',
  });
  const [user] = await db.select().from(users).where(eq(users.id, owner));
  expect(user?.lastLoginAt).toBe(at);

  expect(await logIn(owner, { hash: 'another hash' })).toBeUndefined();
  const gone = deletedUserRow();
  await db.insert(users).values(gone);
  expect(await logIn(gone.id)).toBeUndefined();
  expect(await goodSessionsOf(owner)).toEqual([opened?.id]);
});

it('a login ends the least recently used sessions beyond the most, and none that is over anyway', async () => {
  const owner = await model.addUser();
  const used = (lastUsedAt: string, given: Partial<SessionRow> = {}) =>
    sessionRow({ userId: owner, lastUsedAt, ...given });
  const [oldest, newest, middle] = [
    used('2026-01-02T03:04:05.678Z'),
    used('2026-01-04T00:00:00.000Z'),
    used('2026-01-03T00:00:00.000Z'),
  ];
  const over = used('2026-01-02T03:04:05.678Z', { expiresAt: '2026-01-04T00:00:00.000Z' });
  const revoked = used('2026-01-04T00:00:00.000Z', { revokedAt: aMoment, revokedReason: 'logout' });
  const strangers = sessionRow({ userId });
  await db.insert(sessions).values([oldest, newest, middle, over, revoked, strangers]);
  const opened = await logIn(owner);
  expect(opened?.ended).toEqual([oldest.id]);
  expect(await goodSessionsOf(owner)).toEqual([newest.id, middle.id, over.id, opened?.id].sort());
  expect(await goodSessionsOf(userId)).toContain(strangers.id);
  const [ended] = await db.select().from(sessions).where(eq(sessions.id, oldest.id));
  expect(ended).toMatchObject({ revokedAt: '2026-01-05T00:00:00.000Z', revokedReason: 'superseded' });
});

it('of logins at the same moment as many sessions are left as there may be', async () => {
  const owner = await model.addUser();
  const opened = await Promise.all(Array.from({ length: 20 }, () => logIn(owner)));
  expect(opened.map((login) => login?.version)).toEqual(Array(20).fill(0));
  expect(opened.flatMap((login) => login?.ended ?? [])).toHaveLength(17);
  expect(await goodSessionsOf(owner)).toHaveLength(3);
});
