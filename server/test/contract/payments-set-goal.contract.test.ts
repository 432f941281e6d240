import { AMOUNT_MAX } from '@versbottomlex/shared';
import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { type Case, contract, invalidFields } from '../contract.js';

const goal = { title: 'A new microphone', targetAmount: 20_000 };

const refusedFor =
  (who: 'account' | 'performer' | 'moderator'): Case<'payments.setGoal'> =>
  async ({ call, given }) => {
    const performer = await given.performer();
    const { id: streamId } = await given.stream(performer);
    const as = who === 'moderator' ? await given.moderatorOf(performer) : await given[who]();
    return call({ streamId, ...goal }, { as });
  };

contract('payments.setGoal', {
  success: {
    'answers with the goal, of which nothing is raised': async ({ call, given, test }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.stream(performer);
      const answer = await call({ streamId, ...goal }, { as: performer });
      expect(answer.data.goal).toEqual({
        id: expect.any(String),
        ...goal,
        raisedAmount: 0,
        createdAt: test.clock.now().toISOString(),
        reachedAt: null,
      });
      expect(await test.services.tips.getGoal(null, streamId)).toEqual(answer.data);
      return answer;
    },
    'takes the place of the goal before': async ({ call, given, test }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.stream(performer);
      await call({ streamId, ...goal }, { as: performer });
      const answer = await call({ streamId, title: 'Another', targetAmount: 1 }, { as: performer });
      expect((await test.services.tips.getGoal(null, streamId)).goal?.title).toBe('Another');
      return answer;
    },
    'is possible before the stream starts, for an admin too': async ({ call, given }) => {
      const { id: streamId } = await given.scheduledStream(await given.performer());
      return call({ streamId, ...goal }, { as: await given.admin() });
    },
  },
  FORBIDDEN: {
    'for a viewer': refusedFor('account'),
    'for another performer': refusedFor('performer'),
    'for a moderator': refusedFor('moderator'),
  },
  NOT_FOUND: {
    'for a stream that there is not': async ({ call, given }) =>
      call({ streamId: uuidv7(), ...goal }, { as: await given.performer() }),
  },
  STREAM_ENDED: {
    'once it has ended': async ({ call, given }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.endedStream(performer);
      return call({ streamId, ...goal }, { as: performer });
    },
  },
  VALIDATION_FAILED: invalidFields(
    async (given) => {
      const performer = await given.performer();
      return { input: { streamId: (await given.stream(performer)).id, ...goal }, as: performer };
    },
    {
      title: ['', '  ', 'x'.repeat(101), 'a\nb', null, 5],
      targetAmount: [0, -5, 0.5, AMOUNT_MAX + 1, '5', true, null, [7], Number.NaN],
      raisedAmount: [5],
    },
  ),
});
