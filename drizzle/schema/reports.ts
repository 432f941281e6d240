import { sql } from 'drizzle-orm';
import { check, index, pgEnum, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { createdAt, id, instant } from './columns.js';
import { streams } from './streams.js';
import { users } from './users.js';

export const reportReason = pgEnum('report_reason', [
  'spam',
  'harassment',
  'hate',
  'violence',
  'sexual_content',
  'minor_safety',
  'fraud',
  'impersonation',
  'copyright',
  'other',
]);

export const reportStatus = pgEnum('report_status', ['open', 'acted', 'dismissed']);

/** What users tell admins of others: of an account, of one of its streams, or of one of its messages. */
export const reports = pgTable(
  'reports',
  {
    id: id(),
    reporterId: uuid('reporter_id')
      .notNull()
      .references(() => users.id, { onDelete: 'restrict' }),
    /** Whom it is about: the account itself, the performer of the stream, or the author of the message. */
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'restrict' }),
    streamId: uuid('stream_id').references(() => streams.id, { onDelete: 'restrict' }),
    /** Not a foreign key: the report outlives the message. */
    messageId: uuid('message_id'),
    /** What the message said when it was reported. */
    messageContent: text('message_content'),
    reason: reportReason('reason').notNull(),
    comment: text('comment'),
    status: reportStatus('status').notNull().default('open'),
    createdAt: createdAt(),
    decidedAt: instant('decided_at'),
    decidedById: uuid('decided_by_id').references(() => users.id, { onDelete: 'restrict' }),
    /** What the admin notes for others. */
    note: text('note'),
  },
  (table) => [
    // Who reports the same again has reported it already.
    uniqueIndex('reports_one_open_per_subject')
      .on(
        table.reporterId,
        table.userId,
        sql`coalesce(stream_id, '00000000-0000-0000-0000-000000000000')`,
        sql`coalesce(message_id, '00000000-0000-0000-0000-000000000000')`,
      )
      .where(sql`status = 'open'`),
    // The queue, by status, oldest or newest first.
    index('reports_status_idx').on(table.status, table.id),
    // What was reported of one account.
    index('reports_user_idx').on(table.userId, table.id),
    check('reports_not_oneself', sql`${table.reporterId} <> ${table.userId}`),
    check('reports_message_has_stream', sql`${table.messageId} is null or ${table.streamId} is not null`),
    check('reports_comment_length', sql`length(${table.comment}) <= 1000`),
    check('reports_note_length', sql`length(${table.note}) <= 1000`),
    check(
      'reports_decided_is_complete',
      sql`case when ${table.status} = 'open' then num_nonnulls(${table.decidedAt}, ${table.decidedById}) = 0
        else num_nulls(${table.decidedAt}, ${table.decidedById}) = 0 end`,
    ),
  ],
);
