import { sql } from 'drizzle-orm';
import { type Database, preparedRows } from '../platform/database.js';

const $ = sql.placeholder;

const foldStatement = preparedRows(
  'ledger_fold',
  sql`select fold_ledger(null, ${$('entriesMax')}::int)`,
  ([folded]: [number]) => folded,
);

/** Moves at most `entriesMax` entries that wait into the balances of their accounts; how many it were. */
export const foldLedger = async (database: Database, entriesMax: number): Promise<number> =>
  (await foldStatement(database, { entriesMax }))[0] ?? 0;
