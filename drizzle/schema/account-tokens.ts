import { sql } from 'drizzle-orm';
import { check, index, pgEnum, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { createdAt, id, instant } from './columns.js';
import { users } from './users.js';

export const accountTokenPurpose = pgEnum('account_token_purpose', [
  'email_verification',
  'email_change',
  'password_reset',
]);

/**
 * What a mail lets its reader do, once. The token itself is in the mail only: here is its SHA-256, which is enough for
 * 256 random bits.
 */
export const accountTokens = pgTable(
  'account_tokens',
  {
    id: id(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    purpose: accountTokenPurpose('purpose').notNull(),
    /** Hexadecimal. */
    tokenHash: text('token_hash').notNull(),
    /** The address that the mail went to. */
    email: text('email').notNull(),
    createdAt: createdAt(),
    expiresAt: instant('expires_at').notNull(),
  },
  (table) => [
    uniqueIndex('account_tokens_hash_key').on(table.tokenHash),
    // A new one replaces the last of its kind.
    uniqueIndex('account_tokens_one_per_purpose').on(table.userId, table.purpose),
    // Those that are to be removed.
    index('account_tokens_expires_idx').on(table.expiresAt),
    check('account_tokens_hash_shape', sql`${table.tokenHash} ~ '^[0-9a-f]{64}$'`),
    check('account_tokens_email_length', sql`length(${table.email}) <= 254`),
    check('account_tokens_expiry_in_order', sql`${table.expiresAt} > ${table.createdAt}`),
  ],
);
