import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

contract('moderation.pin', {
  success: {
    'pins a message of the stream and gives it': async ({ call, given }) => {
      const performer = await given.performer();
      const stream = await given.stream(performer);
      const author = await given.account();
      const { id } = await given.storedMessage(stream, author, { content: 'Remember me' });
      const answer = await call({ streamId: stream.id, messageId: id }, { as: performer });
      expect(answer.data).toMatchObject({
        id,
        streamId: stream.id,
        author: { id: author.user.id },
        authorRole: 'viewer',
        content: 'Remember me',
        deletedAt: null,
      });
      return answer;
    },
    'gives the same for a second time': async ({ call, given }) => {
      const performer = await given.performer();
      const stream = await given.stream(performer);
      const input = { streamId: stream.id, messageId: (await given.storedMessage(stream, performer)).id };
      const first = await call(input, { as: performer });
      const answer = await call(input, { as: await given.moderatorOf(performer) });
      expect(answer.data).toEqual(first.data);
      return answer;
    },
  },

  FORBIDDEN: {
    'for its author': async ({ call, given }) => {
      const stream = await given.stream(await given.performer());
      const author = await given.account();
      const { id: messageId } = await given.storedMessage(stream, author);
      return call({ streamId: stream.id, messageId }, { as: author });
    },
    'for a viewer, of an unknown message': async ({ call, given }) => {
      const { id: streamId } = await given.stream(await given.performer());
      return call({ streamId, messageId: uuidv7() }, { as: await given.account() });
    },
  },

  NOT_FOUND: {
    'for an unknown stream': async ({ call, given }) =>
      call({ streamId: uuidv7(), messageId: uuidv7() }, { as: await given.performer() }),
    'for an unknown message': async ({ call, given }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.stream(performer);
      return call({ streamId, messageId: uuidv7() }, { as: performer });
    },
    'for a message of another stream': async ({ call, given }) => {
      const performer = await given.performer();
      const other = await given.endedStream(performer);
      const { id: messageId } = await given.storedMessage(other, performer);
      const { id: streamId } = await given.stream(performer);
      return call({ streamId, messageId }, { as: performer });
    },
    'for a deleted message': async ({ call, given, test }) => {
      const performer = await given.performer();
      const stream = await given.stream(performer);
      const deleted = { deletedAt: test.clock.now().toISOString(), deletedById: performer.user.id };
      const { id: messageId } = await given.storedMessage(stream, performer, deleted);
      return call({ streamId: stream.id, messageId }, { as: performer });
    },
    'for a message that was cleared': async ({ call, given, test }) => {
      const performer = await given.performer();
      const stream = await given.stream(performer);
      const { id: messageId } = await given.storedMessage(stream, performer);
      const identity = await test.services.auth.authenticate(performer.accessToken);
      await test.services.moderation.clear(identity, stream.id);
      return call({ streamId: stream.id, messageId }, { as: performer });
    },
  },

  VALIDATION_FAILED: invalidFields(
    async (given) => ({ input: { streamId: uuidv7(), messageId: uuidv7() }, as: await given.performer() }),
    { streamId: ['live'], messageId: ['5', null], seconds: [60] },
  ),
});
