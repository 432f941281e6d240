import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

contract('moderation.unpin', {
  success: {
    'unpins, and gives the same where nothing is pinned': async ({ call, given, test }) => {
      const performer = await given.performer();
      const stream = await given.stream(performer);
      const { id: messageId } = await given.storedMessage(stream, performer);
      const identity = await test.services.auth.authenticate(performer.accessToken);
      await test.services.moderation.pin(identity, { streamId: stream.id, messageId });
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
    { streamId: ['live'], messageId: [uuidv7()] },
  ),
});
