import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

contract('moderation.lift', {
  success: {
    'takes a ban back': async ({ call, given, test }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.stream(performer);
      const { id: userId } = (await given.account()).user;
      const identity = await test.services.auth.authenticate(performer.accessToken);
      await test.services.moderation.restrict(identity, { streamId, userId, kind: 'ban' });
      const answer = await call({ streamId, userId }, { as: await given.moderatorOf(performer) });
      expect(answer.data).toEqual({ isDone: true });
      const left = await test.services.moderation.listRestrictions(identity, { streamId, limit: 5 });
      expect(left.items).toEqual([]);
      return answer;
    },
    'gives the same where nothing is to be lifted': async ({ call, given }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.stream(performer);
      const answer = await call({ streamId, userId: (await given.account()).user.id }, { as: performer });
      expect(answer.data).toEqual({ isDone: true });
      return answer;
    },
  },

  FORBIDDEN: {
    'for whom it is about': async ({ call, given }) => {
      const { id: streamId } = await given.stream(await given.performer());
      const viewer = await given.account();
      return call({ streamId, userId: viewer.user.id }, { as: viewer });
    },
  },

  NOT_FOUND: {
    'for an unknown stream': async ({ call, given }) => {
      const userId = (await given.account()).user.id;
      return call({ streamId: uuidv7(), userId }, { as: await given.performer() });
    },
    'for an unknown user': async ({ call, given }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.stream(performer);
      return call({ streamId, userId: uuidv7() }, { as: performer });
    },
    'for a deleted user': async ({ call, given }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.stream(performer);
      const viewer = await given.account();
      await given.deleted(viewer);
      return call({ streamId, userId: viewer.user.id }, { as: performer });
    },
  },

  VALIDATION_FAILED: invalidFields(
    async (given) => ({ input: { streamId: uuidv7(), userId: uuidv7() }, as: await given.performer() }),
    { streamId: ['live'], userId: ['me'], kind: ['ban'] },
  ),
});
