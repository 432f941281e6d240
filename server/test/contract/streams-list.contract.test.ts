import { audienceLeases, streams } from '@versbottomlex/database';
import { eq } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';
import type { Factories } from '../factories.js';
import type { TestApp } from '../harness.js';

/** A tag that no other test has. */
const newTag = () => `t${uuidv7()}`.slice(0, 25);

/** `count` live streams of as many performers, newest first. */
const liveStreams = async (given: Factories, tag: string, count: number) => {
  const made: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const { id } = await given.stream(await given.performer(), { tags: [tag] });
    made.unshift(id);
  }
  return made;
};

/** Viewers of another process, without whose lease the number would be swept away. */
const setViewers = async ({ database, clock }: TestApp, id: string, viewerCount: number): Promise<void> => {
  const expiresAt = new Date(clock.now().getTime() + 60_000).toISOString();
  const lease = { nodeId: uuidv7(), streamId: id, userIds: [], guestCount: viewerCount, expiresAt };
  await database.client.insert(audienceLeases).values(lease);
  await database.client.update(streams).set({ viewerCount }).where(eq(streams.id, id));
};

const idsOf = ({ items }: { items: { id: string }[] }) => items.map(({ id }) => id);

contract('streams.list', {
  success: {
    'gives live public streams by default, newest first, with performer and viewers': async ({
      call,
      given,
    }) => {
      const performer = await given.performer();
      await given.scheduledStream(performer);
      await given.endedStream(performer);
      const live = await given.stream(performer);
      await given.stream(await given.performer(), { isPrivate: true, price: 500 });
      const answer = await call({});
      expect(answer.data.items[0]).toEqual(live);
      expect(live).toMatchObject({ performer: { username: performer.user.username }, viewerCount: 0 });
      expect(answer.data.items.every(({ status, isPrivate }) => status === 'live' && !isPrivate)).toBe(true);
      return answer;
    },
    'gives the same to whoever is signed in': async ({ call, given }) => {
      const performer = await given.performer();
      const secret = await given.stream(performer, { isPrivate: true, price: 500 });
      const answer = await call({}, { as: performer });
      expect(idsOf(answer.data)).not.toContain(secret.id);
      return answer;
    },
    'filters by status': async ({ call, given }) => {
      const performer = await given.performer();
      const { id } = await given.scheduledStream(performer);
      await given.stream(performer);
      const answer = await call({ status: 'scheduled', performerId: performer.user.id });
      expect(idsOf(answer.data)).toEqual([id]);
      return answer;
    },
    'filters by category and tag, in whatever case': async ({ call, given }) => {
      const tag = newTag();
      const { id } = await given.stream(await given.performer(), { category: 'Music', tags: [tag] });
      await given.stream(await given.performer(), { category: 'Art', tags: [tag] });
      const answer = await call({ category: 'music', tag: tag.toUpperCase() });
      expect(idsOf(answer.data)).toEqual([id]);
      return answer;
    },
    'finds words, and beginnings of words, of title and description': async ({ call, given }) => {
      const performer = await given.performer();
      const { id } = await given.stream(performer, { title: 'Zither music', description: 'With Übungen' });
      const answer = await call({ q: 'übungen ZITH', performerId: performer.user.id });
      expect(idsOf(answer.data)).toEqual([id]);
      const other = await call({ q: 'zither piano', performerId: performer.user.id });
      expect(other.data.items).toEqual([]);
      return answer;
    },
    'finds a title as it is written, whatever is in it': async ({ call, given }) => {
      const performer = await given.performer();
      const title = "AC/DC, Top-10 & 24/7: O'Brien's 3.5 \\ हिन्दी";
      const { id } = await given.stream(performer, { title });
      for (const q of [title, 'ac/dc', 'top-10', '24/7', "o'brien", '3.5', 'हिन्दी']) {
        const { data } = await call({ q, performerId: performer.user.id });
        expect([q, idsOf(data)]).toEqual([q, [id]]);
      }
      return call({ q: title });
    },
    'finds nothing for a text without words': async ({ call }) => {
      const answer = await call({ q: "&|!:*'" });
      expect(answer.data).toEqual({ items: [], nextCursor: null });
      return answer;
    },
    'sorts by viewers': async ({ call, given, test }) => {
      const tag = newTag();
      const [newest = '', middle = '', oldest = ''] = await liveStreams(given, tag, 3);
      await setViewers(test, middle, 7);
      await setViewers(test, oldest, 3);
      const first = await call({ tag, sort: 'viewers', limit: 1 });
      const answer = await call({ tag, sort: 'viewers', cursor: first.data.nextCursor });
      expect([...idsOf(first.data), ...idsOf(answer.data)]).toEqual([middle, oldest, newest]);
      return answer;
    },
    'pages by cursor, which new streams do not disturb': async ({ call, given }) => {
      const tag = newTag();
      const before = await liveStreams(given, tag, 3);
      const first = await call({ tag, limit: 2 });
      await liveStreams(given, tag, 1);
      const answer = await call({ tag, limit: 2, cursor: first.data.nextCursor });
      expect([...idsOf(first.data), ...idsOf(answer.data)]).toEqual(before);
      expect(answer.data.nextCursor).toBeNull();
      return answer;
    },
    'has no next page when the last one is full': async ({ call, given }) => {
      const tag = newTag();
      await liveStreams(given, tag, 2);
      const answer = await call({ tag, limit: 2 });
      expect([answer.data.items.length, answer.data.nextCursor]).toEqual([2, null]);
      return answer;
    },
  },

  VALIDATION_FAILED: {
    'for a cursor of another list': ({ call }) =>
      call({ cursor: Buffer.from(JSON.stringify([uuidv7()])).toString('base64url') }),
    ...invalidFields(async () => ({ input: {} }), {
      status: ['', 'Live', 'deleted'],
      performerId: ['', 'me'],
      category: ['', 'a'.repeat(51)],
      tag: ['', 'two words', 'a'.repeat(26)],
      q: ['', ' ', 'a'.repeat(101)],
      sort: ['', 'oldest'],
      limit: [0, 101, -1, 1.5, 1e9, 'ten', ''],
      cursor: ['', 'x', '[]', 'WzFd', 'a'.repeat(513)],
      isPrivate: [true],
    }),
  },
});
