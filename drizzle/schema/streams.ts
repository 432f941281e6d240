import { sql } from 'drizzle-orm';
import {
  boolean,
  char,
  check,
  customType,
  index,
  integer,
  pgEnum,
  pgTable,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { createdAt, id, instant, updatedAt } from './columns.js';
import { users } from './users.js';

export const streamStatus = pgEnum('stream_status', ['scheduled', 'live', 'ended']);

const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' });

/** Streaming sessions. Status goes scheduled → live → ended and never back, which the trigger `guard_stream_status` holds. */
export const streams = pgTable(
  'streams',
  {
    id: id(),
    performerId: uuid('performer_id')
      .notNull()
      .references(() => users.id, { onDelete: 'restrict' }),
    title: text('title').notNull(),
    description: text('description').notNull().default(''),
    category: text('category'),
    thumbnailUrl: text('thumbnail_url'),
    tags: text('tags').array().notNull().default(sql`'{}'`),
    status: streamStatus('status').notNull(),
    isPrivate: boolean('is_private').notNull().default(false),
    /** Of a ticket, in minor units of `currency`; null for a public stream. */
    priceAmount: integer('price_amount'),
    currency: char('currency', { length: 3 }).notNull().default('USD'),
    viewerCount: integer('viewer_count').notNull().default(0),
    /** The most that watched at once. */
    peakViewerCount: integer('peak_viewer_count').notNull().default(0),
    scheduledStartAt: instant('scheduled_start_at'),
    startedAt: instant('started_at'),
    endedAt: instant('ended_at'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
    /** Words of title and description, for `q`; the simple configuration, since titles are in any language. */
    search: tsvector('search').generatedAlwaysAs(sql`to_tsvector('simple', title || ' ' || description)`),
  },
  (table) => [
    // At most one live stream a performer, whoever starts it and however often at once.
    uniqueIndex('streams_one_live_per_performer').on(table.performerId).where(sql`status = 'live'`),
    // The two orders of the public list, keyset by id.
    index('streams_public_newest_idx').on(table.status, table.id).where(sql`not is_private`),
    index('streams_public_viewers_idx')
      .on(table.status, table.viewerCount, table.id)
      .where(sql`not is_private`),
    // The directory: what changed lately.
    index('streams_public_updated_idx').on(table.updatedAt).where(sql`not is_private`),
    // The streams of a performer, and their count.
    index('streams_performer_idx').on(table.performerId, table.id),
    // Filters by tag and by words.
    index('streams_tags_idx').using('gin', table.tags),
    index('streams_search_idx').using('gin', table.search),
    check('streams_title_length', sql`length(${table.title}) between 3 and 100`),
    check('streams_description_length', sql`length(${table.description}) <= 5000`),
    check('streams_tags_count', sql`cardinality(${table.tags}) <= 10`),
    check('streams_price_iff_private', sql`${table.isPrivate} = (${table.priceAmount} is not null)`),
    check('streams_price_positive', sql`${table.priceAmount} between 1 and 100000000`),
    check('streams_viewer_count_not_negative', sql`${table.viewerCount} >= 0`),
    check('streams_peak_viewer_count_not_negative', sql`${table.peakViewerCount} >= 0`),
    check(
      'streams_times_match_status',
      sql`case ${table.status}
        when 'scheduled' then ${table.startedAt} is null and ${table.endedAt} is null
        when 'live' then ${table.startedAt} is not null and ${table.endedAt} is null
        else ${table.endedAt} is not null
      end`,
    ),
  ],
);
