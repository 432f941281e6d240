import { type accountTokenPurpose, users } from '@versbottomlex/database';
import { and, eq, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { AppError } from '../platform/app-error.js';
import { type Database, prepared, preparedSql } from '../platform/database.js';
import { translating } from '../platform/database-errors.js';

const $ = sql.placeholder;

export type AccountTokenPurpose = (typeof accountTokenPurpose.enumValues)[number];

const holderColumns = {
  id: users.id,
  username: sql<string>`${users.username}`,
  email: sql<string>`${users.email}`,
  passwordHash: sql<string>`${users.passwordHash}`,
  emailVerifiedAt: users.emailVerifiedAt,
};

const findByEmailStatement = prepared((client) =>
  client
    .select(holderColumns)
    .from(users)
    .where(and(eq(sql`lower(${users.email})`, sql`lower(${$('email')}::text)`), isNull(users.deletedAt)))
    .prepare('recovery_find_by_email'),
);

/** The account with an address, in whatever case. */
export const findByEmail = async (database: Database, email: string) =>
  (await findByEmailStatement(database, { email }))[0];

const findByIdStatement = prepared((client) =>
  client
    .select(holderColumns)
    .from(users)
    .where(and(eq(users.id, $('userId')), isNull(users.deletedAt)))
    .prepare('recovery_find_by_id'),
);

export const findById = async (database: Database, userId: string) =>
  (await findByIdStatement(database, { userId }))[0];

// The account is locked meanwhile, so that one that is deleted at the same moment leaves no token behind.
const storeTokenStatement = preparedSql(
  'recovery_store_token',
  z.object({ userId: z.string() }),
  sql`with account as (
      select id from users
      where id = ${$('userId')}::uuid and password_hash = ${$('passwordHash')}::text and deleted_at is null
        and (email = ${$('email')}::text) <> (${$('purpose')}::text = 'email_change')
      for share
    )
    insert into account_tokens (id, user_id, purpose, token_hash, email, created_at, expires_at)
    select ${$('tokenId')}::uuid, id, ${$('purpose')}::account_token_purpose, ${$('tokenHash')}::text, ${$('email')}::text,
      ${$('now')}::timestamptz, ${$('expiresAt')}::timestamptz
    from account
    on conflict (user_id, purpose) do update set id = excluded.id, token_hash = excluded.token_hash,
      email = excluded.email, created_at = excluded.created_at, expires_at = excluded.expires_at
    where account_tokens.created_at <= ${$('replacesUntil')}::timestamptz
    returning user_id as "userId"`,
);

export type NewToken = {
  tokenId: string;
  userId: string;
  /** As it was when the mail was asked for. */
  passwordHash: string;
  purpose: AccountTokenPurpose;
  tokenHash: string;
  /** The address that the mail goes to: the account's own, or the one that it shall have. */
  email: string;
  now: string;
  expiresAt: string;
  /** A token that was made later than this is not replaced. */
  replacesUntil: string;
};

/** Keeps a token in the place of the last of its kind; false when that is too recent, or the account has changed. */
export const storeToken = async (database: Database, token: NewToken): Promise<boolean> =>
  (await storeTokenStatement(database, token)).length > 0;

const Owner = z.object({ id: z.string(), username: z.string(), email: z.string() });

const findTokenOwnerStatement = preparedSql(
  'recovery_find_token_owner',
  Owner,
  sql`select users.id, username, users.email from account_tokens join users on users.id = user_id
    where token_hash = ${$('tokenHash')}::text and purpose = ${$('purpose')}::text::account_token_purpose
      and expires_at > ${$('now')}::timestamptz and deleted_at is null`,
);

/** Whose token it is, without spending it. */
export const findTokenOwner = async (
  database: Database,
  of: { tokenHash: string; purpose: AccountTokenPurpose; now: string },
) => (await findTokenOwnerStatement(database, of))[0];

const resetPasswordStatement = preparedSql(
  'recovery_reset_password',
  Owner,
  sql`select id, username, email
    from reset_password(${$('tokenHash')}::text, ${$('passwordHash')}::text, ${$('now')}::timestamptz)`,
);

type Spending = { tokenHash: string; now: string };

/** Spends the token for another password, and ends every session; undefined for a token that is not good. */
export const resetPassword = async (database: Database, reset: Spending & { passwordHash: string }) =>
  (await resetPasswordStatement(database, reset))[0];

const verifyEmailStatement = preparedSql(
  'recovery_verify_email',
  z.object({ id: z.string() }),
  sql`select id from verify_email(${$('tokenHash')}::text, ${$('now')}::timestamptz)`,
);

/** False for a token that is not good. */
export const verifyEmail = async (database: Database, spending: Spending): Promise<boolean> =>
  (await verifyEmailStatement(database, spending)).length > 0;

const changeEmailStatement = preparedSql(
  'recovery_change_email',
  z.object({ id: z.string(), username: z.string(), formerEmail: z.string() }),
  sql`select id, username, former_email as "formerEmail"
    from change_email(${$('tokenHash')}::text, ${$('now')}::timestamptz)`,
);

/** Gives the account the address that the token went to; undefined for one that is not good. Throws EMAIL_TAKEN. */
export const changeEmail = async (database: Database, spending: Spending) => {
  const [changed] = await translating(changeEmailStatement(database, spending), {
    users_email_key: () => new AppError('EMAIL_TAKEN'),
  });
  return changed;
};

const deleteExpiredTokensStatement = preparedSql(
  'recovery_delete_expired_tokens',
  z.object({}),
  sql`delete from account_tokens where expires_at <= ${$('now')}::timestamptz`,
);

export const deleteExpiredTokens = async (database: Database, now: string): Promise<void> => {
  await deleteExpiredTokensStatement(database, { now });
};
