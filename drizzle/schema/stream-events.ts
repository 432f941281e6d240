import { sql } from 'drizzle-orm';
import { bigint, check, jsonb, pgEnum, pgTable, primaryKey, uuid } from 'drizzle-orm/pg-core';
import { createdAt } from './columns.js';
import { streamLogs } from './stream-logs.js';

export const streamEventType = pgEnum('stream_event_type', [
  'chatMessage',
  'messageDeleted',
  'chatCleared',
  'messagePinned',
  'tipReceived',
  'tipGoalChanged',
  'streamUpdate',
  'modesChanged',
  'viewerRestricted',
  'viewerRestored',
  'moderatorAdded',
  'moderatorRemoved',
]);

/**
 * The log of a stream, which its live feed is read from: 1, 2, 3… without a gap. A chat message is the row of `messages`
 * with the same `seq`, and a stream update the stream as it is; other events are told by `payload`.
 */
export const streamEvents = pgTable(
  'stream_events',
  {
    // The log's row, which is locked already; the stream's own would get a lock of its own for every event.
    streamId: uuid('stream_id')
      .notNull()
      .references(() => streamLogs.streamId, { onDelete: 'cascade' }),
    seq: bigint('seq', { mode: 'number' }).notNull(),
    type: streamEventType('type').notNull(),
    payload: jsonb('payload'),
    createdAt: createdAt(),
  },
  (table) => [
    // Replay: the events of a stream after a seq, in order.
    primaryKey({ name: 'stream_events_pkey', columns: [table.streamId, table.seq] }),
    check('stream_events_seq_positive', sql`${table.seq} > 0`),
  ],
);
