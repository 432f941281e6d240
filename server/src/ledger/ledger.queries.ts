import { sql } from 'drizzle-orm';
import { z } from 'zod';
import {
  BigintColumn,
  type Database,
  InstantColumn,
  onlyRow,
  preparedRows,
  preparedSql,
} from '../platform/database.js';

const $ = sql.placeholder;

/** Any number that no other program takes in this database; processes audit one at a time by it. */
const AUDIT_LOCK_KEY = 7_302_019_450_119;

const foldStatement = preparedRows(
  'ledger_fold',
  sql`select fold_ledger(null, ${$('entriesMax')}::int)`,
  ([folded]: [number]) => folded,
);

/** Moves at most `entriesMax` entries that wait into the balances of their accounts; how many it were. */
export const foldLedger = (database: Database, entriesMax: number): Promise<number> =>
  onlyRow(foldStatement(database, { entriesMax }));

/** A broken invariant of the ledger; `audit_ledger` in the migrations says what each means. */
const LedgerBreak = z.object({ invariant: z.string(), subject: z.string(), detail: z.string() });

const Audit = z.object({
  startedAt: InstantColumn,
  finishedAt: InstantColumn,
  entryCount: BigintColumn,
  breakCount: z.int(),
  /** The first hundred. */
  breaks: z.array(LedgerBreak),
});
/** What an audit of the ledger found. */
export type Audit = z.infer<typeof Audit>;

const columns = sql`started_at as "startedAt", finished_at as "finishedAt", entry_count as "entryCount",
  break_count as "breakCount", breaks`;

// The lock is held until the result is committed. OFFSET 0 keeps the audit behind the question for whose turn it is.
const auditStatement = preparedSql(
  'ledger_audit',
  Audit,
  sql`insert into ledger_audits (started_at, finished_at, entry_count, break_count, breaks)
    select ${$('startedAt')}::timestamptz,
      ${$('startedAt')}::timestamptz + (clock_timestamp() - statement_timestamp()),
      found.entry_count, found.break_count, found.breaks
    from (select pg_try_advisory_xact_lock(${sql.raw(String(AUDIT_LOCK_KEY))}) as is_mine offset 0) as turn
    cross join lateral (select * from audit_ledger() where turn.is_mine offset 0) as found
    returning ${columns}`,
);

/** Audits the ledger and stores the result; undefined while another process does. Takes long: seconds for a million. */
export const auditLedger = async (patient: Database, startedAt: Date): Promise<Audit | undefined> =>
  (await auditStatement(patient, { startedAt: startedAt.toISOString() }))[0];

const lastAuditStatement = preparedSql(
  'ledger_last_audit',
  Audit,
  sql`select ${columns} from ledger_audits order by id desc limit 1`,
);

/** The result of the last audit that any process finished. */
export const findLastAudit = async (database: Database): Promise<Audit | undefined> =>
  (await lastAuditStatement(database))[0];
