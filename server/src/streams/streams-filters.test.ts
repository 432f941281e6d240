import { streams, users } from '@versbottomlex/database';
import { ListStreamsInput, type StreamStatus } from '@versbottomlex/shared';
import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, describe, expect, it } from 'vitest';
import { outcomeOf } from '../../test/outcome.js';
import { endedStreamRow, liveStreamRow, type StreamRow, streamRow, userRow } from '../../test/rows.js';
import { scaled } from '../../test/scale.js';
import { createTestServices } from '../../test/services.js';

const platform = await createTestServices();
const { services, database } = platform;
const { client } = database;
afterAll(platform.close);

const addPerformer = async (): Promise<string> => {
  const row = userRow({ role: 'performer', isVerified: true });
  await client.insert(users).values(row);
  return row.id;
};
const performerId = await addPerformer();
const makeRow = { scheduled: streamRow, live: liveStreamRow, ended: endedStreamRow };
const add = async (status: StreamStatus, given: Partial<StreamRow>): Promise<string> => {
  const row = makeRow[status]({ performerId, ...given });
  await client.insert(streams).values(row);
  return row.id;
};
const list = (input: Partial<ListStreamsInput>) => services.streams.list(ListStreamsInput.parse(input));
const find = async (input: Partial<ListStreamsInput>) =>
  (await list(input)).items.map((stream) => stream.id).sort();

describe('filters', () => {
  it('show public streams alone, live ones unless another status is asked for', async () => {
    const category = 'by status';
    const ids = {
      scheduled: await add('scheduled', { category }),
      live: await add('live', { category }),
      ended: await add('ended', { category }),
    };
    const hidden = { category, isPrivate: true, priceAmount: 500 };
    await add('scheduled', hidden);
    await add('live', { ...hidden, performerId: await addPerformer() });
    await add('ended', hidden);
    expect(await find({ category })).toEqual([ids.live]);
    for (const status of ['scheduled', 'live', 'ended'] as const) {
      expect(await find({ category, status })).toEqual([ids[status]]);
    }
  });

  it('take a category in whatever case, and not a part of it', async () => {
    const id = await add('ended', { category: 'Música Élite' });
    for (const category of ['Música Élite', 'MÚSICA élite']) {
      expect(await find({ status: 'ended', category })).toEqual([id]);
    }
    for (const category of ['Música', 'M%', 'Música Élite!', 'Musica Elite']) {
      expect(await find({ status: 'ended', category })).toEqual([]);
    }
  });

  it('take a tag in whatever case, and not a part of it', async () => {
    const id = await add('ended', { tags: ['piano', 'música', 'lo-fi_1'] });
    for (const tag of ['piano', 'PIANO', ' Música ', 'lo-fi_1']) {
      expect(await find({ status: 'ended', tag })).toEqual([id]);
    }
    for (const tag of ['pian', 'lo-fi', '1']) expect(await find({ status: 'ended', tag })).toEqual([]);
  });

  it('combine in every way, in both orders', async () => {
    const other = await addPerformer();
    const wanted = { performerId: other, category: 'combined', tags: ['combined'], title: 'combined words' };
    const id = await add('live', wanted);
    const misses: Partial<StreamRow>[] = [
      { performerId: await addPerformer() },
      { performerId: other, category: 'else' },
      { performerId: other, tags: ['else'] },
      { performerId: other, title: 'else' },
    ];
    for (const miss of misses) await add('ended', { ...wanted, ...miss });

    const all = {
      status: 'live',
      performerId: other,
      category: 'combined',
      tag: 'combined',
      q: 'combined',
    } as const;
    const names = ['status', 'performerId', 'category', 'tag', 'q'] as const;
    for (let subset = 0; subset < 2 ** names.length; subset += 1) {
      const chosen = names.filter((_, place) => subset & (2 ** place));
      const filter = Object.fromEntries(chosen.map((name) => [name, all[name]]));
      for (const sort of ['newest', 'viewers'] as const) {
        expect(await find({ ...filter, sort }), chosen.join()).toContain(id);
        const none = await find({ ...filter, status: 'scheduled', sort });
        expect(none).not.toContain(id);
        const { nextCursor } = await list({ ...filter, status: 'ended', sort, limit: 1 });
        if (nextCursor)
          expect((await list({ ...filter, status: 'ended', sort, cursor: nextCursor })).items).toBeDefined();
      }
    }
    expect(await find({ ...all })).toEqual([id]);
    for (const name of names.slice(1, 4)) {
      const elsewhere = name === 'performerId' ? uuidv7() : 'elsewhere';
      expect(await find({ ...all, [name]: elsewhere })).toEqual([]);
    }
  });
});

describe('q', () => {
  const finds = async (title: string, found: string[], missed: string[]) => {
    const category = uuidv7();
    const id = await add('ended', { title, category });
    for (const q of found) expect(await find({ status: 'ended', category, q }), q).toEqual([id]);
    for (const q of missed) expect(await find({ status: 'ended', category, q }), q).toEqual([]);
  };

  it('finds words and beginnings of words, in any order and case', async () => {
    const found = ['piano', 'PIANO', 'pia', 'night fri', 'friday   night\u00a0piano', 'f n p'];
    await finds('Friday night piano', found, ['iano', 'pianos', 'piano forte', 'fridaynight']);
  });

  it('reads the description too', async () => {
    const category = uuidv7();
    const id = await add('ended', { title: 'Tonight', description: 'Chopin and\nmore', category });
    expect(await find({ status: 'ended', category, q: 'more tonight' })).toEqual([id]);
  });

  it('finds words of any language and accents in whatever form they are typed', async () => {
    await finds('Café ÜBER Größe', ['café', 'CAFE\u0301', 'über', 'größ'], ['cafe', 'uber']);
    await finds('हिन्दी संगीत', ['हिन्दी', 'संगीत', 'संगीत हिन्दी'], ['संगीतकार']);
    await finds('夜の ピアノ', ['夜の', 'ピアノ', 'ピア'], ['ギター']);
  });

  it('finds what has punctuation, as it is written', async () => {
    await finds('Top-10 hits v2.0', ['top-10', 'top', 'hits v2.0', 'v2'], ['top-11']);
    await finds('Join example.com/live now', ['example.com/live', 'exam', 'join now'], ['example.org']);
    await finds("Rock'n'Roll & C++ (100%)", ["rock'n'roll", 'roll', 'c++', '(100%)', 'c & rock'], ['jazz']);
    await finds('mail@example.com asks: why?', ['mail@example.com', 'why?', 'asks:'], ['mail@example.org']);
  });

  it('takes the operators of PostgreSQL’s search for punctuation', async () => {
    const found = ['piano <-> night', '!piano', 'night & piano', "'piano'", '(piano)', 'pian:*', 'piano\\'];
    await finds('Friday night piano', found, ['piano | zebra', '(zebra | piano)', 'ano:*', 'piano !zebra']);
  });

  it('finds nothing by punctuation alone', async () => {
    await finds('Friday night piano', [], ['!!!', "'", "''", '\\', '&', '|', ':*', '()', '-', '…', '%', '*']);
  });

  it('never fails, whatever is typed', async () => {
    const hostile = fc.string({ unit: 'binary', minLength: 1, maxLength: 100 });
    const operators = fc.string({
      unit: fc.constantFrom(...'\'\\&|!():*<-> ab"$%;1é👩\u200d'),
      minLength: 1,
      maxLength: 30,
    });
    const property = fc.asyncProperty(fc.oneof(hostile, operators), async (q) => {
      const input = ListStreamsInput.safeParse({ q });
      if (input.success) expect(await outcomeOf(services.streams.list(input.data))).toBe('ok');
    });
    await fc.assert(property, { numRuns: scaled({ quick: 150, full: 20_000 }), seed: 20_260_105 });
  });
});
