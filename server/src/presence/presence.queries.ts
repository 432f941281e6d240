import { UserSummary } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Database, preparedSql } from '../platform/database.js';
import type { Attendance } from './crowd.js';

const $ = sql.placeholder;

const arrayOf = (ids: readonly string[]): string => `{${ids.join(',')}}`;

const IdRow = z.object({ id: z.string() });

/** The moments that leases are compared with come from the processes' clocks, see LEASE_SECONDS. */
type At = { nodeId: string; now: Date };

const writeLeasesStatement = preparedSql(
  'presence_write_leases',
  IdRow,
  sql`with closed as (
      delete from audience_leases
      where node_id = ${$('nodeId')}::uuid and stream_id = any(${$('closed')}::text::uuid[])
    )
    insert into audience_leases (node_id, stream_id, user_ids, guest_count, expires_at)
    select ${$('nodeId')}::uuid, streams.id, lease.user_ids, lease.guest_count, ${$('expiresAt')}::timestamptz
    from jsonb_to_recordset(${$('leases')}::text::jsonb) as lease (id uuid, user_ids uuid[], guest_count int)
    join streams using (id)
    on conflict on constraint audience_leases_pkey do update
      set user_ids = excluded.user_ids, guest_count = excluded.guest_count, expires_at = excluded.expires_at
    returning stream_id as id`,
);

/** Says who watches through this process, for all streams at once; `closed` are those that nobody watches any more. */
export const writeLeases = async (
  database: Database,
  of: {
    nodeId: string;
    expiresAt: Date;
    leases: readonly (Attendance & { streamId: string })[];
    closed: readonly string[];
  },
): Promise<void> => {
  const leases = of.leases.map(({ streamId, userIds, guestCount }) => ({
    id: streamId,
    user_ids: userIds,
    guest_count: guestCount,
  }));
  await writeLeasesStatement(database, {
    nodeId: of.nodeId,
    expiresAt: of.expiresAt.toISOString(),
    leases: JSON.stringify(leases),
    closed: arrayOf(of.closed),
  });
};

const LeaseRow = z.object({
  streamId: z.string(),
  userIds: z.string().transform((array) => (array === '{}' ? [] : array.slice(1, -1).split(','))),
  guestCount: z.int(),
});

const readOthersLeasesStatement = preparedSql(
  'presence_read_others_leases',
  LeaseRow,
  sql`select stream_id as "streamId", user_ids::text as "userIds", guest_count as "guestCount"
    from audience_leases
    where stream_id = any(${$('streamIds')}::text::uuid[]) and node_id <> ${$('nodeId')}::uuid
      and expires_at > ${$('now')}::timestamptz`,
);

/** Who watches these streams through other processes; a row for each process and stream. */
export const readOthersLeases = (
  database: Database,
  { nodeId, now, streamIds }: At & { streamIds: readonly string[] },
): Promise<(Attendance & { streamId: string })[]> =>
  readOthersLeasesStatement(database, { nodeId, now: now.toISOString(), streamIds: arrayOf(streamIds) });

const saveCountsStatement = preparedSql(
  'presence_save_counts',
  IdRow,
  // Locked in one order, so that two processes that write the same streams do not wait for each other in a circle.
  sql`with given as (
      select id, count from jsonb_to_recordset(${$('counts')}::text::jsonb) as given (id uuid, count int)
    ), changed as (
      select streams.id, given.count from streams join given using (id)
      where status <> 'ended' and (viewer_count <> given.count or peak_viewer_count < given.count)
      order by streams.id for no key update of streams
    )
    update streams
    set viewer_count = changed.count, peak_viewer_count = greatest(peak_viewer_count, changed.count)
    from changed where streams.id = changed.id and status <> 'ended'
    returning streams.id`,
);

/** Keeps the number of viewers with each stream, and the highest so far; those that have ended stay as they are. */
export const saveCounts = async (
  database: Database,
  counts: readonly { id: string; count: number }[],
): Promise<void> => {
  await saveCountsStatement(database, { counts: JSON.stringify(counts) });
};

const sweepStatement = preparedSql(
  'presence_sweep',
  IdRow,
  // The live streams by their partial index; a scheduled one has viewers only by a lease.
  sql`with expired as (
      delete from audience_leases where expires_at <= ${$('now')}::timestamptz returning stream_id
    ), candidates as (
      select id from streams where status = 'live' union select stream_id from expired
    ), deserted as (
      select streams.id from streams join candidates using (id)
      where status <> 'ended' and viewer_count > 0 and not exists (
        select from audience_leases where stream_id = streams.id and expires_at > ${$('now')}::timestamptz
      )
      order by streams.id for no key update of streams
    )
    update streams set viewer_count = 0 from deserted where streams.id = deserted.id
    returning streams.id`,
);

/** Removes leases that have expired, and the count of each stream that no process holds any more. */
export const sweep = async (database: Database, now: Date): Promise<void> => {
  await sweepStatement(database, { now: now.toISOString() });
};

const handOverStatement = preparedSql(
  'presence_hand_over',
  IdRow,
  sql`update audience_leases set expires_at = ${$('expiresAt')}::timestamptz, guest_count = 0
    where node_id = ${$('nodeId')}::uuid returning stream_id as id`,
);

/** Lets the leases of a process end at `expiresAt`; its guests, who cannot be recognised elsewhere, are gone at once. */
export const handOverLeases = async (
  database: Database,
  of: { nodeId: string; expiresAt: Date },
): Promise<void> => {
  await handOverStatement(database, { nodeId: of.nodeId, expiresAt: of.expiresAt.toISOString() });
};

const summaryColumns = sql.raw(
  `users.id, username, display_name as "displayName", avatar_url as "avatarUrl", is_verified as "isVerified"`,
);

const findSummariesStatement = preparedSql(
  'presence_find_summaries',
  UserSummary,
  sql`select ${summaryColumns} from users where id = any(${$('ids')}::text::uuid[])`,
);

export const findSummaries = (database: Database, ids: readonly string[]): Promise<UserSummary[]> =>
  findSummariesStatement(database, { ids: arrayOf(ids) });

const findRoomRoleStatement = preparedSql(
  'presence_find_room_role',
  z.object({ role: z.string() }),
  sql`select room_role(performer_id, ${$('userId')}::uuid) as role from streams where id = ${$('streamId')}::uuid`,
);

/** What the user is in the stream's room; undefined when there is no such stream. */
export const findRoomRole = async (
  database: Database,
  of: { streamId: string; userId: string },
): Promise<string | undefined> => (await findRoomRoleStatement(database, of))[0]?.role;

const listViewersStatement = preparedSql(
  'presence_list_viewers',
  UserSummary,
  sql`select ${summaryColumns} from users
    where id in (
        select unnest(user_ids) from audience_leases
        where stream_id = ${$('streamId')}::uuid and node_id <> ${$('nodeId')}::uuid
          and expires_at > ${$('now')}::timestamptz
        union
        select unnest(${$('own')}::text::uuid[])
      )
      and (${$('afterId')}::uuid is null or id > ${$('afterId')}::uuid)
    order by id limit ${$('limit')}::int`,
);

/** Users who watch a stream, by id: those of other processes, and `own`, who need not be more than `limit`. */
export const listViewers = (
  database: Database,
  {
    now,
    own,
    ...of
  }: At & { streamId: string; own: readonly string[]; afterId: string | null; limit: number },
): Promise<UserSummary[]> =>
  listViewersStatement(database, { ...of, now: now.toISOString(), own: arrayOf(own) });
