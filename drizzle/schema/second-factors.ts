import { sql } from 'drizzle-orm';
import { bigint, check, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { createdAt, instant } from './columns.js';
import { users } from './users.js';

/** One-time passwords by time (RFC 6238) as a second factor, at most one an account. */
export const secondFactors = pgTable(
  'second_factors',
  {
    userId: uuid('user_id')
      .primaryKey()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** Encrypted with ENCRYPTION_SECRET (JWE, compact), so that a copy of the database is no second factor. */
    secret: text('secret').notNull(),
    createdAt: createdAt(),
    /** When the first code was given; until then it is asked for nowhere. */
    confirmedAt: instant('confirmed_at'),
    /** The time step of the last code that was taken: none is taken twice. */
    lastStep: bigint('last_step', { mode: 'number' }).notNull().default(0),
    /** How many codes in a row were wrong. */
    wrongCodes: integer('wrong_codes').notNull().default(0),
    /** Until when no code is looked at, after too many wrong ones; recovery codes are. */
    pausedUntil: instant('paused_until'),
  },
  (table) => [
    check('second_factors_secret_length', sql`length(${table.secret}) <= 1000`),
    check('second_factors_last_step_not_negative', sql`${table.lastStep} >= 0`),
    check('second_factors_wrong_codes_not_negative', sql`${table.wrongCodes} >= 0`),
  ],
);

/** What stands in for a lost second factor, each once; used ones are gone. */
export const recoveryCodes = pgTable(
  'recovery_codes',
  {
    userId: uuid('user_id')
      .notNull()
      .references(() => secondFactors.userId, { onDelete: 'cascade' }),
    /** SHA-256 of the code and the user's id, in hexadecimal. */
    codeHash: text('code_hash').notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ name: 'recovery_codes_pkey', columns: [table.userId, table.codeHash] }),
    check('recovery_codes_hash_shape', sql`${table.codeHash} ~ '^[0-9a-f]{64}$'`),
  ],
);
