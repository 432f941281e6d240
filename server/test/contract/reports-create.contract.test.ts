import { reports } from '@versbottomlex/database';
import { eq } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

contract('reports.create', {
  success: {
    'reports an account': async ({ call, given }) => {
      const { user } = await given.account();
      const input = { userId: user.id, reason: 'spam', comment: 'The same link in every room.' };
      const answer = await call(input, { as: await given.account() });
      expect(answer.data).toEqual({
        ...input,
        id: expect.any(String),
        streamId: null,
        messageId: null,
        createdAt: expect.any(String),
      });
      return answer;
    },
    'reports a stream, of its performer': async ({ call, given }) => {
      const performer = await given.performer();
      const { id: streamId } = await given.endedStream(performer);
      const answer = await call({ streamId, reason: 'fraud' }, { as: await given.account() });
      expect(answer.data).toMatchObject({ userId: performer.user.id, streamId, messageId: null });
      return answer;
    },
    'reports a message, of its author, and keeps what it says now': async ({ call, given, test }) => {
      const stream = await given.stream(await given.performer());
      const author = await given.account();
      const { id: messageId } = await given.storedMessage(stream, author, { content: 'Buy followers' });
      const input = { streamId: stream.id, messageId, reason: 'spam' };
      const answer = await call(input, { as: await given.account() });
      expect(answer.data).toMatchObject({ userId: author.user.id, streamId: stream.id, messageId });
      const [row] = await test.database.client.select().from(reports).where(eq(reports.id, answer.data.id));
      expect(row?.messageContent).toBe('Buy followers');
      return answer;
    },
    'reports the same as another has': async ({ call, given }) => {
      const { user } = await given.account();
      await given.report({ userId: user.id });
      return call({ userId: user.id, reason: 'spam' }, { as: await given.account() });
    },
    'reports again what was decided': async ({ call, given, test }) => {
      const [reporter, admin] = [await given.account(), await given.admin()];
      const { user } = await given.account();
      const { id } = await given.report({ userId: user.id }, reporter);
      const identity = await test.services.auth.authenticateAfresh(admin.accessToken);
      await test.services.reports.decide(identity, { id, decision: 'dismissed' });
      return call({ userId: user.id, reason: 'spam' }, { as: reporter });
    },
  },

  NOT_FOUND: {
    'for an unknown user': async ({ call, given }) =>
      call({ userId: uuidv7(), reason: 'spam' }, { as: await given.account() }),
    'for a deleted user': async ({ call, given }) => {
      const gone = await given.account();
      await given.deleted(gone);
      return call({ userId: gone.user.id, reason: 'spam' }, { as: await given.account() });
    },
    'for an unknown stream': async ({ call, given }) =>
      call({ streamId: uuidv7(), reason: 'spam' }, { as: await given.account() }),
    'for a message of another stream': async ({ call, given }) => {
      const { id: messageId } = await given.storedMessage(
        await given.stream(await given.performer()),
        await given.account(),
      );
      const { id: streamId } = await given.stream(await given.performer());
      return call({ streamId, messageId, reason: 'spam' }, { as: await given.account() });
    },
  },

  ALREADY_REPORTED: {
    'while the same is open, for whatever reason': async ({ call, given }) => {
      const reporter = await given.account();
      const { user } = await given.account();
      await given.report({ userId: user.id }, reporter);
      return call({ userId: user.id, reason: 'hate' }, { as: reporter });
    },
  },

  VALIDATION_FAILED: {
    'for oneself': async ({ call, given }) => {
      const self = await given.account();
      const answer = await call({ userId: self.user.id, reason: 'spam' }, { as: self });
      expect(answer.failure?.errors?.[0]?.path).toBe('userId');
      return answer;
    },
    'for one’s own stream': async ({ call, given }) => {
      const self = await given.performer();
      const answer = await call({ streamId: (await given.stream(self)).id, reason: 'spam' }, { as: self });
      expect(answer.failure?.errors?.[0]?.path).toBe('streamId');
      return answer;
    },
    'for nothing': async ({ call, given }) => call({ reason: 'spam' }, { as: await given.account() }),
    'for a user and a stream': async ({ call, given }) =>
      call({ userId: uuidv7(), streamId: uuidv7(), reason: 'spam' }, { as: await given.account() }),
    'for a message without its stream': async ({ call, given }) =>
      call({ userId: uuidv7(), messageId: uuidv7(), reason: 'spam' }, { as: await given.account() }),
    ...invalidFields(
      async (given) => ({
        input: { userId: (await given.account()).user.id, reason: 'spam' },
        as: await given.account(),
      }),
      {
        userId: ['me', null],
        reason: ['', 'bad', null],
        comment: ['', '  ', 'x'.repeat(1001), null],
        status: ['acted'],
        reporterId: [uuidv7()],
      },
    ),
  },
});
