import { sql } from 'drizzle-orm';
import { check, integer, pgTable, primaryKey, uuid } from 'drizzle-orm/pg-core';
import { instant } from './columns.js';
import { streams } from './streams.js';

/**
 * Who watches a stream through which server process, renewed every few seconds; what a killed process leaves is void
 * when it expires. Unlogged: after a crash of the database everybody reconnects anyway.
 */
export const audienceLeases = pgTable(
  'audience_leases',
  {
    /** Chosen by a process when it starts. */
    nodeId: uuid('node_id').notNull(),
    streamId: uuid('stream_id')
      .notNull()
      .references(() => streams.id, { onDelete: 'cascade' }),
    userIds: uuid('user_ids').array().notNull(),
    guestCount: integer('guest_count').notNull(),
    expiresAt: instant('expires_at').notNull(),
  },
  (table) => [
    // By stream first: the audience of a stream is the union of its leases.
    primaryKey({ name: 'audience_leases_pkey', columns: [table.streamId, table.nodeId] }),
    check('audience_leases_guest_count_not_negative', sql`${table.guestCount} >= 0`),
  ],
);
