import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

contract('moderation.getSettings', {
  success: {
    'gives the defaults where nothing was ever set': async ({ call, given }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.stream(performer);
      const answer = await call({ streamId }, { as: performer });
      expect(answer.data).toEqual({
        slowModeSeconds: 0,
        isFollowersOnly: false,
        isTicketsOnly: false,
        areLinksAllowed: true,
        blockedTerms: [],
      });
      return answer;
    },
    'gives moderators the terms too, from one stream to the next': async ({ call, given, test }) => {
      const performer = await given.performer();
      const ended = await given.endedStream(performer);
      const identity = await test.services.auth.authenticate(performer.accessToken);
      const settings = { streamId: ended.id, slowModeSeconds: 30, blockedTerms: ['Casino'] };
      await test.services.moderation.updateSettings(identity, settings);
      const { id: streamId } = await given.stream(performer);
      const moderator = await given.moderatorOf(performer);
      const before = await call({ streamId: ended.id }, { as: moderator });
      const answer = await call({ streamId }, { as: moderator });
      expect(answer.data).toMatchObject({ slowModeSeconds: 30, blockedTerms: ['Casino'] });
      expect(answer.data).toEqual(before.data);
      return answer;
    },
  },

  FORBIDDEN: {
    'for a viewer, of a private stream too': async ({ call, given }) => {
      const stream = await given.stream(await given.performer(), { isPrivate: true, price: 500 });
      return call({ streamId: stream.id }, { as: await given.account() });
    },
    'for a moderator of another performer': async ({ call, given }) => {
      const { id: streamId } = await given.stream(await given.performer());
      return call({ streamId }, { as: await given.moderatorOf(await given.performer()) });
    },
  },

  NOT_FOUND: {
    'for an unknown stream': async ({ call, given }) =>
      call({ streamId: uuidv7() }, { as: await given.performer() }),
  },

  VALIDATION_FAILED: invalidFields(
    async (given) => ({ input: { streamId: uuidv7() }, as: await given.performer() }),
    { streamId: ['live', '5'], fields: ['blockedTerms'] },
  ),
});
