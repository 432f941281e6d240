import { streams, users } from '@versbottomlex/database';
import type { Stream, StreamStatus } from '@versbottomlex/shared';
import { and, desc, eq, type SQL, sql } from 'drizzle-orm';
import { type Database, type DatabaseClient, prepared } from '../platform/database.js';

const $ = sql.placeholder;

/** A stream with its performer, as everyone sees it. */
export const streamColumns = {
  id: streams.id,
  performer: {
    id: users.id,
    username: users.username,
    displayName: users.displayName,
    avatarUrl: users.avatarUrl,
    isVerified: users.isVerified,
  },
  title: streams.title,
  description: streams.description,
  category: streams.category,
  tags: streams.tags,
  status: streams.status,
  isPrivate: streams.isPrivate,
  price: streams.priceAmount,
  currency: streams.currency,
  viewerCount: streams.viewerCount,
  scheduledStartAt: streams.scheduledStartAt,
  startedAt: streams.startedAt,
  endedAt: streams.endedAt,
  createdAt: streams.createdAt,
  updatedAt: streams.updatedAt,
};

export type StreamFilter = {
  status?: StreamStatus;
  performerId?: string;
  category?: string;
  tag?: string;
  /** A tsquery of the simple configuration. */
  words?: string;
  /** Where the page before ended: its last stream. */
  after?: { id: string; viewerCount: number };
};

type FilterName = keyof StreamFilter;
type Sort = 'newest' | 'viewers';

const conditions: Record<Exclude<FilterName, 'after'>, SQL> = {
  status: eq(streams.status, $('status')),
  performerId: eq(streams.performerId, $('performerId')),
  category: sql`lower(${streams.category}) = lower(${$('category')}::text)`,
  tag: sql`${streams.tags} @> array[${$('tag')}::text]`,
  words: sql`${streams.search} @@ to_tsquery('simple', ${$('words')}::text)`,
};

const afterConditions: Record<Sort, SQL> = {
  newest: sql`${streams.id} < ${$('afterId')}::uuid`,
  viewers: sql`(${streams.viewerCount}, ${streams.id}) < (${$('afterViewerCount')}::int, ${$('afterId')}::uuid)`,
};

const build = (client: DatabaseClient, sort: Sort, names: FilterName[]) =>
  client
    .select(streamColumns)
    .from(streams)
    .innerJoin(users, eq(users.id, streams.performerId))
    .where(
      and(
        eq(streams.isPrivate, sql`false`),
        ...names.map((name) => (name === 'after' ? afterConditions[sort] : conditions[name])),
      ),
    )
    .orderBy(...(sort === 'viewers' ? [desc(streams.viewerCount)] : []), desc(streams.id))
    .limit($('limit'))
    .prepare(['streams_list', sort, ...names].join('_'));

const statements = new Map<string, ReturnType<typeof prepared<Stream[]>>>();

/** One prepared statement for each combination of filters, made when it is first asked for; there are 64 a sort. */
const statementFor = (sort: Sort, names: FilterName[]) => {
  const key = `${sort}:${names.join()}`;
  let statement = statements.get(key);
  if (!statement) {
    statement = prepared<Stream[]>((client) => build(client, sort, names));
    statements.set(key, statement);
  }
  return statement;
};

const filterNames: FilterName[] = ['status', 'performerId', 'category', 'tag', 'words', 'after'];

/** Up to `limit` public streams in the given order, from after `filter.after` on. */
export const listStreams = (
  database: Database,
  sort: Sort,
  limit: number,
  filter: StreamFilter,
): Promise<Stream[]> => {
  const names = filterNames.filter((name) => filter[name] !== undefined);
  const { after, ...values } = filter;
  return statementFor(sort, names)(database, {
    ...values,
    limit,
    afterId: after?.id,
    afterViewerCount: after?.viewerCount,
  });
};
