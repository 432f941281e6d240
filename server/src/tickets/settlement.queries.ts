import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Database, onlyRow, preparedSql } from '../platform/database.js';

const $ = sql.placeholder;

/** `more` when tickets may be left to give back; `holders` are those whose tickets were given back. */
const Settlement = z.object({
  outcome: z.enum(['unchanged', 'released', 'refunded', 'more']),
  performerId: z.string().nullable(),
  holders: z.array(z.string()),
});
export type Settlement = z.infer<typeof Settlement>;

const settleShowStatement = preparedSql(
  'tickets_settle_show',
  Settlement,
  sql`select outcome, performer as "performerId", to_json(holders) as holders
    from settle_show(${$('streamId')}::uuid,
      array(select jsonb_array_elements_text(${$('refundIds')}::text::jsonb)::uuid), ${$('now')}::timestamptz)`,
);

/** Releases the tickets of a show that has ended, or gives at most as many back as there are `refundIds`. */
export const settleShow = (
  database: Database,
  of: { streamId: string; refundIds: string[]; now: string },
): Promise<Settlement> =>
  onlyRow(settleShowStatement(database, { ...of, refundIds: JSON.stringify(of.refundIds) }));

const DueShow = z.object({ streamId: z.string(), isOverdue: z.boolean() });
export type DueShow = z.infer<typeof DueShow>;

// As many rows are read as there are shows with tickets that are not over yet.
const listDueStatement = preparedSql(
  'tickets_list_due',
  DueShow,
  sql`select stream_id as "streamId", status = 'scheduled' as "isOverdue"
    from open_shows join streams on streams.id = stream_id
    where status = 'ended' or (status = 'scheduled' and show_due_at(streams) <= ${$('dueBefore')}::timestamptz)
    order by stream_id`,
);

/** Shows with tickets that have ended and are not settled, or that were due before and have not begun. */
export const listDueShows = (database: Database, dueBefore: string): Promise<DueShow[]> =>
  listDueStatement(database, { dueBefore });
