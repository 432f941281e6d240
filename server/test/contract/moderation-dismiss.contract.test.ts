import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

contract('moderation.dismiss', {
  success: {
    'takes the role back, at once': async ({ call, given, test }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.stream(performer);
      const moderator = await given.moderatorOf(performer);
      const answer = await call({ id: performer.user.id, userId: moderator.user.id }, { as: performer });
      expect(answer.data).toEqual({ isDone: true });
      const identity = await test.services.auth.authenticate(moderator.accessToken);
      await expect(test.services.moderation.getSettings(identity, streamId)).rejects.toMatchObject({
        code: 'FORBIDDEN',
      });
      return answer;
    },
    'gives the same for whoever is none': async ({ call, given }) => {
      const performer = await given.performer();
      const input = { id: performer.user.id, userId: (await given.account()).user.id };
      const answer = await call(input, { as: await given.admin() });
      expect(answer.data).toEqual({ isDone: true });
      return answer;
    },
  },

  FORBIDDEN: {
    'for a moderator, of another': async ({ call, given }) => {
      const performer = await given.performer();
      const input = { id: performer.user.id, userId: (await given.moderatorOf(performer)).user.id };
      return call(input, { as: await given.moderatorOf(performer) });
    },
  },

  NOT_FOUND: {
    'for an unknown user': async ({ call, given }) => {
      const performer = await given.performer();
      return call({ id: performer.user.id, userId: uuidv7() }, { as: performer });
    },
    'for an admin, of an unknown performer': async ({ call, given }) => {
      const userId = (await given.account()).user.id;
      return call({ id: uuidv7(), userId }, { as: await given.admin() });
    },
  },

  VALIDATION_FAILED: invalidFields(
    async (given) => {
      const performer = await given.performer();
      return { input: { id: performer.user.id, userId: uuidv7() }, as: performer };
    },
    { id: ['me'], userId: ['5'], reason: ['bored'] },
  ),
});
