import { sql } from 'drizzle-orm';
import { boolean, check, date, integer, pgEnum, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { createdAt, id, instant, updatedAt } from './columns.js';

export const userRole = pgEnum('user_role', ['viewer', 'performer', 'admin']);

/**
 * Accounts. A deleted account keeps its row, since the ledger refers to it, and nothing that names a person:
 * `deleted_at` is set exactly when username, e-mail and password hash are null.
 */
export const users = pgTable(
  'users',
  {
    id: id(),
    username: text('username'),
    email: text('email'),
    passwordHash: text('password_hash'),
    displayName: text('display_name').notNull(),
    bio: text('bio').notNull().default(''),
    avatarUrl: text('avatar_url'),
    role: userRole('role').notNull().default('viewer'),
    isVerified: boolean('is_verified').notNull().default(false),
    /** Raised to end every token of the account at once. */
    tokenVersion: integer('token_version').notNull().default(0),
    suspendedAt: instant('suspended_at'),
    /** What its owner is told. */
    suspensionReason: text('suspension_reason'),
    /** When its owner proved that mail to `email` reaches them. */
    emailVerifiedAt: instant('email_verified_at'),
    /** Asked for where MINIMUM_AGE is set. */
    birthDate: date('birth_date'),
    lastLoginAt: instant('last_login_at'),
    deletedAt: instant('deleted_at'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    // Uniqueness in whatever case is held here, since a check before an insert races; login reads by both.
    uniqueIndex('users_username_key').on(sql`lower(${table.username})`),
    uniqueIndex('users_email_key').on(sql`lower(${table.email})`),
    check('users_username_shape', sql`${table.username} ~ '^[A-Za-z0-9_]{3,30}$'`),
    check('users_email_length', sql`length(${table.email}) <= 254`),
    check('users_display_name_length', sql`length(${table.displayName}) between 1 and 50`),
    check('users_bio_length', sql`length(${table.bio}) <= 1000`),
    check('users_suspension_reason_length', sql`length(${table.suspensionReason}) <= 500`),
    check(
      'users_suspension_reason_of_suspended',
      sql`${table.suspensionReason} is null or ${table.suspendedAt} is not null`,
    ),
    check('users_token_version_not_negative', sql`${table.tokenVersion} >= 0`),
    check('users_verified_is_no_viewer', sql`not (${table.isVerified} and ${table.role} = 'viewer')`),
    check(
      'users_deleted_is_anonymous',
      sql`case when ${table.deletedAt} is null
        then num_nulls(${table.username}, ${table.email}, ${table.passwordHash}) = 0
        else num_nonnulls(${table.username}, ${table.email}, ${table.passwordHash}, ${table.avatarUrl}, ${table.emailVerifiedAt}, ${table.birthDate}) = 0 and ${table.bio} = ''
      end`,
    ),
  ],
);
