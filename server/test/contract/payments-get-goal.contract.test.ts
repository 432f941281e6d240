import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract } from '../contract.js';

contract('payments.getGoal', {
  success: {
    'answers with what is collected for, to guests too': async ({ call, given, test }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.stream(performer);
      const identity = await test.services.auth.authenticateAfresh(performer.accessToken);
      const goal = { streamId, title: 'A new microphone', targetAmount: 20_000 };
      await test.services.tips.setGoal(identity, goal);
      const answer = await call({ streamId });
      expect(answer.data).toEqual({
        goal: {
          id: expect.any(String),
          title: 'A new microphone',
          targetAmount: 20_000,
          raisedAmount: 0,
          createdAt: test.clock.now().toISOString(),
          reachedAt: null,
        },
      });
      return answer;
    },
    'answers with null where nothing is collected for': async ({ call, given }) => {
      const answer = await call({ streamId: (await given.stream(await given.performer())).id });
      expect(answer.data).toEqual({ goal: null });
      return answer;
    },
    'is for the performer of a private show': async ({ call, given }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.stream(performer, { isPrivate: true, price: 500 });
      return call({ streamId }, { as: performer });
    },
  },
  ACCESS_REQUIRED: {
    'for a private show without a ticket': async ({ call, given }) => {
      const { id: streamId } = await given.stream(await given.performer(), { isPrivate: true, price: 500 });
      return call({ streamId }, { as: await given.account() });
    },
  },
  NOT_FOUND: { 'for a stream that there is not': ({ call }) => call({ streamId: uuidv7() }) },
  VALIDATION_FAILED: { 'for an id that is none': ({ call }) => call({ streamId: 'live' }) },
});
