import { sql } from 'drizzle-orm';
import { check, index, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { createdAt, id, instant } from './columns.js';
import { users } from './users.js';

/**
 * One row a login. Exactly one refresh token of a session is good, the one whose id is `refresh_token_id`;
 * rotation compares and swaps it in one statement, so of two parallel refreshes one wins.
 */
export const sessions = pgTable(
  'sessions',
  {
    id: id(),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    refreshTokenId: uuid('refresh_token_id').notNull(),
    userAgent: text('user_agent'),
    /** The network that it was opened from, IPv4 by /24 and IPv6 by /48: enough to recognise, too little to trace. */
    addressPrefix: text('address_prefix'),
    createdAt: createdAt(),
    /** When the password was last given in this session. */
    authenticatedAt: instant('authenticated_at').notNull(),
    /** When a code of the second factor was given in it; null where the account has none. */
    secondFactorAt: instant('second_factor_at'),
    lastUsedAt: instant('last_used_at').notNull().default(sql`now()`),
    /** Moves with every refresh, up to `absolute_expires_at`. */
    expiresAt: instant('expires_at').notNull(),
    absoluteExpiresAt: instant('absolute_expires_at').notNull(),
    /** Null while the session is good. */
    revokedAt: instant('revoked_at'),
    revokedReason: text('revoked_reason', {
      enum: [
        'logout',
        'revoked',
        'superseded',
        'password_changed',
        'password_reset',
        'second_factor_changed',
        'refresh_token_reused',
        'account_suspended',
        'account_deleted',
      ],
    }),
  },
  (table) => [
    // Serves logout everywhere and the list of a user's devices.
    index('sessions_user_id_idx').on(table.userId).where(sql`revoked_at is null`),
    check('sessions_expiry_in_order', sql`${table.expiresAt} <= ${table.absoluteExpiresAt}`),
    check(
      'sessions_revoked_for_a_reason',
      sql`(${table.revokedAt} is null) = (${table.revokedReason} is null)`,
    ),
    check('sessions_address_prefix_length', sql`length(${table.addressPrefix}) <= 50`),
    check('sessions_user_agent_length', sql`length(${table.userAgent}) <= 300`),
  ],
);
