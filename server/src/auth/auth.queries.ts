import { sessions, users } from '@versbottomlex/database';
import { Role } from '@versbottomlex/shared';
import { and, eq, isNull, or, sql } from 'drizzle-orm';
import { z } from 'zod';
import { AppError } from '../platform/app-error.js';
import { type Database, InstantColumn, prepared, preparedSql } from '../platform/database.js';
import { translating } from '../platform/database-errors.js';
import type { Identity } from './identity.js';

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
  createdAt: InstantColumn,
  tokenVersion: z.int(),
});
export type Account = z.output<typeof AccountRow>;

const accountColumns =
  sql.raw(`id, username, email, display_name as "displayName", bio, avatar_url as "avatarUrl", role,
  is_verified as "isVerified", created_at as "createdAt", token_version as "tokenVersion"`);

/** What a new session is made of; times are ISO 8601. */
export type NewSession = {
  sessionId: string;
  refreshTokenId: string;
  userAgent: string | null;
  now: string;
  expiresAt: string;
  absoluteExpiresAt: string;
};

/** Opens a session for each account that the statement part `account` yields. */
const insertSession = sql`
  insert into sessions (id, user_id, refresh_token_id, user_agent, created_at, authenticated_at, last_used_at, expires_at,
    absolute_expires_at)
  select ${$('sessionId')}::uuid, id, ${$('refreshTokenId')}::uuid, ${$('userAgent')}::text, ${$('now')}::timestamptz,
    ${$('now')}::timestamptz, ${$('now')}::timestamptz, ${$('expiresAt')}::timestamptz,
    ${$('absoluteExpiresAt')}::timestamptz
  from account`;

const insertAccountStatement = preparedSql(
  'auth_insert_account',
  AccountRow,
  sql`with account as (
      insert into users (id, username, email, password_hash, display_name, last_login_at)
      values (${$('id')}::uuid, ${$('username')}::text, ${$('email')}::text, ${$('passwordHash')}::text,
        ${$('username')}::text, ${$('now')}::timestamptz)
      returning *
    ), session as (${insertSession})
    select ${accountColumns} from account`,
);

export type NewAccount = NewSession & { id: string; username: string; email: string; passwordHash: string };

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

const insertLoginStatement = preparedSql(
  'auth_insert_login',
  AccountRow,
  sql`with account as (
      update users set last_login_at = ${$('now')}::timestamptz
      where id = ${$('userId')}::uuid and password_hash = ${$('passwordHash')}::text and deleted_at is null
      returning *
    ), session as (${insertSession})
    select ${accountColumns} from account`,
);

/** Opens a session, provided that the password hash is still the one that was verified. */
export const insertLogin = async (
  database: Database,
  login: NewSession & { userId: string; passwordHash: string },
): Promise<Account | undefined> => (await insertLoginStatement(database, login))[0];

const findAccountStatement = preparedSql(
  'auth_find_account',
  AccountRow,
  sql`select ${accountColumns} from users where id = ${$('userId')}::uuid and deleted_at is null`,
);

export const findAccount = async (database: Database, userId: string): Promise<Account | undefined> =>
  (await findAccountStatement(database, { userId }))[0];

export type SessionIdentity = Identity & { suspendedAt: string | null };

const findSessionIdentityStatement = prepared((client) =>
  client
    .select({
      userId: users.id,
      sessionId: sessions.id,
      role: users.role,
      isVerified: users.isVerified,
      tokenVersion: users.tokenVersion,
      suspendedAt: users.suspendedAt,
      signedInAt: sessions.authenticatedAt,
    })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(
      and(
        eq(sessions.id, $('sessionId')),
        eq(sessions.userId, $('userId')),
        isNull(sessions.revokedAt),
        isNull(users.deletedAt),
      ),
    )
    .prepare('auth_find_session_identity'),
);

/** The identity behind a session that is not revoked, of an account that is not deleted. */
export const findSessionIdentity = async (
  database: Database,
  of: { sessionId: string; userId: string },
): Promise<SessionIdentity | undefined> =>
  (await findSessionIdentityStatement(database, { sessionId: of.sessionId, userId: of.userId }))[0];

const rotateRefreshTokenStatement = preparedSql(
  'auth_rotate_refresh_token',
  z.object({ expiresAt: InstantColumn }),
  sql`update sessions set
      refresh_token_id = ${$('nextTokenId')}::uuid,
      last_used_at = ${$('now')}::timestamptz,
      expires_at = least(${$('expiresAt')}::timestamptz, absolute_expires_at)
    from users
    where sessions.id = ${$('sessionId')}::uuid and sessions.user_id = ${$('userId')}::uuid
      and refresh_token_id = ${$('tokenId')}::uuid and revoked_at is null and expires_at > ${$('now')}::timestamptz
      and users.id = sessions.user_id and token_version = ${$('tokenVersion')}::int and deleted_at is null
      and suspended_at is null
    returning expires_at as "expiresAt"`,
);

export type Rotation = {
  sessionId: string;
  userId: string;
  tokenVersion: number;
  tokenId: string;
  nextTokenId: string;
  now: string;
  expiresAt: string;
};

/** Compares and swaps the session's refresh token: of any number of parallel calls with one token, one succeeds. */
export const rotateRefreshToken = async (database: Database, rotation: Rotation) =>
  (await rotateRefreshTokenStatement(database, rotation))[0];

const revokeReusedSessionStatement = preparedSql(
  'auth_revoke_reused_session',
  z.object({ id: z.string() }),
  sql`update sessions set revoked_at = ${$('now')}::timestamptz, revoked_reason = 'refresh_token_reused'
    from users
    where sessions.id = ${$('sessionId')}::uuid and sessions.user_id = ${$('userId')}::uuid and revoked_at is null
      and refresh_token_id <> ${$('tokenId')}::uuid
      and users.id = sessions.user_id and token_version = ${$('tokenVersion')}::int
    returning sessions.id`,
);

/** Ends the session of a refresh token that was spent before; false when there was nothing to end. */
export const revokeReusedSession = async (
  database: Database,
  reuse: { sessionId: string; userId: string; tokenVersion: number; tokenId: string; now: string },
): Promise<boolean> => (await revokeReusedSessionStatement(database, reuse)).length > 0;

const updatePasswordStatement = preparedSql(
  'auth_update_password',
  z.object({ tokenVersion: z.int(), expiresAt: InstantColumn }),
  sql`select new_token_version as "tokenVersion", session_expires_at as "expiresAt"
    from change_password(${$('userId')}::uuid, ${$('sessionId')}::uuid, ${$('verifiedHash')}::text,
      ${$('passwordHash')}::text, ${$('nextTokenId')}::uuid, ${$('now')}::timestamptz, ${$('expiresAt')}::timestamptz)`,
);

export type PasswordUpdate = {
  userId: string;
  sessionId: string;
  verifiedHash: string;
  passwordHash: string;
  nextTokenId: string;
  now: string;
  expiresAt: string;
};

/**
 * Sets the password, ends every other session, and renews this one, provided that the old hash still stands and this
 * session is good; undefined, and nothing done, otherwise.
 */
export const updatePassword = async (database: Database, update: PasswordUpdate) =>
  (await updatePasswordStatement(database, update))[0];

const revokeAllSessionsStatement = preparedSql(
  'auth_revoke_all_sessions',
  z.object({}),
  sql`select from log_out_everywhere(${$('userId')}::uuid, ${$('now')}::timestamptz)`,
);

/** Ends every session of the account, and with the token version every token. */
export const revokeAllSessions = (database: Database, of: { userId: string; now: string }) =>
  revokeAllSessionsStatement(database, of);

const revokeSessionStatement = preparedSql(
  'auth_revoke_session',
  z.object({ id: z.string() }),
  sql`update sessions set revoked_at = ${$('now')}::timestamptz, revoked_reason = 'logout'
    where id = ${$('sessionId')}::uuid and user_id = ${$('userId')}::uuid and revoked_at is null returning id`,
);

export const revokeSession = (database: Database, of: { userId: string; sessionId: string; now: string }) =>
  revokeSessionStatement(database, of);
