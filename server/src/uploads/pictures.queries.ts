import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Database, preparedSql } from '../platform/database.js';

const $ = sql.placeholder;

const ReplacedRow = z.object({ previousUrl: z.string().nullable() });

/** The row is locked before it is read, so that of two pictures at once each finds the one that it replaces. */
const setAvatarStatement = preparedSql(
  'pictures_set_avatar',
  ReplacedRow,
  sql`with before as materialized (
      select id, avatar_url from users where id = ${$('id')}::uuid and deleted_at is null for no key update
    )
    update users set avatar_url = ${$('url')}::text from before where users.id = before.id
    returning before.avatar_url as "previousUrl", case when ${$('actorId')}::uuid <> users.id
      then note_audit(${$('actorId')}::uuid, 'avatar_changed', users.id, null) end as noted`,
);

const setThumbnailStatement = preparedSql(
  'pictures_set_thumbnail',
  ReplacedRow,
  sql`with before as materialized (
      select id, thumbnail_url from streams where id = ${$('id')}::uuid for no key update
    )
    update streams set thumbnail_url = ${$('url')}::text from before
    where streams.id = before.id and (${$('url')}::text is null or status <> 'ended')
    returning before.thumbnail_url as "previousUrl", case when ${$('actorId')}::uuid <> performer_id
      then note_audit(${$('actorId')}::uuid, 'thumbnail_changed', performer_id,
        jsonb_build_object('streamId', streams.id)) end as noted`,
);

export type Replacement = { id: string; actorId: string; url: string | null };

/** Sets an avatar, or takes it away, and says which there was; undefined for a user who is gone. */
export const setAvatar = async (
  database: Database,
  of: Replacement,
): Promise<{ previousUrl: string | null } | undefined> => (await setAvatarStatement(database, of))[0];

/** Sets the thumbnail of a stream that has not ended, or takes one away; undefined where that may not be. */
export const setThumbnail = async (
  database: Database,
  of: Replacement,
): Promise<{ previousUrl: string | null } | undefined> => (await setThumbnailStatement(database, of))[0];

const UrlRow = z.object({ url: z.string() });

const listOfUserStatement = preparedSql(
  'pictures_list_of_user',
  UrlRow,
  sql`select avatar_url as url from users where id = ${$('userId')}::uuid and avatar_url is not null
    union all
    select thumbnail_url from streams where performer_id = ${$('userId')}::uuid and thumbnail_url is not null`,
);

/** Where the pictures of a user are: the avatar, and the thumbnails of all streams. */
export const listOfUser = async (database: Database, userId: string): Promise<string[]> =>
  (await listOfUserStatement(database, { userId })).map(({ url }) => url);

const takeThumbnails = (name: string, ofWhom: SQL) =>
  preparedSql(
    name,
    UrlRow,
    sql`with gone as materialized (
        select streams.id, thumbnail_url from streams join users on users.id = performer_id
        where deleted_at is not null and thumbnail_url is not null and ${ofWhom}
        order by streams.id for no key update of streams
      )
      update streams set thumbnail_url = null from gone where streams.id = gone.id
      returning gone.thumbnail_url as url`,
  );

const forgetDeletedStatement = takeThumbnails('pictures_forget_deleted', sql`true`);
const forgetStreamsOfStatement = takeThumbnails(
  'pictures_forget_streams_of',
  sql`performer_id = ${$('userId')}::uuid`,
);

/** Takes the thumbnails from the streams of deleted accounts, and says where they are. */
export const forgetDeleted = async (database: Database): Promise<string[]> =>
  (await forgetDeletedStatement(database, {})).map(({ url }) => url);

/** As {@link forgetDeleted}, of one account that is deleted. */
export const forgetStreamsOf = async (database: Database, userId: string): Promise<string[]> =>
  (await forgetStreamsOfStatement(database, { userId })).map(({ url }) => url);

const listUnusedStatement = preparedSql(
  'pictures_list_unused',
  UrlRow,
  sql`select given.url from jsonb_to_recordset(${$('files')}::text::jsonb) as given("ownerId" uuid, url text)
    left join users on users.id = given."ownerId"
    left join streams on streams.id = given."ownerId"
    where (users.id is not null or streams.id is not null)
      and given.url is distinct from users.avatar_url and given.url is distinct from streams.thumbnail_url`,
);

/**
 * Those of the pictures whose owner has another one, or none, by now. Of an owner whom this database does not know
 * nothing is said: the picture may be another database's.
 */
export const listUnused = async (
  database: Database,
  files: { ownerId: string; url: string }[],
): Promise<string[]> =>
  (await listUnusedStatement(database, { files: JSON.stringify(files) })).map(({ url }) => url);
