import { sql } from 'drizzle-orm';
import { bigint, check, integer, pgTable, uuid } from 'drizzle-orm/pg-core';
import { streams } from './streams.js';

/**
 * One narrow row a stream, made with it by the trigger `streams_open_log`. Whoever appends to the log locks this row, so
 * that commit order is sequence order; the wide row of the stream is not rewritten by every message.
 */
export const streamLogs = pgTable(
  'stream_logs',
  {
    streamId: uuid('stream_id')
      .primaryKey()
      .references(() => streams.id, { onDelete: 'cascade' }),
    /** Names this history. Changed when the log is no longer the one that clients saw, as after restoring a backup. */
    epoch: integer('epoch').notNull().default(sql`floor(random() * 2147483647)`),
    lastSeq: bigint('last_seq', { mode: 'number' }).notNull().default(0),
    /** Messages up to this one are cleared from the chat; 0 when it never was. */
    clearedSeq: bigint('cleared_seq', { mode: 'number' }).notNull().default(0),
    /** Not a foreign key, which would be circular: messages go with their log, and never before it. */
    pinnedMessageId: uuid('pinned_message_id'),
  },
  (table) => [
    check('stream_logs_epoch_not_negative', sql`${table.epoch} >= 0`),
    check('stream_logs_seq_in_order', sql`${table.clearedSeq} between 0 and ${table.lastSeq}`),
  ],
);
