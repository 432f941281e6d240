import type { UserSummary } from '@versbottomlex/shared';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

contract('users.listFollowed', {
  success: {
    'gives whom the caller follows, the latest first': async ({ call, given, test }) => {
      const follower = await given.account();
      const identity = await test.services.auth.authenticate(follower.accessToken);
      const followed: UserSummary[] = [];
      for (const { user } of [await given.performer(), await given.account()]) {
        test.clock.advance(1);
        await test.services.follows.follow(identity, user.id);
        const { id, username, displayName, isVerified } = user;
        followed.unshift({ id, username, displayName, avatarUrl: null, isVerified });
      }
      const answer = await call(undefined, { as: follower });
      expect(answer.data).toEqual({ items: followed, nextCursor: null });
      return answer;
    },
    'pages by cursor until there is no more, within one moment too': async ({ call, given, test }) => {
      const follower = await given.account();
      const identity = await test.services.auth.authenticate(follower.accessToken);
      const followed: string[] = [];
      for (let count = 0; count < 3; count += 1) {
        const { id } = (await given.account()).user;
        await test.services.follows.follow(identity, id);
        followed.push(id);
      }
      const first = await call({ limit: 2 }, { as: follower });
      const answer = await call({ limit: 2, cursor: first.data.nextCursor }, { as: follower });
      expect([...first.data.items, ...answer.data.items].map(({ id }) => id).sort()).toEqual(followed.sort());
      expect(answer.data.nextCursor).toBeNull();
      return answer;
    },
    'is empty for whoever follows nobody, also when others follow': async ({ call, given, test }) => {
      const self = await given.account();
      const follower = await given.account();
      const identity = await test.services.auth.authenticate(follower.accessToken);
      await test.services.follows.follow(identity, self.user.id);
      const answer = await call(undefined, { as: self });
      expect(answer.data).toEqual({ items: [], nextCursor: null });
      return answer;
    },
  },

  VALIDATION_FAILED: invalidFields(async (given) => ({ input: {}, as: await given.account() }), {
    limit: [0, 101, 1.5, 'ten'],
    cursor: ['', 'x', 'WzFd'],
    id: ['me'],
  }),
});
