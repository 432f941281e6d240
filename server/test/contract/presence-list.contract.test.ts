import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';
import type { Factories } from '../factories.js';
import type { TestApp } from '../harness.js';

/** A live stream with `count` signed-in viewers and a guest, and its performer. */
const watched = async (given: Factories, test: TestApp, count: number) => {
  const owner = await given.performer();
  const { id: streamId } = await given.stream(owner);
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const { user } = await given.account();
    const { id, username, displayName, avatarUrl, isVerified } = user;
    const viewer = { key: id, user: { id, username, displayName, avatarUrl, isVerified } };
    // Two tabs.
    test.services.presence.enter(streamId, viewer);
    test.services.presence.enter(streamId, viewer);
    ids.push(id);
  }
  test.services.presence.enter(streamId, { key: 'guest:1', user: null });
  return { owner, streamId, ids: ids.sort() };
};

contract('presence.list', {
  success: {
    'gives the performer one row a user, and no guest': async ({ call, given, test }) => {
      const { owner, streamId, ids } = await watched(given, test, 2);
      const answer = await call({ streamId }, { as: owner });
      expect(answer.data.items.map(({ id }) => id)).toEqual(ids);
      return answer;
    },
    'shows of a user only what everybody may see': async ({ call, given, test }) => {
      const { owner, streamId, ids } = await watched(given, test, 1);
      const answer = await call({ streamId }, { as: owner });
      expect(answer.data.items).toEqual([
        {
          id: ids[0],
          username: expect.any(String),
          displayName: expect.any(String),
          avatarUrl: null,
          isVerified: false,
        },
      ]);
      return answer;
    },
    'gives it to a moderator': async ({ call, given, test }) => {
      const { owner, streamId } = await watched(given, test, 1);
      const answer = await call({ streamId }, { as: await given.moderatorOf(owner) });
      expect(answer.data.items).toHaveLength(1);
      return answer;
    },
    'gives it to an admin': async ({ call, given, test }) => {
      const { streamId } = await watched(given, test, 1);
      const answer = await call({ streamId }, { as: await given.admin() });
      expect(answer.data.items).toHaveLength(1);
      return answer;
    },
    'is empty where nobody watches': async ({ call, given, test }) => {
      const { owner, streamId } = await watched(given, test, 0);
      const answer = await call({ streamId }, { as: owner });
      expect(answer.data).toEqual({ items: [], nextCursor: null });
      return answer;
    },
    'pages by cursor': async ({ call, given, test }) => {
      const { owner, streamId, ids } = await watched(given, test, 3);
      const first = await call({ streamId, limit: 2 }, { as: owner });
      const answer = await call({ streamId, limit: 2, cursor: first.data.nextCursor }, { as: owner });
      expect([...first.data.items, ...answer.data.items].map(({ id }) => id)).toEqual(ids);
      expect(answer.data.nextCursor).toBeNull();
      return answer;
    },
  },

  FORBIDDEN: {
    'for a viewer': async ({ call, given, test }) => {
      const { streamId } = await watched(given, test, 1);
      return call({ streamId }, { as: await given.account() });
    },
    'for a moderator of another performer': async ({ call, given, test }) => {
      const { streamId } = await watched(given, test, 1);
      return call({ streamId }, { as: await given.moderatorOf(await given.performer()) });
    },
  },

  NOT_FOUND: {
    'for an unknown stream': async ({ call, given }) =>
      call({ streamId: uuidv7() }, { as: await given.performer() }),
  },

  VALIDATION_FAILED: invalidFields(
    async (given) => {
      const as = await given.performer();
      return { input: { streamId: (await given.stream(as)).id }, as };
    },
    {
      streamId: ['latest', '5'],
      limit: [0, 101, 1.5, 'ten'],
      cursor: ['', 'x', 'WzFd', Buffer.from(JSON.stringify([uuidv7(), 1])).toString('base64url')],
      guests: [true],
    },
  ),
});
