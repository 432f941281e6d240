import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

contract('users.unfollow', {
  success: {
    'follows no more, and gives the same for a second time': async ({ call, given, test }) => {
      const { id } = (await given.performer()).user;
      const follower = await given.account();
      const identity = await test.services.auth.authenticate(follower.accessToken);
      await test.services.follows.follow(identity, id);
      const first = await call({ id }, { as: follower });
      expect((await test.services.users.get(id)).counts.followers).toBe(0);
      const answer = await call({ id }, { as: follower });
      expect(answer.data).toEqual({ id, isFollowing: false });
      expect(first.data).toEqual(answer.data);
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

  VALIDATION_FAILED: invalidFields(
    async (given) => ({ input: { id: uuidv7() }, as: await given.account() }),
    { id: ['me'], isFollowing: [false] },
  ),
});
