import { ModerationAction, Moderator } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Database, InstantColumn, preparedSql } from '../platform/database.js';
import { preparedAct } from './moderation-acts.queries.js';

const $ = sql.placeholder;

export type OfModerator = {
  performerId: string;
  actorId: string;
  userId: string;
  now: string;
  actionId: string;
};

const appointStatement = preparedAct(
  'moderation_appoint',
  Moderator,
  sql`appoint_moderator(${$('performerId')}::uuid, ${$('actorId')}::uuid, ${$('userId')}::uuid,
    ${$('now')}::timestamptz, ${$('actionId')}::uuid)`,
);

export const appointModerator = (database: Database, of: OfModerator) => appointStatement(database, of);

const dismissStatement = preparedAct(
  'moderation_dismiss',
  z.unknown(),
  sql`dismiss_moderator(${$('performerId')}::uuid, ${$('actorId')}::uuid, ${$('userId')}::uuid,
    ${$('now')}::timestamptz, ${$('actionId')}::uuid)`,
);

export const dismissModerator = (database: Database, of: OfModerator) => dismissStatement(database, of);

const listModeratorsStatement = preparedSql(
  'moderation_list_moderators',
  z.object({ ...Moderator.shape, createdAt: InstantColumn }),
  sql`select user_summary(users) as "user", room_moderators.created_at as "createdAt"
    from room_moderators join users on users.id = user_id
    where performer_id = ${$('performerId')}::uuid
      and (${$('afterId')}::uuid is null
        or (room_moderators.created_at, user_id) < (${$('afterAt')}::timestamptz, ${$('afterId')}::uuid))
    order by room_moderators.created_at desc, user_id desc limit ${$('limit')}::int`,
);

/** The latest first. */
export const listModerators = (
  database: Database,
  of: { performerId: string; afterAt: string | null; afterId: string | null; limit: number },
): Promise<Moderator[]> => listModeratorsStatement(database, of);

const listActionsStatement = preparedSql(
  'moderation_list_actions',
  z.object({ ...ModerationAction.shape, createdAt: InstantColumn }),
  sql`select moderation_actions.id, action, user_summary(actor) as actor,
      case when target.id is not null then user_summary(target) end as target, stream_id as "streamId",
      message_id as "messageId", reason, details, moderation_actions.created_at as "createdAt"
    from moderation_actions
    join users as actor on actor.id = actor_id
    left join users as target on target.id = target_id
    where performer_id = ${$('performerId')}::uuid
      and (${$('afterId')}::uuid is null or moderation_actions.id < ${$('afterId')}::uuid)
    order by moderation_actions.id desc limit ${$('limit')}::int`,
);

/** What was done to a performer's rooms, newest first. */
export const listActions = (
  database: Database,
  of: { performerId: string; afterId: string | null; limit: number },
): Promise<ModerationAction[]> => listActionsStatement(database, of);
