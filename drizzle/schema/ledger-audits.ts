import { bigint, index, integer, jsonb, pgTable } from 'drizzle-orm/pg-core';
import { instant } from './columns.js';

/** What each audit of the ledger found. While the last one found a break, no money moves. */
export const ledgerAudits = pgTable(
  'ledger_audits',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    startedAt: instant('started_at').notNull(),
    finishedAt: instant('finished_at').notNull(),
    entryCount: bigint('entry_count', { mode: 'number' }).notNull(),
    breakCount: integer('break_count').notNull(),
    /** The first hundred: `{invariant, subject, detail}`. */
    breaks: jsonb('breaks').notNull(),
  },
  (table) => [index('ledger_audits_finished_idx').on(table.finishedAt)],
);
