import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract } from '../contract.js';

contract('payments.clearGoal', {
  success: {
    'takes the goal away, and again changes nothing': async ({ call, given, test }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.stream(performer);
      const identity = await test.services.auth.authenticateAfresh(performer.accessToken);
      await test.services.tips.setGoal(identity, { streamId, title: 'A microphone', targetAmount: 500 });
      await call({ streamId }, { as: performer });
      expect(await test.services.tips.getGoal(null, streamId)).toEqual({ goal: null });
      const answer = await call({ streamId }, { as: performer });
      expect(answer.data).toEqual({ isDone: true });
      return answer;
    },
  },
  FORBIDDEN: {
    'for a moderator': async ({ call, given }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.stream(performer);
      return call({ streamId }, { as: await given.moderatorOf(performer) });
    },
  },
  NOT_FOUND: {
    'for a stream that there is not': async ({ call, given }) =>
      call({ streamId: uuidv7() }, { as: await given.performer() }),
  },
  STREAM_ENDED: {
    'once it has ended': async ({ call, given }) => {
      const performer = await given.performer();
      return call({ streamId: (await given.endedStream(performer)).id }, { as: performer });
    },
  },
  VALIDATION_FAILED: {
    'for an id that is none': async ({ call, given }) =>
      call({ streamId: 'live' }, { as: await given.account() }),
  },
});
