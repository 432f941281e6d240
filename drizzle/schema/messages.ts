import { sql } from 'drizzle-orm';
import {
  type AnyPgColumn,
  bigint,
  check,
  index,
  pgTable,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { createdAt, id, instant } from './columns.js';
import { streamLogs } from './stream-logs.js';
import { users } from './users.js';

/** Chat messages. A deleted one keeps its row, with `deleted_at` set, so that every client can be told. */
export const messages = pgTable(
  'messages',
  {
    id: id(),
    streamId: uuid('stream_id')
      .notNull()
      .references(() => streamLogs.streamId, { onDelete: 'cascade' }),
    authorId: uuid('author_id')
      .notNull()
      .references(() => users.id, { onDelete: 'restrict' }),
    /** The place of the message in the log of its stream. */
    seq: bigint('seq', { mode: 'number' }).notNull(),
    content: text('content').notNull(),
    /** Whom the text names with `@username`, as it was when it was sent. */
    mentionedIds: uuid('mentioned_ids').array().notNull().default(sql`'{}'`),
    /** Chosen by the client, so that a retry finds the message instead of sending it twice. */
    clientMessageId: text('client_message_id'),
    /** Null too when the message that was replied to is gone. */
    replyToId: uuid('reply_to_id').references((): AnyPgColumn => messages.id, { onDelete: 'set null' }),
    deletedAt: instant('deleted_at'),
    deletedById: uuid('deleted_by_id').references(() => users.id, { onDelete: 'restrict' }),
    createdAt: createdAt(),
  },
  (table) => [
    // History of a room, newest first, and the replay of its log.
    uniqueIndex('messages_stream_seq_key').on(table.streamId, table.seq),
    // Slow mode: when somebody last wrote in a room. Author first, or small tables would be read by it for a seq.
    index('messages_author_idx').on(table.authorId, table.streamId, table.seq),
    // The retry of one author in one room; two authors may choose the same.
    uniqueIndex('messages_client_message_key')
      .on(table.streamId, table.authorId, table.clientMessageId)
      .where(sql`client_message_id is not null`),
    // Lets a message be deleted without reading the whole table for its replies.
    index('messages_reply_to_idx').on(table.replyToId).where(sql`reply_to_id is not null`),
    check('messages_content_length', sql`length(${table.content}) between 1 and 500`),
    check('messages_client_message_id_length', sql`length(${table.clientMessageId}) between 1 and 128`),
    check('messages_deleted_by_somebody', sql`(${table.deletedAt} is null) = (${table.deletedById} is null)`),
  ],
);
