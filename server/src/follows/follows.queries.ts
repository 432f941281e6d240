import { UserSummary } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Database, InstantColumn, preparedSql } from '../platform/database.js';

const $ = sql.placeholder;

// Both accounts are locked meanwhile, so that a deletion at the same moment finds the row; in order, as everywhere.
const insertFollowStatement = preparedSql(
  'follows_insert',
  z.object({ isFollowerHere: z.boolean(), isFollowedHere: z.boolean() }),
  sql`with here as (
      select id from users
      where id in (${$('followerId')}::uuid, ${$('followedId')}::uuid) and deleted_at is null
      order by id for share
    ), added as (
      insert into follows (follower_id, followed_id, created_at)
      select follower.id, followed.id, ${$('now')}::timestamptz
      from here as follower join here as followed
        on follower.id = ${$('followerId')}::uuid and followed.id = ${$('followedId')}::uuid
      on conflict on constraint follows_pkey do nothing
    )
    select exists (select from here where id = ${$('followerId')}::uuid) as "isFollowerHere",
      exists (select from here where id = ${$('followedId')}::uuid) as "isFollowedHere"`,
);

/** Which of the two accounts are still there; when both are, the one follows the other. */
export const insertFollow = async (
  database: Database,
  follow: { followerId: string; followedId: string; now: string },
) => {
  const [found] = await insertFollowStatement(database, follow);
  return found ?? { isFollowerHere: false, isFollowedHere: false };
};

const deleteFollowStatement = preparedSql(
  'follows_delete',
  z.object({ isFollowedHere: z.boolean() }),
  sql`with removed as (
      delete from follows
      where follower_id = ${$('followerId')}::uuid and followed_id = ${$('followedId')}::uuid
    )
    select exists (
      select from users where id = ${$('followedId')}::uuid and deleted_at is null
    ) as "isFollowedHere"`,
);

/** False for an unknown or deleted account. */
export const deleteFollow = async (
  database: Database,
  follow: { followerId: string; followedId: string },
): Promise<boolean> => (await deleteFollowStatement(database, follow))[0]?.isFollowedHere ?? false;

const listFollowedStatement = preparedSql(
  'follows_list_followed',
  z.object({ user: UserSummary, createdAt: InstantColumn }),
  sql`select user_summary(users) as "user", follows.created_at as "createdAt"
    from follows join users on users.id = followed_id
    where follower_id = ${$('followerId')}::uuid
      and (${$('afterId')}::uuid is null
        or (follows.created_at, followed_id) < (${$('afterAt')}::timestamptz, ${$('afterId')}::uuid))
    order by follows.created_at desc, followed_id desc limit ${$('limit')}::int`,
);

/** Whom somebody follows since when, the latest first. */
export const listFollowed = (
  database: Database,
  of: { followerId: string; afterAt: string | null; afterId: string | null; limit: number },
) => listFollowedStatement(database, of);
