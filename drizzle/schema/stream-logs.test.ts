import { eq, sql } from 'drizzle-orm';
import { afterAll, describe, expect, it } from 'vitest';
import { openModel, refusalOf } from '../../server/test/model.js';
import { aMoment } from '../../server/test/rows.js';
import { streamEvents, streamLogs, streams } from './index.js';

const model = await openModel();
const { db } = model;
afterAll(model.close);

const unknown = '019b76f2-7a6e-7c3a-9d53-2f1f0a6b8c11';
const find = async (streamId: string) =>
  (await db.select().from(streamLogs).where(eq(streamLogs.streamId, streamId)))[0];
const change = (streamId: string, values: Partial<typeof streamLogs.$inferInsert>) =>
  refusalOf(db.update(streamLogs).set(values).where(eq(streamLogs.streamId, streamId)));
const typesOf = async (streamId: string) => {
  const events = await db
    .select()
    .from(streamEvents)
    .where(eq(streamEvents.streamId, streamId))
    .orderBy(streamEvents.seq);
  return events.map(({ seq, type }) => `${seq} ${type}`);
};
const update = (id: string, values: Partial<typeof streams.$inferInsert>) =>
  db.update(streams).set(values).where(eq(streams.id, id));

describe('columns', () => {
  it('may be null only where null means something', async () => {
    expect(await model.nullableColumns('stream_logs')).toEqual(['pinned_message_id']);
  });
});

describe('constraints', () => {
  it('stream_logs_pkey: a stream has one log', async () => {
    const streamId = await model.addStream();
    expect(await refusalOf(db.insert(streamLogs).values({ streamId }))).toBe('stream_logs_pkey');
  });

  it('stream_logs_stream_id_streams_id_fk: a log is that of a stream and goes with it', async () => {
    const refusal = await refusalOf(db.insert(streamLogs).values({ streamId: unknown }));
    expect(refusal).toBe('stream_logs_stream_id_streams_id_fk');
    const streamId = await model.addStream();
    await db.delete(streams).where(eq(streams.id, streamId));
    expect(await find(streamId)).toBeUndefined();
  });

  it('stream_logs_epoch_not_negative: an epoch is never negative', async () => {
    const streamId = await model.addStream();
    expect(await change(streamId, { epoch: 0 })).toBe('accepted');
    expect(await change(streamId, { epoch: -1 })).toBe('stream_logs_epoch_not_negative');
  });

  it('stream_logs_seq_in_order: nothing is cleared that is not there yet', async () => {
    const streamId = await model.addStream();
    const rule = 'stream_logs_seq_in_order';
    expect(await change(streamId, { lastSeq: 5, clearedSeq: 5 })).toBe('accepted');
    expect(await change(streamId, { clearedSeq: 6 })).toBe(rule);
    expect(await change(streamId, { clearedSeq: -1 })).toBe(rule);
    expect(await change(streamId, { lastSeq: 4 })).toBe(rule);
  });
});

describe('triggers', () => {
  it('streams_keep_log: a new stream opens its log, and tells every change that viewers see', async () => {
    const id = await model.addStream();
    expect(await find(id)).toEqual({
      streamId: id,
      epoch: expect.any(Number),
      lastSeq: 1,
      clearedSeq: 0,
      pinnedMessageId: null,
    });
    await update(id, { title: 'Another title' });
    await update(id, { status: 'live', startedAt: aMoment });
    await update(id, { thumbnailUrl: 'https://example.com/thumbnail.webp' });
    expect(await typesOf(id)).toEqual([1, 2, 3, 4].map((seq) => `${seq} streamUpdate`));
  });

  it('leave the log alone when only the audience changes', async () => {
    const id = await model.addStream();
    await update(id, { viewerCount: 5, peakViewerCount: 5 });
    expect(await typesOf(id)).toEqual(['1 streamUpdate']);
  });
});

describe('functions', () => {
  const append = (id: string, payload: unknown = {}) =>
    model.query(
      sql`select append_stream_event(${id}, 'chatCleared', ${JSON.stringify(payload)}::jsonb)::int as seq`,
    );

  it('append_stream_event: appends under the next seq, without a gap when many do at once', async () => {
    const id = await model.addStream();
    const rows = await Promise.all(Array.from({ length: 40 }, () => append(id)));
    const seqs = rows.map(([row]) => Number(row?.seq)).sort((a, b) => a - b);
    expect(seqs).toEqual(Array.from({ length: 40 }, (_, index) => index + 2));
    expect((await find(id))?.lastSeq).toBe(41);
  });

  it('refuse to append to a log that there is not', async () => {
    expect(await refusalOf(append(unknown))).toBe('P0002');
  });
});
