import { eq, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, expect, it } from 'vitest';
import { openModel, refusalOf } from '../../server/test/model.js';
import { type AccountTokenRow, accountTokenRow, aMoment, sessionRow } from '../../server/test/rows.js';
import { accountTokens, auditLog, secondFactors, sessions, users } from './index.js';

const model = await openModel();
const { db } = model;
afterAll(model.close);

const inTime = '2026-01-02T04:04:05.677Z';
const tooLate = '2026-01-02T04:04:05.678Z';

/** An account with a session and a token. */
const addHolder = async (purpose: AccountTokenRow['purpose'], tokenEmail?: string) => {
  const email = `${uuidv7()}@example.com`;
  const userId = await model.addUser({ email, passwordHash: 'old hash' });
  const token = accountTokenRow({ userId, purpose, email: tokenEmail ?? email });
  await db.insert(accountTokens).values(token);
  await db.insert(sessions).values(sessionRow({ userId }));
  return { userId, email, hash: token.tokenHash };
};

const userOf = async (userId: string) => {
  const [user] = await db.select().from(users).where(eq(users.id, userId));
  return user ?? expect.fail('there is no such account');
};
/** What the audit log says that the account has done to itself. */
const notesOf = async (userId: string) => {
  const rows = await db.select().from(auditLog).where(eq(auditLog.actorId, userId));
  return rows.map(({ action, subjectId, details }) => [action, subjectId === userId, details]);
};
const hasToken = (userId: string) => db.$count(accountTokens, eq(accountTokens.userId, userId));

const reset = (hash: string, time = inTime) =>
  model.query(sql`select id, email from reset_password(${hash}, 'new hash', ${time}::timestamptz)`);
const verify = (hash: string, time = inTime) =>
  model.query(sql`select id from verify_email(${hash}, ${time}::timestamptz)`);
const change = (hash: string, time = inTime) =>
  model.query(sql`select id, email, former_email from change_email(${hash}, ${time}::timestamptz)`);

it('take_account_token: is good once, for its purpose, until its time', async () => {
  const { userId, email, hash } = await addHolder('password_reset');
  const take = async (purpose: string, time: string) => {
    const [row] = await model.query(
      sql`select * from take_account_token(${purpose}::account_token_purpose, ${hash}, ${time}::timestamptz)`,
    );
    return row;
  };
  const nothing = { account_id: null, token_email: null };
  expect(await take('email_change', inTime)).toEqual(nothing);
  expect(await take('password_reset', tooLate)).toEqual(nothing);
  expect(await take('password_reset', inTime)).toEqual({ account_id: userId, token_email: email });
  expect(await take('password_reset', inTime)).toEqual(nothing);
});

it('reset_password: sets the password, ends every session and token, and leaves the second factor', async () => {
  const { userId, email, hash } = await addHolder('password_reset');
  await db.insert(secondFactors).values({ userId, secret: 'sealed' });
  expect(await reset(hash, tooLate)).toEqual([]);
  expect((await userOf(userId)).passwordHash).toBe('old hash');

  expect(await reset(hash)).toEqual([{ id: userId, email }]);
  expect(await userOf(userId)).toMatchObject({
    passwordHash: 'new hash',
    tokenVersion: 1,
    emailVerifiedAt: inTime,
  });
  const [session] = await db.select().from(sessions).where(eq(sessions.userId, userId));
  expect(session).toMatchObject({ revokedAt: inTime, revokedReason: 'password_reset' });
  expect(await db.$count(secondFactors, eq(secondFactors.userId, userId))).toBe(1);
  expect(await reset(hash)).toEqual([]);
  expect((await userOf(userId)).tokenVersion).toBe(1);
  expect(await notesOf(userId)).toEqual([['password_reset', true, null]]);
});

it('verify_email: says since when mail arrives at the address that it went to', async () => {
  const { userId, hash } = await addHolder('email_verification');
  expect(await verify(hash, tooLate)).toEqual([]);
  expect(await verify(hash)).toEqual([{ id: userId }]);
  expect((await userOf(userId)).emailVerifiedAt).toBe(inTime);
  expect(await verify(hash)).toEqual([]);
  expect(await notesOf(userId)).toEqual([['email_verified', true, null]]);

  const moved = await addHolder('email_verification', 'elsewhere@example.com');
  expect(await verify(moved.hash)).toEqual([]);
  expect((await userOf(moved.userId)).emailVerifiedAt).toBeNull();
  expect(await notesOf(moved.userId)).toEqual([]);
});

it('change_email: takes the address that the mail went to, and does all of it or nothing', async () => {
  const next = `${uuidv7()}@example.com`;
  const { userId, email, hash } = await addHolder('email_change', next);
  expect(await change(hash, tooLate)).toEqual([]);
  expect(await change(hash)).toEqual([{ id: userId, email: next, former_email: email }]);
  expect(await userOf(userId)).toMatchObject({ email: next, emailVerifiedAt: inTime, tokenVersion: 0 });
  expect(await change(hash)).toEqual([]);
  expect(await notesOf(userId)).toEqual([['email_changed', true, null]]);

  const taken = await addHolder('email_change', next.toUpperCase());
  expect(await refusalOf(change(taken.hash))).toBe('users_email_key');
  expect((await userOf(taken.userId)).email).toBe(taken.email);
  expect(await hasToken(taken.userId)).toBe(1);
});

it('none of them does anything for an account that is deleted', async () => {
  const { userId } = await addHolder('password_reset');
  await model.query(sql`update users set deleted_at = ${aMoment}::timestamptz, username = null, email = null,
    password_hash = null where id = ${userId}`);
  const token = accountTokenRow({ userId });
  await db.insert(accountTokens).values(token);
  expect(await reset(token.tokenHash)).toEqual([]);
});
