import { streams, users } from '@versbottomlex/database';
import { ListStreamsInput, type Stream } from '@versbottomlex/shared';
import { eq, inArray } from 'drizzle-orm';
import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, describe, expect, it } from 'vitest';
import { createFactories } from '../../test/factories.js';
import { outcomeOf } from '../../test/outcome.js';
import { aMoment, endedStreamRow, liveStreamRow, type StreamRow, userRow } from '../../test/rows.js';
import { scaled } from '../../test/scale.js';
import { createTestServices } from '../../test/services.js';
import { encodeCursor } from '../platform/cursor.js';

const platform = await createTestServices();
const { services, database } = platform;
const { client } = database;
const factories = createFactories(platform);
afterAll(platform.close);

const addPerformers = async (count: number): Promise<string[]> => {
  const rows = Array.from({ length: count }, () => userRow({ role: 'performer', isVerified: true }));
  await client.insert(users).values(rows);
  return rows.map((row) => row.id);
};
const [performerId = ''] = await addPerformers(1);

/** Ended streams, of which one performer may have any number, in a category of the test's own. */
const addEnded = async (count: number, given: Partial<StreamRow>): Promise<string[]> => {
  const rows = Array.from({ length: count }, () => endedStreamRow({ performerId, ...given }));
  await client.insert(streams).values(rows);
  return rows.map((row) => row.id);
};

const list = (input: Partial<ListStreamsInput>) => services.streams.list(ListStreamsInput.parse(input));
const idsOf = (items: Stream[]) => items.map((stream) => stream.id);

/** Every page of a list, one after the other, with whatever happens in between. */
const readPages = async (input: Partial<ListStreamsInput>, between = async () => {}): Promise<Stream[][]> => {
  const pages: Stream[][] = [];
  let cursor: string | null | undefined;
  do {
    const page = await list({ ...input, ...(cursor && { cursor }) });
    pages.push(page.items);
    cursor = page.nextCursor;
    await between();
  } while (cursor !== null);
  return pages;
};

describe('newest', () => {
  it('lists the newest first, page by page, and ends with null', async () => {
    const ids = await addEnded(7, { category: 'pages' });
    const pages = await readPages({ status: 'ended', category: 'pages', limit: 3 });
    expect(pages.map((page) => page.length)).toEqual([3, 3, 1]);
    expect(idsOf(pages.flat())).toEqual(ids.reverse());
  });

  it('has no page more when the last one is full, and none at all for nothing', async () => {
    await addEnded(6, { category: 'full' });
    const pages = await readPages({ status: 'ended', category: 'full', limit: 3 });
    expect(pages.map((page) => page.length)).toEqual([3, 3]);
    expect(await list({ category: 'nothing' })).toEqual({ items: [], nextCursor: null });
  });

  it('gives 20 unless asked otherwise, and up to 100', async () => {
    await addEnded(101, { category: 'many' });
    expect((await list({ status: 'ended', category: 'many' })).items).toHaveLength(20);
    const hundred = await list({ status: 'ended', category: 'many', limit: 100 });
    expect(hundred.items).toHaveLength(100);
    expect(hundred.nextCursor).not.toBeNull();
  });

  it('never repeats a stream, nor skips one that was live throughout, while streams begin and end', async () => {
    const pool = await addPerformers(40);
    const change = fc.record({ begin: fc.nat(4), end: fc.array(fc.nat(39), { maxLength: 4 }) });
    const scenario = fc.record({
      atFirst: fc.integer({ min: 1, max: 25 }),
      limit: fc.integer({ min: 1, max: 6 }),
      changes: fc.array(change, { maxLength: 12 }),
    });
    const property = fc.asyncProperty(scenario, async ({ atFirst, limit, changes }) => {
      const category = uuidv7();
      const idle = [...pool];
      const begin = async (count: number) => {
        const rows = idle.splice(0, count).map((id) => liveStreamRow({ performerId: id, category }));
        if (rows.length > 0) await client.insert(streams).values(rows);
        return rows.map((row) => row.id);
      };
      const live = await begin(atFirst);
      const ended = new Set<string>();
      const end = async (ids: string[]) => {
        for (const id of ids) ended.add(id);
        const change = { status: 'ended' as const, endedAt: aMoment };
        if (ids.length > 0) await client.update(streams).set(change).where(inArray(streams.id, ids));
      };

      const pending = [...changes];
      const pages = await readPages({ category, limit }, async () => {
        const next = pending.shift();
        if (!next) return;
        await begin(next.begin);
        await end(next.end.map((place) => live[place]).filter((id) => id !== undefined));
      });
      const seen = idsOf(pages.flat());
      expect(seen).toEqual([...new Set(seen)].sort().reverse());
      const throughout = live.filter((id) => !ended.has(id));
      expect(seen).toEqual(expect.arrayContaining(throughout));
      await client
        .update(streams)
        .set({ status: 'ended', endedAt: aMoment })
        .where(eq(streams.category, category));
    });
    await fc.assert(property, { numRuns: scaled({ quick: 25, full: 1000 }), seed: 20_260_104 });
  });
});

describe('viewers', () => {
  it('lists the most watched first, the newest of equals first, page by page', async () => {
    const counts = [5, 0, 9, 5, 5, 1, 9];
    const ids: string[] = [];
    for (const viewerCount of counts) ids.push(...(await addEnded(1, { category: 'watched', viewerCount })));
    const expected = [6, 2, 4, 3, 0, 5, 1].map((place) => ids[place]);
    for (const limit of [1, 2, 3, 7]) {
      const pages = await readPages({ status: 'ended', category: 'watched', sort: 'viewers', limit });
      expect(idsOf(pages.flat())).toEqual(expected);
    }
  });

  it('is in order and never has a stream twice within a page, however the counts change', async () => {
    const ids = await addEnded(30, { category: 'changing' });
    let round = 0;
    const shuffle = async () => {
      round += 1;
      for (const [place, id] of ids.entries()) {
        const viewerCount = (place * 7 + round * 11) % 13;
        await client.update(streams).set({ viewerCount }).where(eq(streams.id, id));
      }
    };
    const pages = await readPages(
      { status: 'ended', category: 'changing', sort: 'viewers', limit: 8 },
      shuffle,
    );
    for (const page of pages) {
      expect(new Set(idsOf(page)).size).toBe(page.length);
      const counts = page.map((stream) => stream.viewerCount);
      expect(counts).toEqual([...counts].sort((a, b) => b - a));
    }
  });
});

describe('cursors', () => {
  it.each<[string, string]>([
    ['text', 'nonsense'],
    ['an emoji', '👩'],
    ['JSON of another shape', Buffer.from('{"id":1}').toString('base64url')],
    ['a place in the payment history', encodeCursor([uuidv7()])],
    ['no id', encodeCursor(["' or 1=1 --", 1])],
    ['a fraction', encodeCursor([uuidv7(), 1.5])],
    ['a count beyond PostgreSQL’s integer', encodeCursor([uuidv7(), 2 ** 31])],
    ['a count far beyond it', encodeCursor([uuidv7(), Number.MAX_SAFE_INTEGER])],
    ['more than a place', encodeCursor([uuidv7(), 1, 1])],
  ])('with %s are refused', async (_name, cursor) => {
    for (const sort of ['newest', 'viewers'] as const) {
      expect(await outcomeOf(list({ sort, cursor }))).toBe('VALIDATION_FAILED');
    }
    const ofUser = services.streams.listOfUser({ id: performerId, limit: 20, cursor });
    expect(await outcomeOf(ofUser)).toBe('VALIDATION_FAILED');
  });

  it('of a place that is no stream any more go on from there', async () => {
    const ids = await addEnded(3, { category: 'gone' });
    const cursor = encodeCursor([ids[2] ?? '', 0]);
    await client.delete(streams).where(eq(streams.id, ids[2] ?? ''));
    const page = await list({ status: 'ended', category: 'gone', cursor });
    expect(idsOf(page.items)).toEqual([ids[1], ids[0]]);
  });
});

describe('the streams of a user', () => {
  it('are the public ones in any status, newest first, page by page', async () => {
    const performer = await factories.performer();
    const ended = await factories.endedStream(performer);
    const scheduled = await factories.scheduledStream(performer);
    await factories.scheduledStream(performer, { isPrivate: true, price: 500 });
    const live = await factories.stream(performer);
    await factories.stream(await factories.performer());
    const { id } = performer.user;
    const first = await services.streams.listOfUser({ id, limit: 2 });
    expect(idsOf(first.items)).toEqual([live.id, scheduled.id]);
    const next = await services.streams.listOfUser({ id, limit: 2, cursor: first.nextCursor ?? '' });
    expect([idsOf(next.items), next.nextCursor]).toEqual([[ended.id], null]);
  });

  it('are not those of nobody', async () => {
    expect(await outcomeOf(services.streams.listOfUser({ id: uuidv7(), limit: 20 }))).toBe('NOT_FOUND');
  });
});
