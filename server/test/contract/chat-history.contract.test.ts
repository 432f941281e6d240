import { roomRestrictions, streamLogs } from '@versbottomlex/database';
import { eq } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { encodeCursor } from '../../src/platform/cursor.js';
import { contract, invalidFields, type Scene } from '../contract.js';

/** A room with messages, oldest first. */
const openRoom = async ({ given }: Scene<'chat.history'>, count: number) => {
  const performer = await given.performer();
  const stream = await given.stream(performer);
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) {
    ids.push((await given.storedMessage(stream, performer, { content: `Message ${index}` })).id);
  }
  return { performer, stream, streamId: stream.id, ids };
};

contract('chat.history', {
  success: {
    'gives a guest the messages of a public stream, newest first, page by page': async (scene) => {
      const { streamId, ids } = await openRoom(scene, 5);
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const page = await scene.call({ streamId, limit: 2, ...(cursor && { cursor }) });
        seen.push(...page.data.items.map(({ id }) => id));
        cursor = page.data.nextCursor;
      } while (cursor !== null);
      expect(seen).toEqual(ids.toReversed());
      return scene.call({ streamId });
    },
    'is not moved by messages that come meanwhile': async (scene) => {
      const { streamId, stream, performer, ids } = await openRoom(scene, 4);
      const first = await scene.call({ streamId, limit: 2 });
      await scene.given.storedMessage(stream, performer);
      const answer = await scene.call({ streamId, limit: 2, cursor: first.data.nextCursor });
      expect(answer.data.items.map(({ id }) => id)).toEqual([ids[1], ids[0]]);
      expect(answer.data.nextCursor).toBeNull();
      return answer;
    },
    'shows of a deleted message that it was there': async (scene) => {
      const { stream, streamId, performer } = await openRoom(scene, 0);
      const deletion = { deletedAt: scene.test.clock.now().toISOString(), deletedById: performer.user.id };
      await scene.given.storedMessage(stream, performer, { content: 'A secret', ...deletion });
      const answer = await scene.call({ streamId });
      expect(answer.data.items).toMatchObject([{ content: null, deletedAt: deletion.deletedAt }]);
      expect(answer.text).not.toContain('A secret');
      return answer;
    },
    'begins after the chat was cleared': async (scene) => {
      const { stream, streamId, performer } = await openRoom(scene, 2);
      const { client } = scene.test.database;
      await client
        .update(streamLogs)
        .set({ clearedSeq: streamLogs.lastSeq })
        .where(eq(streamLogs.streamId, streamId));
      const { id } = await scene.given.storedMessage(stream, performer);
      const answer = await scene.call({ streamId });
      expect(answer.data.items.map((item) => item.id)).toEqual([id]);
      return answer;
    },
    'stays when the stream has ended, and when an author is gone': async (scene) => {
      const { given } = scene;
      const stream = await given.stream(await given.performer());
      const author = await given.account();
      await given.storedMessage(stream, author, { content: 'Bye' });
      await given.deleted(author);
      const answer = await scene.call({ streamId: stream.id });
      expect(answer.data.items).toMatchObject([{ content: 'Bye', author: { username: null } }]);
      return answer;
    },
    'of a private stream is for its performer': async ({ call, given }) => {
      const performer = await given.performer();
      const { id } = await given.stream(performer, { isPrivate: true, price: 500 });
      return call({ streamId: id }, { as: performer });
    },
  },

  ACCESS_REQUIRED: {
    'with the price, for a guest of a private stream': async ({ call, given }) => {
      const performer = await given.performer();
      const stream = await given.stream(performer, { isPrivate: true, price: 1500 });
      await given.storedMessage(stream, performer, { content: 'A secret' });
      const answer = await call({ streamId: stream.id });
      expect(answer.failure?.price).toEqual({ amount: 1500, currency: 'USD' });
      expect(answer.text).not.toContain('A secret');
      return answer;
    },
  },

  BANNED: {
    'for whom the performer has banned': async (scene) => {
      const { performer, streamId } = await openRoom(scene, 1);
      const viewer = await scene.given.account();
      await scene.test.database.client
        .insert(roomRestrictions)
        .values({ performerId: performer.user.id, userId: viewer.user.id, kind: 'ban' });
      return scene.call({ streamId }, { as: viewer });
    },
  },

  NOT_FOUND: { 'for an unknown stream': ({ call }) => call({ streamId: uuidv7() }) },

  VALIDATION_FAILED: {
    'for a stream id that is none': ({ call }) => call({ streamId: 'live' }),
    ...invalidFields(
      async (given) => ({ input: { streamId: (await given.stream(await given.performer())).id } }),
      {
        limit: [0, 101, 1.5, 'many'],
        cursor: ['', 'x', encodeCursor([0]), encodeCursor([1.5]), encodeCursor(['1']), encodeCursor([1, 2])],
        before: ['1'],
      },
    ),
  },
});
