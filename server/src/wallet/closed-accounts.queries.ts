import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { BigintColumn, type Database, onlyRow, preparedSql } from '../platform/database.js';

const $ = sql.placeholder;

const listLeftoversStatement = preparedSql(
  'wallet_list_leftovers',
  z.object({ userId: z.string() }),
  sql`select distinct users.id as "userId" from users join ledger_accounts on owner_id = users.id
    where deleted_at >= ${$('deletedSince')}::timestamptz and (balance > 0 or exists (
      select from ledger_pending where account_id = ledger_accounts.id))
    limit ${$('limit')}::int`,
);

/** Users who were deleted since then, and whose accounts hold money all the same. */
export const listLeftovers = async (
  database: Database,
  of: { deletedSince: string; limit: number },
): Promise<string[]> => (await listLeftoversStatement(database, of)).map(({ userId }) => userId);

const forfeitLeftoversStatement = preparedSql(
  'wallet_forfeit_leftovers',
  z.object({ amount: BigintColumn }),
  sql`select forfeit_leftovers(${$('userId')}::uuid, ${$('now')}::timestamptz) as amount`,
);

/** Gives up what the accounts of a deleted user hold; returns how much it was. */
export const forfeitLeftovers = async (
  database: Database,
  of: { userId: string; now: string },
): Promise<number> => (await onlyRow(forfeitLeftoversStatement(database, of))).amount;
