import { eq, sql } from 'drizzle-orm';
import { afterAll, describe, expect, it } from 'vitest';
import { openModel, refusalOf } from '../../server/test/model.js';
import { aMoment, endedStreamRow, liveStreamRow, type StreamRow, streamRow } from '../../server/test/rows.js';
import { streams, users } from './index.js';

const model = await openModel();
const { db } = model;
afterAll(model.close);

const performerId = await model.addUser();
const insert = (given: Partial<StreamRow> = {}) =>
  refusalOf(db.insert(streams).values(streamRow({ performerId, ...given })));
const find = async (id: string) => (await db.select().from(streams).where(eq(streams.id, id)))[0];

describe('columns', () => {
  it('may be null only where null means something', async () => {
    const nullable = [
      'category',
      'ended_at',
      'price_amount',
      'scheduled_start_at',
      'search',
      'started_at',
      'thumbnail_url',
    ];
    expect(await model.nullableColumns('streams')).toEqual(nullable);
  });

  it('default to a public stream of now without viewers', async () => {
    const row = streamRow({ performerId });
    await db.insert(streams).values(row);
    const { createdAt, updatedAt, ...stream } = (await find(row.id)) ?? expect.fail();
    expect(stream).toEqual({
      ...row,
      description: '',
      category: null,
      thumbnailUrl: null,
      tags: [],
      isPrivate: false,
      priceAmount: null,
      currency: 'USD',
      viewerCount: 0,
      peakViewerCount: 0,
      scheduledStartAt: null,
      startedAt: null,
      endedAt: null,
      search: "'a':1 'title':2",
    });
    expect(createdAt).toBe(updatedAt);
    expect(Math.abs(Date.parse(createdAt) - Date.now())).toBeLessThan(60_000);
  });

  it('search follows title and description', async () => {
    const id = await model.addStream({ title: 'Night piano', description: 'Slow' });
    await db.update(streams).set({ description: 'Fast' }).where(eq(streams.id, id));
    expect((await find(id))?.search).toBe("'fast':3 'night':1 'piano':2");
  });

  it('stream_status: is declared in the order of a life, which the guard compares by', async () => {
    expect(await model.query(sql`select enum_range(null::stream_status)::text as statuses`)).toEqual([
      { statuses: '{scheduled,live,ended}' },
    ]);
  });
});

describe('constraints', () => {
  it('streams_pkey: an id is used once', async () => {
    const id = await model.addStream();
    expect(await insert({ id })).toBe('streams_pkey');
  });

  it('streams_performer_id_users_id_fk: a stream is of an account, whose row stays', async () => {
    const unknown = '019b76f2-7a6e-7c3a-9d53-2f1f0a6b8c11';
    expect(await insert({ performerId: unknown })).toBe('streams_performer_id_users_id_fk');
    const owner = await model.addUser();
    await model.addStream({ performerId: owner });
    const removal = refusalOf(db.delete(users).where(eq(users.id, owner)));
    expect(await removal).toBe('streams_performer_id_users_id_fk');
  });

  it('streams_one_live_per_performer: one live stream each, beside any number of others', async () => {
    const [one, other] = [await model.addUser(), await model.addUser()];
    await db.insert(streams).values(liveStreamRow({ performerId: one }));
    for (const row of [streamRow({ performerId: one }), endedStreamRow({ performerId: one })]) {
      expect(await refusalOf(db.insert(streams).values(row))).toBe('accepted');
    }
    const second = refusalOf(db.insert(streams).values(liveStreamRow({ performerId: one })));
    expect(await second).toBe('streams_one_live_per_performer');
    const hidden = liveStreamRow({ performerId: one, isPrivate: true, priceAmount: 1 });
    expect(await refusalOf(db.insert(streams).values(hidden))).toBe('streams_one_live_per_performer');
    expect(await refusalOf(db.insert(streams).values(liveStreamRow({ performerId: other })))).toBe(
      'accepted',
    );
  });

  it('streams_title_length: 3 to 100 characters', async () => {
    for (const title of ['abc', '🎹'.repeat(100)]) expect(await insert({ title })).toBe('accepted');
    for (const title of ['ab', 'x'.repeat(101)]) expect(await insert({ title })).toBe('streams_title_length');
  });

  it('streams_description_length: at most 5000 characters', async () => {
    expect(await insert({ description: 'é'.repeat(5000) })).toBe('accepted');
    expect(await insert({ description: 'x'.repeat(5001) })).toBe('streams_description_length');
  });

  it('streams_tags_count: at most 10 tags', async () => {
    expect(await insert({ tags: Array.from({ length: 10 }, (_, index) => `t${index}`) })).toBe('accepted');
    const eleven = Array.from({ length: 11 }, (_, index) => `t${index}`);
    expect(await insert({ tags: eleven })).toBe('streams_tags_count');
  });

  it('streams_price_iff_private: a price goes with a private stream, and only there', async () => {
    expect(await insert({ isPrivate: true, priceAmount: 500 })).toBe('accepted');
    expect(await insert({ isPrivate: true })).toBe('streams_price_iff_private');
    expect(await insert({ isPrivate: false, priceAmount: 500 })).toBe('streams_price_iff_private');
  });

  it('streams_price_positive: 1 to 100,000,000 minor units', async () => {
    for (const priceAmount of [1, 100_000_000]) {
      expect(await insert({ isPrivate: true, priceAmount })).toBe('accepted');
    }
    for (const priceAmount of [0, -1, 100_000_001]) {
      expect(await insert({ isPrivate: true, priceAmount })).toBe('streams_price_positive');
    }
  });

  it('streams_viewer_count_not_negative: counts up from 0', async () => {
    expect(await insert({ viewerCount: 0 })).toBe('accepted');
    expect(await insert({ viewerCount: -1 })).toBe('streams_viewer_count_not_negative');
  });

  it('streams_peak_viewer_count_not_negative: a peak is 0 or more', async () => {
    expect(await insert({ peakViewerCount: 0 })).toBe('accepted');
    expect(await insert({ peakViewerCount: -1 })).toBe('streams_peak_viewer_count_not_negative');
  });

  it('streams_times_match_status: a status has exactly the times that it passed', async () => {
    const started = { startedAt: aMoment };
    const ended = { endedAt: aMoment };
    const live = async (given: Partial<StreamRow>) =>
      insert({ performerId: await model.addUser(), status: 'live', ...given });

    expect(await insert({ status: 'scheduled', scheduledStartAt: aMoment })).toBe('accepted');
    expect(await live(started)).toBe('accepted');
    expect(await insert({ status: 'ended', ...started, ...ended })).toBe('accepted');
    // A stream that was called off before it began.
    expect(await insert({ status: 'ended', ...ended })).toBe('accepted');
    const refused = await Promise.all([
      insert({ status: 'scheduled', ...started }),
      insert({ status: 'scheduled', ...ended }),
      live({}),
      live({ ...started, ...ended }),
      insert({ status: 'ended' }),
      insert({ status: 'ended', ...started }),
    ]);
    expect(new Set(refused)).toEqual(new Set(['streams_times_match_status']));
  });
});

describe('triggers', () => {
  it('streams_touch_updated_at: what performers edit moves updated_at, the viewer count does not', async () => {
    const id = await model.addStream({ updatedAt: aMoment });
    const touchedBy = async (change: Partial<StreamRow>) => {
      await db.update(streams).set({ updatedAt: aMoment }).where(eq(streams.id, id));
      await db.update(streams).set(change).where(eq(streams.id, id));
      return (await find(id))?.updatedAt !== aMoment;
    };
    expect(await touchedBy({ viewerCount: 7 })).toBe(false);
    const edits: Partial<StreamRow>[] = [
      { title: 'Another' },
      { description: 'More' },
      { category: 'Music' },
      { tags: ['piano'] },
      { isPrivate: true, priceAmount: 500 },
      { priceAmount: 600 },
      { scheduledStartAt: aMoment },
      { status: 'live', startedAt: aMoment },
    ];
    for (const edit of edits) expect(await touchedBy(edit)).toBe(true);
  });

  it('streams_guard_status: scheduled, live, ended, and never back', async () => {
    const statuses = ['scheduled', 'live', 'ended'] as const;
    const times = {
      scheduled: { startedAt: null, endedAt: null },
      live: { startedAt: aMoment, endedAt: null },
      ended: { startedAt: aMoment, endedAt: aMoment },
    };
    for (const [before, from] of statuses.entries()) {
      for (const [after, to] of statuses.entries()) {
        const id = await model.addStream({
          performerId: await model.addUser(),
          status: from,
          ...times[from],
        });
        const move = db
          .update(streams)
          .set({ status: to, ...times[to] })
          .where(eq(streams.id, id));
        const expected = after < before ? 'streams_status_moves_forward' : 'accepted';
        expect(await refusalOf(move), `${from} to ${to}`).toBe(expected);
      }
    }
  });
});
