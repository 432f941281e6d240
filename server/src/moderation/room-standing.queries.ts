import { RoomRole } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Database, preparedSql } from '../platform/database.js';

const $ = sql.placeholder;

const Standing = z.object({ performerId: z.string(), role: RoomRole });
/** What a user is in the rooms of a performer. */
export type Standing = z.infer<typeof Standing>;

const standingInStreamStatement = preparedSql(
  'moderation_standing_in_stream',
  Standing,
  sql`select performer_id as "performerId", room_role(performer_id, ${$('userId')}::uuid) as role
    from streams where id = ${$('id')}::uuid`,
);

/** Undefined for an unknown stream. */
export const findStandingInStream = async (
  database: Database,
  of: { id: string; userId: string },
): Promise<Standing | undefined> => (await standingInStreamStatement(database, of))[0];

const standingWithPerformerStatement = preparedSql(
  'moderation_standing_with_performer',
  Standing.extend({ isGone: z.boolean() }),
  sql`select ${$('id')}::uuid as "performerId", room_role(${$('id')}::uuid, ${$('userId')}::uuid) as role,
    not exists (select from users where id = ${$('id')}::uuid and deleted_at is null) as "isGone"`,
);

/** `isGone` for an unknown or deleted user. */
export const findStandingWithPerformer = async (
  database: Database,
  of: { id: string; userId: string },
): Promise<(Standing & { isGone: boolean }) | undefined> =>
  (await standingWithPerformerStatement(database, of))[0];
