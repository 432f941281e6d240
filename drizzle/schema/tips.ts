import { sql } from 'drizzle-orm';
import {
  bigint,
  check,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { createdAt, id, instant } from './columns.js';
import { streamLogs } from './stream-logs.js';
import { users } from './users.js';

/**
 * Tips on their way into the log of their stream. Waiting for the log's lock would make the tips into one room wait for
 * each other; `log_tips` moves many at once, each exactly once.
 */
export const tipOutbox = pgTable(
  'tip_outbox',
  {
    streamId: uuid('stream_id').notNull(),
    /** Payments are never removed. */
    paymentId: uuid('payment_id').notNull(),
  },
  (table) => [primaryKey({ name: 'tip_outbox_pkey', columns: [table.streamId, table.paymentId] })],
);

/** What the tips of a stream are collected for. `raised_amount` grows as tips enter the log. */
export const tipGoals = pgTable(
  'tip_goals',
  {
    id: id(),
    streamId: uuid('stream_id')
      .notNull()
      .references(() => streamLogs.streamId, { onDelete: 'cascade' }),
    title: text('title').notNull(),
    /** In minor units of the platform's currency, as `raised_amount`. */
    targetAmount: integer('target_amount').notNull(),
    raisedAmount: bigint('raised_amount', { mode: 'number' }).notNull().default(0),
    createdAt: createdAt(),
    reachedAt: instant('reached_at'),
    /** When another took its place, or it was withdrawn. */
    endedAt: instant('ended_at'),
  },
  (table) => [
    uniqueIndex('tip_goals_one_per_stream').on(table.streamId).where(sql`ended_at is null`),
    check('tip_goals_title_length', sql`length(${table.title}) between 1 and 100`),
    check('tip_goals_target_positive', sql`${table.targetAmount} between 1 and 100000000`),
    check('tip_goals_raised_not_negative', sql`${table.raisedAmount} >= 0`),
    check(
      'tip_goals_reached_has_time',
      sql`(${table.raisedAmount} >= ${table.targetAmount}) = (${table.reachedAt} is not null)`,
    ),
  ],
);

/** What each viewer tipped in a stream under their own name, for its leaderboard. Anonymous tips are in no row. */
export const streamTippers = pgTable(
  'stream_tippers',
  {
    streamId: uuid('stream_id')
      .notNull()
      .references(() => streamLogs.streamId, { onDelete: 'cascade' }),
    userId: uuid('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    amount: bigint('amount', { mode: 'number' }).notNull(),
    tipCount: integer('tip_count').notNull(),
  },
  (table) => [
    primaryKey({ name: 'stream_tippers_pkey', columns: [table.streamId, table.userId] }),
    // The leaderboard.
    index('stream_tippers_rank_idx').on(table.streamId, table.amount.desc().nullsFirst(), table.userId),
    check('stream_tippers_amount_not_negative', sql`${table.amount} >= 0`),
    check('stream_tippers_count_not_negative', sql`${table.tipCount} >= 0`),
  ],
);
