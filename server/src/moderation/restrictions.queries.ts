import { Restriction, type RestrictionKind, UserSummary } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Database, InstantColumn, preparedSql } from '../platform/database.js';
import { preparedAct } from './moderation-acts.queries.js';

const $ = sql.placeholder;

const restrictStatement = preparedAct(
  'moderation_restrict',
  Restriction,
  sql`restrict_viewer(${$('streamId')}::uuid, ${$('actorId')}::uuid, ${$('userId')}::uuid,
    ${$('kind')}::restriction_kind, ${$('seconds')}::int, ${$('reason')}::text, ${$('now')}::timestamptz,
    ${$('actionId')}::uuid, ${$('dismissalId')}::uuid)`,
);

export type NewRestriction = {
  streamId: string;
  actorId: string;
  userId: string;
  kind: RestrictionKind;
  seconds: number | null;
  reason: string | null;
  now: string;
  actionId: string;
  /** Of the line that tells that a moderator is one no more, which comes before it. */
  dismissalId: string;
};

/** Times out or bans, instead of what the user had before. */
export const restrictViewer = (database: Database, restriction: NewRestriction) =>
  restrictStatement(database, restriction);

const liftStatement = preparedAct(
  'moderation_lift',
  z.unknown(),
  sql`lift_restriction(${$('streamId')}::uuid, ${$('actorId')}::uuid, ${$('userId')}::uuid,
    ${$('now')}::timestamptz, ${$('actionId')}::uuid)`,
);

export const liftRestriction = (
  database: Database,
  of: { streamId: string; actorId: string; userId: string; now: string; actionId: string },
) => liftStatement(database, of);

const listRestrictionsStatement = preparedSql(
  'moderation_list_restrictions',
  z.object({
    ...Restriction.shape,
    user: UserSummary,
    expiresAt: InstantColumn.nullable(),
    createdAt: InstantColumn,
  }),
  sql`select user_summary(users) as "user", kind, reason, expires_at as "expiresAt",
      room_restrictions.created_at as "createdAt"
    from room_restrictions join users on users.id = user_id
    where performer_id = ${$('performerId')}::uuid
      and (expires_at is null or expires_at > ${$('now')}::timestamptz)
      and (${$('afterId')}::uuid is null
        or (room_restrictions.created_at, user_id) < (${$('afterAt')}::timestamptz, ${$('afterId')}::uuid))
    order by room_restrictions.created_at desc, user_id desc limit ${$('limit')}::int`,
);

/** The restrictions that are in force, newest first. */
export const listRestrictions = (
  database: Database,
  of: { performerId: string; now: string; afterAt: string | null; afterId: string | null; limit: number },
): Promise<Restriction[]> => listRestrictionsStatement(database, of);
