import { sessions, users } from '@versbottomlex/database';
import { and, eq, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Database, InstantColumn, prepared, preparedSql } from '../platform/database.js';
import type { Identity } from './identity.js';

const $ = sql.placeholder;

export type SessionIdentity = Identity & { suspendedAt: string | null; lastUsedAt: string };

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
      secondFactorAt: sessions.secondFactorAt,
      lastUsedAt: sessions.lastUsedAt,
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

const listLivingSessionsStatement = preparedSql(
  'auth_list_living_sessions',
  z.object({ sessionId: z.string(), tokenVersion: z.int() }),
  sql`select sessions.id as "sessionId", token_version as "tokenVersion"
    from sessions join users on users.id = sessions.user_id
    where sessions.id in (select jsonb_array_elements_text(${$('sessionIds')}::text::jsonb)::uuid)
      and revoked_at is null and suspended_at is null and deleted_at is null`,
);

/** Those of the sessions that are neither revoked nor of a suspended or deleted account, with its token version. */
export const listLivingSessions = async (
  database: Database,
  sessionIds: string[],
): Promise<Map<string, number>> => {
  const rows = await listLivingSessionsStatement(database, { sessionIds: JSON.stringify(sessionIds) });
  return new Map(rows.map(({ sessionId, tokenVersion }) => [sessionId, tokenVersion]));
};

const touchSessionStatement = preparedSql(
  'auth_touch_session',
  z.object({}),
  sql`update sessions set last_used_at = ${$('now')}::timestamptz
    where id = ${$('sessionId')}::uuid and revoked_at is null and last_used_at < ${$('before')}::timestamptz`,
);

/** Notes that a session is used `now`, unless it was used since `before`, or is revoked. */
export const touchSession = async (
  database: Database,
  use: { sessionId: string; now: string; before: string },
): Promise<void> => {
  await touchSessionStatement(database, use);
};

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
    returning sessions.id, note_audit(null, 'refresh_token_reused', sessions.user_id,
      jsonb_build_object('sessionId', sessions.id)) as noted`,
);

/** Ends the session of a refresh token that was spent before, and notes it; false when there was nothing to end. */
export const revokeReusedSession = async (
  database: Database,
  reuse: { sessionId: string; userId: string; tokenVersion: number; tokenId: string; now: string },
): Promise<boolean> => (await revokeReusedSessionStatement(database, reuse)).length > 0;

const updatePasswordStatement = preparedSql(
  'auth_update_password',
  z.object({ tokenVersion: z.int(), expiresAt: InstantColumn }),
  sql`select new_token_version as "tokenVersion", session_expires_at as "expiresAt",
      note_audit(${$('userId')}::uuid, 'password_changed', ${$('userId')}::uuid, null) as noted
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
 * Sets the password, ends every other session, renews this one, and notes it, provided that the old hash still stands
 * and this session is good; undefined, and nothing done, otherwise.
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
