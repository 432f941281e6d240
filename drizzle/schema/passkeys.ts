import { sql } from 'drizzle-orm';
import { bigint, check, index, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { createdAt, id, instant } from './columns.js';
import { users } from './users.js';

/** Keys of WebAuthn that sign their owner in, without the password and without a second factor. */
export const passkeys = pgTable(
  'passkeys',
  {
    id: id(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** As the authenticator names it, in base64url. */
    credentialId: text('credential_id').notNull(),
    /** COSE, in base64url. */
    publicKey: text('public_key').notNull(),
    /** How often the authenticator says it has signed; 0 for those that do not count. */
    signCount: bigint('sign_count', { mode: 'number' }).notNull(),
    /** The owner's own words for it. */
    name: text('name').notNull(),
    createdAt: createdAt(),
    lastUsedAt: instant('last_used_at'),
    /** When the challenge of its last login was made: none that is as old is taken, so that none is taken twice. */
    lastChallengeAt: instant('last_challenge_at'),
  },
  (table) => [
    uniqueIndex('passkeys_credential_id_key').on(table.credentialId),
    // Serves the list of a user's own.
    index('passkeys_user_id_idx').on(table.userId),
    // WebAuthn allows 1023 bytes.
    check('passkeys_credential_id_length', sql`length(${table.credentialId}) between 1 and 1364`),
    check('passkeys_public_key_length', sql`length(${table.publicKey}) <= 4000`),
    check('passkeys_name_length', sql`length(${table.name}) between 1 and 50`),
    check('passkeys_sign_count_not_negative', sql`${table.signCount} >= 0`),
  ],
);
