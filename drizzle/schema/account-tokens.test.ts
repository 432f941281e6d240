import { eq, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, expect, it } from 'vitest';
import { openModel, refusalOf } from '../../server/test/model.js';
import { type AccountTokenRow, accountTokenRow, aMoment } from '../../server/test/rows.js';
import { accountTokenPurpose, accountTokens, users } from './index.js';

const model = await openModel();
const { db } = model;
afterAll(model.close);

const userId = await model.addUser();
const insert = (given: Partial<AccountTokenRow> = {}) =>
  refusalOf(db.insert(accountTokens).values(accountTokenRow({ userId, ...given })));

it('nothing of a token may be null', async () => {
  expect(await model.nullableColumns('account_tokens')).toEqual([]);
});

it('account_token_purpose: a mail lets its reader do one of three things', () => {
  expect(accountTokenPurpose.enumValues).toEqual(['email_verification', 'email_change', 'password_reset']);
});

it('account_tokens_pkey: an id is used once', async () => {
  const row = accountTokenRow({ userId: await model.addUser() });
  await db.insert(accountTokens).values(row);
  expect(await insert({ id: row.id })).toBe('account_tokens_pkey');
});

it('account_tokens_hash_key: a token is of one account', async () => {
  const row = accountTokenRow({ userId: await model.addUser() });
  await db.insert(accountTokens).values(row);
  expect(await insert({ tokenHash: row.tokenHash })).toBe('account_tokens_hash_key');
});

it('account_tokens_one_per_purpose: an account has one token of a kind, and may have one of each', async () => {
  const owner = await model.addUser();
  for (const purpose of accountTokenPurpose.enumValues) {
    expect(await insert({ userId: owner, purpose })).toBe('accepted');
    expect(await insert({ userId: owner, purpose })).toBe('account_tokens_one_per_purpose');
  }
});

it('account_tokens_user_id_users_id_fk: a token is of an account and goes with its row', async () => {
  expect(await insert({ userId: uuidv7() })).toBe('account_tokens_user_id_users_id_fk');
  const owner = await model.addUser();
  await db.insert(accountTokens).values(accountTokenRow({ userId: owner }));
  await db.delete(users).where(eq(users.id, owner));
  expect(await db.$count(accountTokens, eq(accountTokens.userId, owner))).toBe(0);
});

it('account_tokens_hash_shape: what is stored is a SHA-256 in hexadecimal, never a token', async () => {
  for (const tokenHash of ['', 'a'.repeat(43), 'A'.repeat(64), 'a'.repeat(65), 'g'.repeat(64)])
    expect(await insert({ tokenHash })).toBe('account_tokens_hash_shape');
});

it('account_tokens_email_length: at most 254 characters', async () => {
  const owner = await model.addUser();
  expect(await insert({ userId: owner, email: 'x'.repeat(255) })).toBe('account_tokens_email_length');
  expect(await insert({ userId: owner, email: 'x'.repeat(254) })).toBe('accepted');
});

it('account_tokens_expiry_in_order: a token ends after it was made', async () => {
  expect(await insert({ expiresAt: aMoment })).toBe('account_tokens_expiry_in_order');
});

it('users_end_account_tokens: another password or address ends what the former could still do', async () => {
  const tokensAfter = async (change: Partial<typeof users.$inferInsert>) => {
    const owner = await model.addUser({ email: `${uuidv7()}@example.com` });
    const [user] = await db.select().from(users).where(eq(users.id, owner));
    const email = user?.email ?? '';
    for (const purpose of accountTokenPurpose.enumValues)
      await db.insert(accountTokens).values(accountTokenRow({ userId: owner, purpose, email }));
    await db.update(users).set(change).where(eq(users.id, owner));
    const rows = await db.select().from(accountTokens).where(eq(accountTokens.userId, owner));
    return rows.map(({ purpose }) => purpose).sort();
  };
  expect(await tokensAfter({ displayName: 'Ada' })).toHaveLength(3);
  expect(await tokensAfter({ lastLoginAt: aMoment, passwordHash: 'a hash' })).toHaveLength(3);
  expect(await tokensAfter({ passwordHash: 'another hash' })).toEqual(['email_verification']);
  expect(await tokensAfter({ email: `${uuidv7()}@example.com` })).toEqual([]);
});

it('a deleted account leaves no token', async () => {
  const owner = await model.addUser();
  await db.insert(accountTokens).values(accountTokenRow({ userId: owner, purpose: 'email_verification' }));
  await model.query(sql`update users set deleted_at = now(), username = null, email = null, password_hash = null
    where id = ${owner}`);
  expect(await db.$count(accountTokens, eq(accountTokens.userId, owner))).toBe(0);
});
