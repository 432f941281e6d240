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
