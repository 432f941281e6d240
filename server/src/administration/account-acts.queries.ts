import { AdministeredUser, type Role } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Database, onlyRow, preparedSql } from '../platform/database.js';

const $ = sql.placeholder;

/** How a function of 0025_judge_reports ended; `ended` are the streams that it ended. */
const ActRow = z.object({
  outcome: z.enum(['done', 'unchanged', 'NOT_FOUND', 'FORBIDDEN', 'LAST_ADMIN']),
  ended: z.array(z.string()),
  result: AdministeredUser.nullable(),
});
export type AccountAct = z.output<typeof ActRow>;

/** Whose account, and who acts: null for somebody at the console. */
type Of = { id: string; actorId: string | null };

const suspendStatement = preparedSql(
  'administration_suspend_user',
  ActRow,
  sql`select outcome, to_json(ended) as ended, result from suspend_user(${$('id')}::uuid, ${$('actorId')}::uuid,
    ${$('reason')}::text, ${$('now')}::timestamptz)`,
);

/** Suspends an account, ends its sessions and its streams, and notes it, or says why not. */
export const suspendUser = (
  database: Database,
  of: Of & { reason: string | null; now: string },
): Promise<AccountAct> => onlyRow(suspendStatement(database, of));

const liftStatement = preparedSql(
  'administration_lift_suspension',
  ActRow,
  sql`select outcome, json_build_array() as ended, result
    from lift_suspension(${$('id')}::uuid, ${$('actorId')}::uuid)`,
);

/** Lets a suspended account in again, and notes it, or says why not. */
export const liftSuspension = (database: Database, of: Of): Promise<AccountAct> =>
  onlyRow(liftStatement(database, of));

const changeRoleStatement = preparedSql(
  'administration_change_role',
  ActRow,
  sql`select outcome, to_json(ended) as ended, result from change_role(${$('id')}::uuid, ${$('actorId')}::uuid,
    ${$('role')}::user_role, ${$('now')}::timestamptz)`,
);

/** Gives an account a role, and notes it, or says why not. */
export const changeRole = (database: Database, of: Of & { role: Role; now: string }): Promise<AccountAct> =>
  onlyRow(changeRoleStatement(database, of));

const clearSecondFactorStatement = preparedSql(
  'administration_clear_second_factor',
  z.object({ wasCleared: z.boolean().nullable() }),
  sql`select clear_second_factor(${$('id')}::uuid, ${$('actorId')}::uuid, ${$('now')}::timestamptz) as "wasCleared"`,
);

/** Removes a second factor, ends every session and notes it; false where there is none, null where nobody is. */
export const clearSecondFactor = async (
  database: Database,
  of: Of & { now: string },
): Promise<boolean | null> => (await onlyRow(clearSecondFactorStatement(database, of))).wasCleared;
