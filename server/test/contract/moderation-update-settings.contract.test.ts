import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

contract('moderation.updateSettings', {
  success: {
    'changes what is given and leaves the rest': async ({ call, given }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.stream(performer);
      await call({ streamId, slowModeSeconds: 30, areLinksAllowed: false }, { as: performer });
      const answer = await call({ streamId, isFollowersOnly: true }, { as: performer });
      expect(answer.data).toEqual({
        slowModeSeconds: 30,
        isFollowersOnly: true,
        isTicketsOnly: false,
        areLinksAllowed: false,
        blockedTerms: [],
      });
      return answer;
    },
    'changes nothing when nothing is given': async ({ call, given }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.stream(performer);
      const before = await call({ streamId, slowModeSeconds: 30 }, { as: performer });
      const answer = await call({ streamId }, { as: performer });
      expect(answer.data).toEqual(before.data);
      return answer;
    },
    'keeps each term once, as it was first written': async ({ call, given }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.stream(performer);
      const blockedTerms = ['Casino', ' Buy followers ', 'CASINO', 'cásino'];
      const answer = await call({ streamId, blockedTerms }, { as: performer });
      expect(answer.data.blockedTerms).toEqual(['Casino', 'Buy followers']);
      return answer;
    },
    'takes all terms back': async ({ call, given }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.stream(performer);
      await call({ streamId, blockedTerms: ['Casino'] }, { as: performer });
      const answer = await call({ streamId, blockedTerms: [] }, { as: performer });
      expect(answer.data.blockedTerms).toEqual([]);
      return answer;
    },
    'is for moderators and admins too': async ({ call, given }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.stream(performer);
      await call({ streamId, slowModeSeconds: 3 }, { as: await given.moderatorOf(performer) });
      const answer = await call({ streamId, slowModeSeconds: 120 }, { as: await given.admin() });
      expect(answer.data.slowModeSeconds).toBe(120);
      return answer;
    },
  },

  FORBIDDEN: {
    'for a viewer': async ({ call, given }) => {
      const { id: streamId } = await given.stream(await given.performer());
      return call({ streamId, slowModeSeconds: 30 }, { as: await given.account() });
    },
  },

  NOT_FOUND: {
    'for an unknown stream': async ({ call, given }) =>
      call({ streamId: uuidv7(), slowModeSeconds: 30 }, { as: await given.performer() }),
  },

  VALIDATION_FAILED: invalidFields(
    async (given) => {
      const performer = await given.performer();
      return { input: { streamId: (await given.stream(performer)).id }, as: performer };
    },
    {
      streamId: ['live'],
      slowModeSeconds: [1, 2, 121, -1, 3.5, '30', null],
      isFollowersOnly: ['true', 1, null],
      isTicketsOnly: ['false'],
      areLinksAllowed: [0],
      // The last is two marks, of which nothing is left to compare.
      blockedTerms: ['Casino', ['x'], ['x'.repeat(51)], [5], Array(201).fill('Casino'), ['\u0301\u0302']],
      performerId: [uuidv7()],
    },
  ),
});
