import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

contract('moderation.listRestrictions', {
  success: {
    'gives those in force, newest first, with their reasons': async ({ call, given, test }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.stream(performer);
      const identity = await test.services.auth.authenticate(performer.accessToken);
      const restrict = async (given_: { kind: 'ban' } | { kind: 'timeout'; seconds: number }) => {
        const userId = (await given.account()).user.id;
        test.clock.advance(1);
        return test.services.moderation.restrict(identity, { streamId, userId, reason: 'Spam', ...given_ });
      };
      const banned = await restrict({ kind: 'ban' });
      const timedOut = await restrict({ kind: 'timeout', seconds: 60 });
      await restrict({ kind: 'timeout', seconds: 2 });
      test.clock.advance(2);
      const answer = await call({ streamId }, { as: await given.moderatorOf(performer) });
      expect(answer.data).toEqual({ items: [timedOut, banned], nextCursor: null });
      return answer;
    },
    'pages by cursor until there is no more': async ({ call, given, test }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.stream(performer);
      const identity = await test.services.auth.authenticate(performer.accessToken);
      const made: string[] = [];
      for (let count = 0; count < 3; count += 1) {
        const userId = (await given.account()).user.id;
        await test.services.moderation.restrict(identity, { streamId, userId, kind: 'ban' });
        made.push(userId);
      }
      const first = await call({ streamId, limit: 2 }, { as: performer });
      const answer = await call({ streamId, limit: 2, cursor: first.data.nextCursor }, { as: performer });
      const listed = [...first.data.items, ...answer.data.items].map(({ user }) => user.id);
      expect(listed.sort()).toEqual(made.sort());
      expect(answer.data.nextCursor).toBeNull();
      return answer;
    },
  },

  FORBIDDEN: {
    'for a viewer': async ({ call, given }) => {
      const { id: streamId } = await given.stream(await given.performer());
      return call({ streamId }, { as: await given.account() });
    },
  },

  NOT_FOUND: {
    'for an unknown stream': async ({ call, given }) =>
      call({ streamId: uuidv7() }, { as: await given.performer() }),
  },

  VALIDATION_FAILED: invalidFields(
    async (given) => {
      const performer = await given.performer();
      return { input: { streamId: (await given.stream(performer)).id }, as: performer };
    },
    { streamId: ['live'], limit: [0, 101, 1.5, 'ten'], cursor: ['', 'x', 'WzFd'], kind: ['ban'] },
  ),
});
