import { Session } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Database, InstantColumn, preparedSql } from '../platform/database.js';

const $ = sql.placeholder;

const listSessionsStatement = preparedSql(
  'sessions_list',
  z.object({
    ...Session.shape,
    createdAt: InstantColumn,
    lastUsedAt: InstantColumn,
    expiresAt: InstantColumn,
  }),
  sql`select id, user_agent as "userAgent", address_prefix as "addressPrefix", id = ${$('currentId')}::uuid as "isCurrent",
      created_at as "createdAt", last_used_at as "lastUsedAt", expires_at as "expiresAt"
    from sessions
    where user_id = ${$('userId')}::uuid and revoked_at is null and expires_at > ${$('now')}::timestamptz
      and (${$('afterId')}::uuid is null or (created_at, id) < (${$('afterAt')}::timestamptz, ${$('afterId')}::uuid))
    order by created_at desc, id desc limit ${$('limit')}::int`,
);

/** The good sessions of an account, the latest login first. */
export const listSessions = (
  database: Database,
  of: {
    userId: string;
    currentId: string;
    now: string;
    afterAt: string | null;
    afterId: string | null;
    limit: number;
  },
): Promise<Session[]> => listSessionsStatement(database, of);

const revokeSessionStatement = preparedSql(
  'sessions_revoke',
  z.object({ id: z.string() }),
  sql`with before as materialized (
      select id, revoked_at from sessions
      where id = ${$('sessionId')}::uuid and user_id = ${$('userId')}::uuid for no key update
    )
    update sessions set revoked_at = coalesce(before.revoked_at, ${$('now')}::timestamptz),
      revoked_reason = coalesce(revoked_reason, 'revoked')
    from before where sessions.id = before.id
    returning sessions.id, case when before.revoked_at is null
      then note_audit(user_id, 'session_revoked', user_id, jsonb_build_object('sessionId', sessions.id)) end as noted`,
);

/** Ends a session of the account and notes it, or leaves it ended; false where the account has no such session. */
export const revokeSession = async (
  database: Database,
  of: { userId: string; sessionId: string; now: string },
): Promise<boolean> => (await revokeSessionStatement(database, of)).length > 0;

const deleteDeadSessionsStatement = preparedSql(
  'sessions_delete_dead',
  z.object({ id: z.string() }),
  sql`delete from sessions where id in (
      select id from sessions where id < ${$('beforeId')}::uuid order by id limit ${$('limit')}::int)
    returning id`,
);

/** Removes the oldest sessions, which begin with less than `beforeId`, and says how many; ids are in order of time. */
export const deleteDeadSessions = async (
  database: Database,
  of: { beforeId: string; limit: number },
): Promise<number> => (await deleteDeadSessionsStatement(database, of)).length;
