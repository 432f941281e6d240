import { Role } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Database, preparedSql } from '../platform/database.js';

const $ = sql.placeholder;

const UserRow = z.object({ id: z.string(), username: z.string(), role: Role, isVerified: z.boolean() });

const setRoleStatement = preparedSql(
  'administration_set_role',
  UserRow,
  sql`with found as materialized (
      select id, role, is_verified from users
      where lower(username) = lower(${$('username')}::text) and deleted_at is null for no key update
    ), changed as (
      update users set role = ${$('role')}::user_role, is_verified = ${$('isVerified')}::boolean
      from found where users.id = found.id
      returning users.id, username, users.role, users.is_verified
    ), noted as materialized (
      select note_audit(null, 'role_changed', id,
        jsonb_build_object('from', role, 'to', ${$('role')}::user_role)) from found where role <> ${$('role')}::user_role
      union all
      select note_audit(null, 'verification_changed', id,
        jsonb_build_object('isVerified', ${$('isVerified')}::boolean))
      from found where is_verified <> ${$('isVerified')}::boolean
    )
    select id, username, role, is_verified as "isVerified", (select count(*) from noted) from changed`,
);

/** Gives a user, named in whatever case, a role, noted as somebody's at the console; undefined when there is none. */
export const setRole = async (
  database: Database,
  change: { username: string; role: Role; isVerified: boolean },
): Promise<z.output<typeof UserRow> | undefined> => (await setRoleStatement(database, change))[0];

const findUserIdStatement = preparedSql(
  'administration_find_user_id',
  z.object({ id: z.string() }),
  sql`select id from users where lower(username) = lower(${$('username')}::text) and deleted_at is null`,
);

/** Whose name it is, in whatever case; undefined when it is nobody's. */
export const findUserId = async (database: Database, username: string): Promise<string | undefined> =>
  (await findUserIdStatement(database, { username }))[0]?.id;

const listUsernamesStatement = preparedSql(
  'administration_list_usernames',
  z.object({ username: z.string() }),
  sql`select username from users where lower(username) = any (string_to_array(lower(${$('usernames')}::text), ','))`,
);

/** Which of the names are taken, in whatever case. */
export const listTakenUsernames = async (database: Database, usernames: string[]): Promise<string[]> => {
  const rows = await listUsernamesStatement(database, { usernames: usernames.join() });
  return rows.map(({ username }) => username);
};

const renewEpochsStatement = preparedSql(
  'administration_renew_epochs',
  z.object({ count: z.int() }),
  sql`with renewed as (
      update stream_logs set epoch = (epoch + 1 + floor(random() * 1000000)::int) % 2147483647 returning stream_id
    )
    select count(*)::int as count from renewed`,
);

/** Makes every client start its feeds anew: for when the logs are no longer those that clients saw. How many. */
export const renewEpochs = async (database: Database): Promise<number> =>
  (await renewEpochsStatement(database))[0]?.count ?? 0;
