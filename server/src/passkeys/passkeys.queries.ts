import { passkeys } from '@versbottomlex/database';
import { eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { AppError, invalidField } from '../platform/app-error.js';
import { type Database, onlyRow, prepared, preparedSql } from '../platform/database.js';
import { translating } from '../platform/database-errors.js';

const $ = sql.placeholder;

const listStatement = prepared((client) =>
  client
    .select({
      id: passkeys.id,
      credentialId: passkeys.credentialId,
      name: passkeys.name,
      createdAt: passkeys.createdAt,
      lastUsedAt: passkeys.lastUsedAt,
    })
    .from(passkeys)
    .where(eq(passkeys.userId, $('userId')))
    .orderBy(passkeys.id)
    .prepare('passkeys_list'),
);

/** A user's own, the oldest first. */
export const listPasskeys = (database: Database, userId: string) => listStatement(database, { userId });

const addStatement = preparedSql(
  'passkeys_add',
  z.object({ outcome: z.enum(['done', 'too many', 'SESSION_REVOKED']) }),
  sql`select add_passkey(${$('id')}::uuid, ${$('userId')}::uuid, ${$('sessionId')}::uuid, ${$('credentialId')}::text,
    ${$('publicKey')}::text, ${$('signCount')}::bigint, ${$('name')}::text, ${$('now')}::timestamptz,
    ${$('max')}::int) as outcome`,
);

export type NewPasskey = {
  id: string;
  userId: string;
  /** The one that adds it. */
  sessionId: string;
  credentialId: string;
  publicKey: string;
  signCount: number;
  name: string;
  now: string;
  max: number;
};

/**
 * False where the account has `max` already. Throws SESSION_REVOKED when the session or the account has ended meanwhile,
 * VALIDATION_FAILED for a key that is known, or larger than those of authenticators are.
 */
export const addPasskey = async (database: Database, passkey: NewPasskey): Promise<boolean> => {
  const tooLarge = () => invalidField('credential', 'is larger than an authenticator makes it');
  const { outcome } = await translating(onlyRow(addStatement(database, passkey)), {
    passkeys_credential_id_key: () => invalidField('credential', 'is known already'),
    passkeys_credential_id_length: tooLarge,
    passkeys_public_key_length: tooLarge,
  });
  if (outcome === 'SESSION_REVOKED') throw new AppError(outcome);
  return outcome === 'done';
};

const removeStatement = preparedSql(
  'passkeys_remove',
  z.object({ id: z.string() }),
  sql`delete from passkeys where id = ${$('id')}::uuid and user_id = ${$('userId')}::uuid
    returning id, note_audit(user_id, 'passkey_removed', user_id, null) as noted`,
);

/** False where the user has no such passkey. */
export const removePasskey = async (
  database: Database,
  of: { id: string; userId: string },
): Promise<boolean> => (await removeStatement(database, of)).length > 0;

const findStatement = prepared((client) =>
  client
    .select({
      id: passkeys.id,
      userId: passkeys.userId,
      publicKey: passkeys.publicKey,
      signCount: passkeys.signCount,
    })
    .from(passkeys)
    .where(eq(passkeys.credentialId, $('credentialId')))
    .prepare('passkeys_find'),
);

export const findPasskey = async (database: Database, credentialId: string) =>
  (await findStatement(database, { credentialId }))[0];

const useStatement = preparedSql(
  'passkeys_use',
  z.object({ id: z.string() }),
  sql`update passkeys set sign_count = ${$('signCount')}::bigint, last_used_at = ${$('now')}::timestamptz,
      last_challenge_at = ${$('challengedAt')}::timestamptz
    where id = ${$('id')}::uuid and coalesce(last_challenge_at < ${$('challengedAt')}::timestamptz, true)
      and (sign_count < ${$('signCount')}::bigint or sign_count = 0 and ${$('signCount')}::bigint = 0)
    returning id`,
);

/** Notes a use; false for an answer to a challenge that is not newer than the last, or a count that did not grow. */
export const usePasskey = async (
  database: Database,
  use: { id: string; signCount: number; challengedAt: string; now: string },
): Promise<boolean> => (await useStatement(database, use)).length > 0;
