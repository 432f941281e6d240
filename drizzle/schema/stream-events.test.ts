import { eventTypesByKind } from '@versbottomlex/shared';
import { eq, sql } from 'drizzle-orm';
import { afterAll, describe, expect, it } from 'vitest';
import { openModel, refusalOf } from '../../server/test/model.js';
import { streamEvents, streamEventType, streams } from './index.js';

const model = await openModel();
const { db } = model;
afterAll(model.close);

const streamId = await model.addStream();
const insert = (given: Partial<typeof streamEvents.$inferInsert> = {}) =>
  refusalOf(db.insert(streamEvents).values({ streamId, seq: 10, type: 'chatCleared', ...given }));

describe('columns', () => {
  it('may be null only where null means something', async () => {
    expect(await model.nullableColumns('stream_events')).toEqual(['payload']);
  });
});

describe('constraints', () => {
  it('stream_events_pkey: a seq is one event of a stream', async () => {
    expect(await insert({ seq: 20 })).toBe('accepted');
    expect(await insert({ seq: 20 })).toBe('stream_events_pkey');
    expect(await insert({ seq: 20, streamId: await model.addStream() })).toBe('accepted');
  });

  it('stream_events_seq_positive: a log begins with 1', async () => {
    expect(await insert({ seq: 0 })).toBe('stream_events_seq_positive');
    expect(await insert({ seq: -1 })).toBe('stream_events_seq_positive');
  });

  it('stream_events_stream_id_stream_logs_stream_id_fk: an event is in a log and goes with it', async () => {
    const unknown = '019b76f2-7a6e-7c3a-9d53-2f1f0a6b8c11';
    expect(await insert({ streamId: unknown })).toBe('stream_events_stream_id_stream_logs_stream_id_fk');
    const id = await model.addStream();
    await db.delete(streams).where(eq(streams.id, id));
    expect(await db.select().from(streamEvents).where(eq(streamEvents.streamId, id))).toEqual([]);
  });
});

describe('types', () => {
  it('stream_event_type: every kind of event but presence, which is not logged', async () => {
    const { presence, ...logged } = eventTypesByKind;
    expect([...streamEventType.enumValues].sort()).toEqual(Object.values(logged).flat().sort());
    expect(presence.filter((type) => streamEventType.enumValues.some((value) => value === type))).toEqual([]);
    const rows = await model.query(sql`select unnest(enum_range(null::stream_event_type))::text as value`);
    expect(rows.map(({ value }) => value)).toEqual([...streamEventType.enumValues]);
  });
});
