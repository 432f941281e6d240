import { eq, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { openModel, refusalOf } from '../../server/test/model.js';
import { aMoment, sessionRow } from '../../server/test/rows.js';
import { passkeys, sessions, users } from './index.js';

const model = await openModel();
const { db } = model;
afterAll(model.close);

let userId: string;
beforeEach(async () => {
  userId = await model.addUser();
});

type Row = typeof passkeys.$inferInsert;
const passkeyRow = (given: Partial<Row> = {}): Row => ({
  id: uuidv7(),
  userId,
  credentialId: uuidv7(),
  publicKey: 'a key',
  signCount: 0,
  name: 'Laptop',
  ...given,
});
const insert = (given: Partial<Row> = {}) => refusalOf(db.insert(passkeys).values(passkeyRow(given)));
const count = () => db.$count(passkeys, eq(passkeys.userId, userId));

it('may never have been used', async () => {
  expect(await model.nullableColumns('passkeys')).toEqual(['last_challenge_at', 'last_used_at']);
});

it('passkeys_pkey: an id is used once', async () => {
  const id = uuidv7();
  expect(await insert({ id })).toBe('accepted');
  expect(await insert({ id })).toBe('passkeys_pkey');
});

it('passkeys_credential_id_key: a key is of one account', async () => {
  expect(await insert({ credentialId: 'of-ava' })).toBe('accepted');
  expect(await insert({ credentialId: 'of-ava', userId: await model.addUser() })).toBe(
    'passkeys_credential_id_key',
  );
});

it('passkeys_user_id_users_id_fk: it is of an account and goes with its row', async () => {
  expect(await insert({ userId: uuidv7() })).toBe('passkeys_user_id_users_id_fk');
  await insert();
  await db.delete(users).where(eq(users.id, userId));
  expect(await count()).toBe(0);
});

it('passkeys_credential_id_length: as long as WebAuthn allows', async () => {
  expect(await insert({ credentialId: 'x'.repeat(1364) })).toBe('accepted');
  for (const credentialId of ['', 'x'.repeat(1365)]) {
    expect(await insert({ credentialId })).toBe('passkeys_credential_id_length');
  }
});

it('passkeys_public_key_length: at most 4000 characters', async () => {
  expect(await insert({ publicKey: 'x'.repeat(4000) })).toBe('accepted');
  expect(await insert({ publicKey: 'x'.repeat(4001) })).toBe('passkeys_public_key_length');
});

it('passkeys_name_length: 1 to 50 characters', async () => {
  expect(await insert({ name: 'é'.repeat(50) })).toBe('accepted');
  for (const name of ['', 'x'.repeat(51)]) expect(await insert({ name })).toBe('passkeys_name_length');
});

it('passkeys_sign_count_not_negative: nothing has signed less than never', async () => {
  expect(await insert({ signCount: -1 })).toBe('passkeys_sign_count_not_negative');
});

it('add_passkey: keeps so many of an account, however many come at once, of a session that is good', async () => {
  const session = sessionRow({ userId });
  await db.insert(sessions).values(session);
  const add = async (owner = userId) =>
    (
      await model.query(
        sql`select add_passkey(${uuidv7()}, ${owner}, ${session.id}, ${uuidv7()}, 'a key', 0, 'Laptop', ${aMoment}, 3) as added`,
      )
    )[0]?.added;
  const added = await Promise.all(Array.from({ length: 6 }, () => add()));
  expect(added.toSorted()).toEqual(['done', 'done', 'done', 'too many', 'too many', 'too many']);
  expect(await count()).toBe(3);
  expect(await add(await model.addUser())).toBe('SESSION_REVOKED');
  const revoked = { revokedAt: aMoment, revokedReason: 'logout' as const };
  await db.update(sessions).set(revoked).where(eq(sessions.id, session.id));
  expect(await add()).toBe('SESSION_REVOKED');
});

it('users_forget_passkeys: none is left of a deleted account', async () => {
  await insert();
  await db
    .update(users)
    .set({ username: null, email: null, passwordHash: null, deletedAt: aMoment })
    .where(eq(users.id, userId));
  expect(await count()).toBe(0);
});
