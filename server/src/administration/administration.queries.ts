import { Role } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Database, preparedSql } from '../platform/database.js';

const $ = sql.placeholder;

const UserRow = z.object({ id: z.string(), username: z.string(), role: Role, isVerified: z.boolean() });
export type AdministeredUser = z.output<typeof UserRow>;

const setRoleStatement = preparedSql(
  'administration_set_role',
  UserRow,
  sql`update users set role = ${$('role')}::user_role, is_verified = ${$('isVerified')}::boolean
    where lower(username) = lower(${$('username')}::text) and deleted_at is null
    returning id, username, role, is_verified as "isVerified"`,
);

/** Gives a user, named in whatever case, a role; undefined when there is none of that name. */
export const setRole = async (
  database: Database,
  change: { username: string; role: Role; isVerified: boolean },
): Promise<AdministeredUser | undefined> => (await setRoleStatement(database, change))[0];

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
