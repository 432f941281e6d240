import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

contract('users.follow', {
  success: {
    'follows, which the profile counts': async ({ call, given, test }) => {
      const { id } = (await given.performer()).user;
      const answer = await call({ id }, { as: await given.account() });
      expect(answer.data).toEqual({ id, isFollowing: true });
      expect((await test.services.users.get(id)).counts.followers).toBe(1);
      return answer;
    },
    'gives the same for a second time, and counts once': async ({ call, given, test }) => {
      const { id } = (await given.performer()).user;
      const follower = await given.account();
      const first = await call({ id }, { as: follower });
      const answer = await call({ id }, { as: follower });
      expect(answer.data).toEqual(first.data);
      expect((await test.services.users.get(id)).counts.followers).toBe(1);
      return answer;
    },
  },

  NOT_FOUND: {
    'for an unknown user': async ({ call, given }) => call({ id: uuidv7() }, { as: await given.account() }),
    'for a deleted user': async ({ call, given }) => {
      const performer = await given.performer();
      await given.deleted(performer);
      return call({ id: performer.user.id }, { as: await given.account() });
    },
  },

  VALIDATION_FAILED: {
    'for oneself': async ({ call, given }) => {
      const self = await given.account();
      return call({ id: self.user.id }, { as: self });
    },
    ...invalidFields(async (given) => ({ input: { id: uuidv7() }, as: await given.account() }), {
      id: ['me', '5'],
      isFollowing: [true],
    }),
  },
});
