import { type UpdateUserInput, UserProfile } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { AppError } from '../platform/app-error.js';
import { type Database, InstantColumn, preparedSql } from '../platform/database.js';
import { translating } from '../platform/database-errors.js';

const $ = sql.placeholder;

const ProfileRow = z.object({ ...UserProfile.shape, createdAt: InstantColumn });

/** The public columns of `users`, with the counts of the streams that anyone may see, and of followers. */
const profileColumns =
  sql.raw(`users.id, username, display_name as "displayName", bio, avatar_url as "avatarUrl",
  role, is_verified as "isVerified", created_at as "createdAt",
  json_build_object('streams', (
    select count(*) from streams where performer_id = users.id and not is_private
  ), 'followers', (
    select count(*) from follows where followed_id = users.id
  )) as counts`);

const findProfileStatement = preparedSql(
  'users_find_profile',
  ProfileRow,
  sql`select ${profileColumns} from users where id = ${$('id')}::uuid and deleted_at is null`,
);

export const findProfile = async (database: Database, id: string): Promise<UserProfile | undefined> =>
  (await findProfileStatement(database, { id }))[0];

const updateProfileStatement = preparedSql(
  'users_update_profile',
  ProfileRow,
  sql`update users set
      username = coalesce(${$('username')}::text, username),
      display_name = coalesce(${$('displayName')}::text, display_name),
      bio = coalesce(${$('bio')}::text, bio)
    where id = ${$('id')}::uuid and deleted_at is null
    returning ${profileColumns}, case when ${$('actorId')}::uuid <> users.id
      then note_audit(${$('actorId')}::uuid, 'profile_changed', users.id,
        jsonb_build_object('fields', ${$('fields')}::text::jsonb)) end as noted`,
);

/** Changes what is given; whoever changes another's is noted. Throws USERNAME_TAKEN. */
export const updateProfile = async (
  database: Database,
  { id, actorId, ...changes }: UpdateUserInput & { actorId: string },
): Promise<UserProfile | undefined> => {
  const { username = null, displayName = null, bio = null } = changes;
  const fields = JSON.stringify(Object.keys(changes));
  const update = { id, actorId, username, displayName, bio, fields };
  const rows = await translating(updateProfileStatement(database, update), {
    users_username_key: () => new AppError('USERNAME_TAKEN'),
  });
  return rows[0];
};

const becomePerformerStatement = preparedSql(
  'users_become_performer',
  ProfileRow,
  sql`update users set role = 'performer', is_verified = ${$('isVerified')}::boolean
    where id = ${$('id')}::uuid and role = 'viewer' and deleted_at is null
    returning ${profileColumns}`,
);

/** Makes a viewer a performer; undefined for whoever is more than a viewer already. */
export const becomePerformer = async (database: Database, change: { id: string; isVerified: boolean }) =>
  (await becomePerformerStatement(database, change))[0];

const setVerifiedStatement = preparedSql(
  'users_set_verified',
  ProfileRow,
  sql`with found as materialized (
      select id, is_verified from users where id = ${$('id')}::uuid and deleted_at is null for no key update
    ), changed as (
      update users set
        is_verified = ${$('isVerified')}::boolean,
        role = case when ${$('isVerified')}::boolean and role = 'viewer' then 'performer' else role end
      from found where users.id = found.id
      returning users.*
    ), noted as materialized (
      select note_audit(${$('actorId')}::uuid, 'verification_changed', id,
        jsonb_build_object('isVerified', ${$('isVerified')}::boolean))
      from found where is_verified <> ${$('isVerified')}::boolean
    )
    select ${profileColumns} from changed as users left join noted on true`,
);

/** Sets the verification, and notes who changed it; undefined when there is no such user. */
export const setVerified = async (
  database: Database,
  change: { id: string; isVerified: boolean; actorId: string },
): Promise<UserProfile | undefined> => (await setVerifiedStatement(database, change))[0];

/** Money that keeps an account from being deleted, in minor units. */
const OpenMoney = z.object({
  kind: z.enum(['wallet', 'earnings', 'requested payouts', 'approved payouts', 'tickets']),
  amount: z.int(),
  currency: z.string(),
});
export type OpenMoney = z.infer<typeof OpenMoney>;

const deleteAccountStatement = preparedSql(
  'users_delete_account',
  z.object({
    outcome: z.enum(['deleted', 'NOT_FOUND', 'BALANCE_OPEN']),
    openMoney: z.array(OpenMoney).nullable(),
  }),
  sql`select outcome, open_money as "openMoney",
      case when outcome = 'deleted' and ${$('actorId')}::uuid <> ${$('id')}::uuid
        then note_audit(${$('actorId')}::uuid, 'account_deleted', ${$('id')}::uuid,
          jsonb_build_object('isBalanceForfeited', ${$('forfeit')}::boolean)) end
    from delete_account(${$('id')}::uuid, ${$('now')}::timestamptz, ${$('forfeit')}::boolean)`,
);

/**
 * Deletes an account, unless there is none any more, or money keeps it; `forfeit` gives up what may be given up. Whoever
 * deletes another's is noted. Throws LAST_ADMIN.
 */
export const deleteAccount = async (
  database: Database,
  of: { id: string; actorId: string; now: string; forfeit: boolean },
): Promise<{ outcome: 'deleted' | 'NOT_FOUND' } | { outcome: 'BALANCE_OPEN'; openMoney: OpenMoney[] }> => {
  const [row] = await translating(deleteAccountStatement(database, of), {
    users_admin_left: () =>
      new AppError('LAST_ADMIN', {
        detail: 'Nobody would be left to administer the site; make another admin first.',
      }),
  });
  if (row?.outcome === 'BALANCE_OPEN') return { outcome: row.outcome, openMoney: row.openMoney ?? [] };
  return { outcome: row?.outcome ?? 'NOT_FOUND' };
};
