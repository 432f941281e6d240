import { streams, users } from '@versbottomlex/database';
import type { Stream, StreamStatus } from '@versbottomlex/shared';
import { and, desc, eq, type SQL, sql } from 'drizzle-orm';
import { QueryBuilder } from 'drizzle-orm/pg-core';
import { type Database, preparedRows } from '../platform/database.js';
import { streamColumns, toStream } from './stream-row.queries.js';

const $ = sql.placeholder;

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

const select = (sort: Sort, names: FilterName[]) =>
  new QueryBuilder()
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
    .limit($('limit'));

type Statement = (database: Database, values: Record<string, unknown>) => Promise<Stream[]>;
const statements = new Map<string, Statement>();

/** One prepared statement for each combination of filters, made when it is first asked for; there are 64 a sort. */
const statementFor = (sort: Sort, names: FilterName[]): Statement => {
  const name = ['streams_list', sort, ...names].join('_');
  let statement = statements.get(name);
  if (!statement) {
    statement = preparedRows(name, select(sort, names), toStream);
    statements.set(name, statement);
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

const listChangedStatement = preparedRows(
  'streams_list_changed',
  new QueryBuilder()
    .select(streamColumns)
    .from(streams)
    .innerJoin(users, eq(users.id, streams.performerId))
    .where(and(eq(streams.isPrivate, sql`false`), sql`${streams.updatedAt} > ${$('since')}::timestamptz`))
    .orderBy(streams.updatedAt)
    .limit($('limit')),
  toStream,
);

/** Public streams that changed after `since`, oldest change first. */
export const listChangedStreams = (
  database: Database,
  of: { since: string; limit: number },
): Promise<Stream[]> => listChangedStatement(database, of);
