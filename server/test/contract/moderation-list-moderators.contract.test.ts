import type { Moderator } from '@versbottomlex/shared';
import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

contract('moderation.listModerators', {
  success: {
    'gives the moderators, the latest first': async ({ call, given, test }) => {
      const performer = await given.performer();
      const identity = await test.services.auth.authenticate(performer.accessToken);
      const made: Moderator[] = [];
      for (const viewer of [await given.account(), await given.account(), await given.account()]) {
        test.clock.advance(1);
        const input = { id: performer.user.id, userId: viewer.user.id };
        made.unshift(await test.services.moderation.appoint(identity, input));
      }
      const answer = await call({ id: performer.user.id }, { as: performer });
      expect(answer.data).toEqual({ items: made, nextCursor: null });
      return answer;
    },
    'pages by cursor until there is no more': async ({ call, given }) => {
      const performer = await given.performer();
      const made: string[] = [];
      for (let count = 0; count < 3; count += 1) made.push((await given.moderatorOf(performer)).user.id);
      const id = performer.user.id;
      const first = await call({ id, limit: 2 }, { as: performer });
      const answer = await call({ id, limit: 2, cursor: first.data.nextCursor }, { as: performer });
      const listed = [...first.data.items, ...answer.data.items].map(({ user }) => user.id);
      expect(listed.sort()).toEqual(made.sort());
      expect(answer.data.nextCursor).toBeNull();
      return answer;
    },
    'gives a moderator the list': async ({ call, given }) => {
      const performer = await given.performer();
      const moderator = await given.moderatorOf(performer);
      const answer = await call({ id: performer.user.id }, { as: moderator });
      expect(answer.data.items.map(({ user }) => user.id)).toEqual([moderator.user.id]);
      return answer;
    },
  },

  FORBIDDEN: {
    'for a viewer': async ({ call, given }) =>
      call({ id: (await given.performer()).user.id }, { as: await given.account() }),
    'for a viewer, of an unknown user, so that nobody learns who exists': async ({ call, given }) =>
      call({ id: uuidv7() }, { as: await given.account() }),
  },

  NOT_FOUND: {
    'for an admin, of an unknown user': async ({ call, given }) =>
      call({ id: uuidv7() }, { as: await given.admin() }),
    'for an admin, of a deleted user': async ({ call, given }) => {
      const performer = await given.performer();
      await given.deleted(performer);
      return call({ id: performer.user.id }, { as: await given.admin() });
    },
  },

  VALIDATION_FAILED: invalidFields(
    async (given) => {
      const performer = await given.performer();
      return { input: { id: performer.user.id }, as: performer };
    },
    { id: ['me'], limit: [0, 101, 1.5, 'ten'], cursor: ['', 'x', 'WzFd'], role: ['moderator'] },
  ),
});
