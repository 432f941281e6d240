import { pgTable, uuid } from 'drizzle-orm/pg-core';
import { streams } from './streams.js';

/**
 * Shows that have sold tickets, until `settle_show` has given the money to the performer or back. What the settler has
 * to look through is this, and not every show there ever was.
 */
export const openShows = pgTable('open_shows', {
  streamId: uuid('stream_id')
    .primaryKey()
    .references(() => streams.id, { onDelete: 'restrict' }),
});
