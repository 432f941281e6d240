import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

contract('moderation.clear', {
  success: {
    'clears the chat of an ended stream too, and again': async ({ call, given }) => {
      const performer = await given.performer();
      const stream = await given.endedStream(performer);
      await given.storedMessage(stream, performer);
      const first = await call({ streamId: stream.id }, { as: await given.moderatorOf(performer) });
      const answer = await call({ streamId: stream.id }, { as: performer });
      expect([first.data, answer.data]).toEqual([{ isDone: true }, { isDone: true }]);
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
    async (given) => ({ input: { streamId: uuidv7() }, as: await given.performer() }),
    { streamId: ['live'], upTo: [5] },
  ),
});
