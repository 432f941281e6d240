import { streams, users } from '@versbottomlex/database';
import type { Stream } from '@versbottomlex/shared';
import { and, eq, ne, sql } from 'drizzle-orm';
import { QueryBuilder } from 'drizzle-orm/pg-core';
import { z } from 'zod';
import { AppError, invalidField } from '../platform/app-error.js';
import { type Database, preparedRows, preparedSql } from '../platform/database.js';
import { translating } from '../platform/database-errors.js';
import { streamColumns, toStream } from './stream-row.queries.js';

const $ = sql.placeholder;

const alreadyLive = () =>
  new AppError('ALREADY_LIVE', { detail: 'Another stream of this performer is live; end it first.' });

const findStreamStatement = preparedRows(
  'streams_find',
  new QueryBuilder()
    .select(streamColumns)
    .from(streams)
    .innerJoin(users, eq(users.id, streams.performerId))
    .where(eq(streams.id, $('id'))),
  toStream,
);

export const findStream = async (database: Database, id: string): Promise<Stream | undefined> =>
  (await findStreamStatement(database, { id }))[0];

const hasTicketStatement = preparedSql(
  'streams_has_ticket',
  z.object({ hasTicket: z.boolean() }),
  sql`select has_ticket(${$('streamId')}::uuid, ${$('userId')}::uuid) as "hasTicket"`,
);

/** Whether the user has bought a ticket, and not got the money back. */
export const hasTicket = async (
  database: Database,
  of: { streamId: string; userId: string },
): Promise<boolean> => (await hasTicketStatement(database, of))[0]?.hasTicket ?? false;

const IdRow = z.object({ id: z.string() });

const insertStreamStatement = preparedSql(
  'streams_insert',
  IdRow,
  sql`insert into streams (id, performer_id, title, description, category, tags, status, is_private, price_amount,
      currency, scheduled_start_at, started_at)
    select ${$('id')}::uuid, users.id, ${$('title')}::text, ${$('description')}::text, ${$('category')}::text,
      array(select jsonb_array_elements_text(${$('tags')}::text::jsonb)), ${$('status')}::stream_status,
      ${$('isPrivate')}::boolean, ${$('price')}::int, ${$('currency')}::char(3),
      ${$('scheduledStartAt')}::timestamptz, ${$('startedAt')}::timestamptz
    from users where users.id = ${$('performerId')}::uuid and deleted_at is null and suspended_at is null
    for share
    returning id`,
);

export type NewStream = {
  id: string;
  performerId: string;
  title: string;
  description: string;
  category: string | null;
  tags: string[];
  status: 'scheduled' | 'live';
  isPrivate: boolean;
  price: number | null;
  currency: string;
  scheduledStartAt: string | null;
  startedAt: string | null;
};

/**
 * False when the performer's account is gone or suspended; its row is locked meanwhile, so that what ends it at the same
 * moment finds the stream. Throws ALREADY_LIVE.
 */
export const insertStream = async (database: Database, stream: NewStream): Promise<boolean> => {
  const statement = insertStreamStatement(database, { ...stream, tags: JSON.stringify(stream.tags) });
  const rows = await translating(statement, { streams_one_live_per_performer: alreadyLive });
  return rows.length > 0;
};

const startStreamStatement = preparedSql(
  'streams_start',
  IdRow,
  sql`update streams set status = 'live', started_at = ${$('now')}::timestamptz
    where id = ${$('id')}::uuid and status = 'scheduled' returning id`,
);

/** False when the stream is not scheduled any more. Throws ALREADY_LIVE. */
export const startStream = async (database: Database, of: { id: string; now: string }): Promise<boolean> => {
  const rows = await translating(startStreamStatement(database, of), {
    streams_one_live_per_performer: alreadyLive,
  });
  return rows.length > 0;
};

const endStreamStatement = preparedSql(
  'streams_end',
  IdRow,
  sql`with ended as (
      update streams set status = 'ended', ended_at = ${$('now')}::timestamptz, viewer_count = 0
      where id = ${$('id')}::uuid and status <> 'ended' returning id, performer_id
    ), noted as materialized (
      select note_audit(${$('actorId')}::uuid, 'stream_ended', performer_id, jsonb_build_object('streamId', id))
      from ended where performer_id <> ${$('actorId')}::uuid
    )
    select id from ended left join noted on true`,
);

/** False when it had ended before. Whoever ends another's is noted. */
export const endStream = async (
  database: Database,
  of: { id: string; actorId: string; now: string },
): Promise<boolean> => (await endStreamStatement(database, of)).length > 0;

const endOverdueStatement = preparedSql(
  'streams_end_overdue',
  IdRow,
  sql`update streams set status = 'ended', ended_at = ${$('now')}::timestamptz, viewer_count = 0
    where id = ${$('id')}::uuid and status = 'scheduled' and show_due_at(streams) <= ${$('dueBefore')}::timestamptz
    returning id`,
);

/** False when it has begun, has ended, or was not due yet. */
export const endOverdueStream = async (
  database: Database,
  of: { id: string; dueBefore: string; now: string },
): Promise<boolean> => (await endOverdueStatement(database, of)).length > 0;

export type StreamChanges = Partial<
  Pick<
    typeof streams.$inferInsert,
    'title' | 'description' | 'category' | 'tags' | 'scheduledStartAt' | 'isPrivate' | 'priceAmount'
  >
>;

/**
 * Changes a stream that has not ended, and one that is scheduled where `onlyScheduled`; false otherwise. Throws
 * VALIDATION_FAILED when privacy and price would not fit together, TICKETS_SOLD when holders of tickets were promised
 * otherwise.
 */
export const updateStream = async (
  database: Database,
  id: string,
  changes: StreamChanges,
  onlyScheduled: boolean,
): Promise<boolean> => {
  const { client } = database;
  const isOpen = onlyScheduled ? eq(streams.status, 'scheduled') : ne(streams.status, 'ended');
  const statement = database.run(() =>
    client
      .update(streams)
      .set(changes)
      .where(and(eq(streams.id, id), isOpen))
      .returning({ id: streams.id })
      .execute(),
  );
  const rows = await translating(statement, {
    streams_tickets_sold: () =>
      new AppError('TICKETS_SOLD', {
        detail:
          'Tickets of this show are sold for its time: its schedule and its privacy stay. Ending it refunds them.',
      }),
    streams_price_iff_private: () => invalidField('price', 'goes with a private stream, and only there'),
  });
  return rows.length > 0;
};
