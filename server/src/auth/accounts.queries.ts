import { users } from '@versbottomlex/database';
import { type OwnUser, Role } from '@versbottomlex/shared';
import { and, eq, isNull, or, sql } from 'drizzle-orm';
import { z } from 'zod';
import { AppError } from '../platform/app-error.js';
import { type Database, InstantColumn, prepared, preparedSql } from '../platform/database.js';
import { translating } from '../platform/database-errors.js';

const $ = sql.placeholder;

/** An account with what its login needs to know. */
const AccountRow = z.object({
  id: z.string(),
  username: z.string(),
  email: z.string(),
  displayName: z.string(),
  bio: z.string(),
  avatarUrl: z.string().nullable(),
  role: Role,
  isVerified: z.boolean(),
  isEmailVerified: z.boolean(),
  createdAt: InstantColumn,
  tokenVersion: z.int(),
});
export type Account = z.output<typeof AccountRow>;

/** What the owner may see of an account. */
export const toOwnUser = ({ tokenVersion: _, ...user }: Account): OwnUser => user;

const accountColumns =
  sql.raw(`id, username, email, display_name as "displayName", bio, avatar_url as "avatarUrl", role,
  is_verified as "isVerified", email_verified_at is not null as "isEmailVerified", created_at as "createdAt",
  token_version as "tokenVersion"`);

/** What a new session is made of; times are ISO 8601. */
export type NewSession = {
  sessionId: string;
  refreshTokenId: string;
  userAgent: string | null;
  addressPrefix: string | null;
  /** When a code of the second factor was given for it. */
  secondFactorAt: string | null;
  now: string;
  expiresAt: string;
  absoluteExpiresAt: string;
};

/** Opens a session for each account that the statement part `account` yields. */
const insertSession = sql`
  insert into sessions (id, user_id, refresh_token_id, user_agent, address_prefix, second_factor_at, created_at,
    authenticated_at, last_used_at, expires_at, absolute_expires_at)
  select ${$('sessionId')}::uuid, id, ${$('refreshTokenId')}::uuid, ${$('userAgent')}::text,
    ${$('addressPrefix')}::text, ${$('secondFactorAt')}::timestamptz, ${$('now')}::timestamptz,
    ${$('now')}::timestamptz, ${$('now')}::timestamptz, ${$('expiresAt')}::timestamptz,
    ${$('absoluteExpiresAt')}::timestamptz
  from account`;

const insertAccountStatement = preparedSql(
  'auth_insert_account',
  AccountRow,
  sql`with account as (
      insert into users (id, username, email, password_hash, display_name, birth_date, last_login_at)
      values (${$('id')}::uuid, ${$('username')}::text, ${$('email')}::text, ${$('passwordHash')}::text,
        ${$('username')}::text, ${$('birthDate')}::date, ${$('now')}::timestamptz)
      returning *
    ), session as (${insertSession})
    select ${accountColumns} from account`,
);

export type NewAccount = NewSession & {
  id: string;
  username: string;
  email: string;
  passwordHash: string;
  /** ISO 8601. */
  birthDate: string | null;
};

/** Makes the account and its first session. Throws EMAIL_TAKEN or USERNAME_TAKEN. */
export const insertAccount = async (
  database: Database,
  account: NewAccount,
): Promise<Account | undefined> => {
  const [row] = await translating(insertAccountStatement(database, account), {
    users_email_key: () => new AppError('EMAIL_TAKEN'),
    users_username_key: () => new AppError('USERNAME_TAKEN'),
  });
  return row;
};

const credentialColumns = {
  id: users.id,
  username: sql<string>`${users.username}`,
  email: sql<string>`${users.email}`,
  passwordHash: sql<string>`${users.passwordHash}`,
  suspendedAt: users.suspendedAt,
  suspensionReason: users.suspensionReason,
};

const findCredentialsStatement = prepared((client) =>
  client
    .select(credentialColumns)
    .from(users)
    .where(
      and(
        or(
          eq(sql`lower(${users.email})`, sql`lower(${$('email')}::text)`),
          eq(sql`lower(${users.username})`, sql`lower(${$('username')}::text)`),
        ),
        isNull(users.deletedAt),
      ),
    )
    .prepare('auth_find_credentials'),
);

/** Finds by e-mail address or by username, in whatever case. */
export const findCredentials = async (
  database: Database,
  by: { email?: string | undefined; username?: string | undefined },
) =>
  (await findCredentialsStatement(database, { email: by.email ?? null, username: by.username ?? null }))[0];

const getCredentialsStatement = prepared((client) =>
  client
    .select(credentialColumns)
    .from(users)
    .where(and(eq(users.id, $('userId')), isNull(users.deletedAt)))
    .prepare('auth_get_credentials'),
);

export const findCredentialsOfUser = async (database: Database, userId: string) =>
  (await getCredentialsStatement(database, { userId }))[0];

/** OWASP's session management cheat sheet asks for a limit; ten is more devices than most people have. */
const SESSIONS_MAX = 10;

const insertLoginStatement = preparedSql(
  'auth_insert_login',
  AccountRow.extend({ supersededIds: z.array(z.string()) }),
  sql`select ${accountColumns}, to_jsonb(superseded_ids) as "supersededIds"
    from log_in(${$('userId')}::uuid, ${$('passwordHash')}::text, ${sql.raw(String(SESSIONS_MAX))},
      ${$('sessionId')}::uuid, ${$('refreshTokenId')}::uuid, ${$('userAgent')}::text, ${$('addressPrefix')}::text,
      ${$('secondFactorAt')}::timestamptz, ${$('now')}::timestamptz, ${$('expiresAt')}::timestamptz,
      ${$('absoluteExpiresAt')}::timestamptz) as opened
    cross join lateral (select (opened.account).*) as account`,
);

export type NewLogin = NewSession & { userId: string; passwordHash: string };

/**
 * Opens a session, provided that the password hash is still the one that was verified. `supersededIds` are the sessions
 * that ended to make room for it, the least recently used ones. Throws SECOND_FACTOR_REQUIRED.
 */
export const insertLogin = async (
  database: Database,
  login: NewLogin,
): Promise<{ account: Account; supersededIds: string[] } | undefined> => {
  const [row] = await translating(insertLoginStatement(database, login), {
    // It was set up while the password was verified.
    sessions_second_factor_given: () => new AppError('SECOND_FACTOR_REQUIRED'),
  });
  if (!row) return undefined;
  const { supersededIds, ...account } = row;
  return { account, supersededIds };
};

const findAccountStatement = preparedSql(
  'auth_find_account',
  AccountRow,
  sql`select ${accountColumns} from users where id = ${$('userId')}::uuid and deleted_at is null`,
);

export const findAccount = async (database: Database, userId: string): Promise<Account | undefined> =>
  (await findAccountStatement(database, { userId }))[0];
