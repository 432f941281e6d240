import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

contract('users.listStreams', {
  success: {
    'gives the public streams of a user in any status, newest first': async ({ call, given }) => {
      const performer = await given.performer();
      const ended = await given.endedStream(performer);
      const live = await given.stream(performer);
      const scheduled = await given.scheduledStream(performer);
      await given.scheduledStream(performer, { isPrivate: true, price: 500 });
      await given.stream(await given.performer());
      const answer = await call({ id: performer.user.id });
      expect(answer.data).toEqual({ items: [scheduled, live, ended], nextCursor: null });
      return answer;
    },
    'hides private streams from their performer too': async ({ call, given }) => {
      const performer = await given.performer();
      await given.stream(performer, { isPrivate: true, price: 500 });
      const answer = await call({ id: performer.user.id }, { as: performer });
      expect(answer.data.items).toEqual([]);
      return answer;
    },
    'pages by cursor until there is no more': async ({ call, given }) => {
      const performer = await given.performer();
      const made: string[] = [];
      for (let count = 0; count < 3; count += 1) made.unshift((await given.scheduledStream(performer)).id);
      const first = await call({ id: performer.user.id, limit: 2 });
      const cursor = first.data.nextCursor;
      const answer = await call({ id: performer.user.id, limit: 2, cursor });
      expect([...first.data.items, ...answer.data.items].map(({ id }) => id)).toEqual(made);
      expect(answer.data.nextCursor).toBeNull();
      return answer;
    },
    'gives an empty list for a user without streams': async ({ call, given }) => {
      const answer = await call({ id: (await given.account()).user.id });
      expect(answer.data).toEqual({ items: [], nextCursor: null });
      return answer;
    },
  },

  NOT_FOUND: {
    'for an unknown user': ({ call }) => call({ id: uuidv7() }),
    'for a deleted user': async ({ call, given }) => {
      const performer = await given.performer();
      await given.stream(performer);
      await given.deleted(performer);
      return call({ id: performer.user.id });
    },
  },

  VALIDATION_FAILED: invalidFields(async (given) => ({ input: { id: (await given.account()).user.id } }), {
    id: ['me'],
    limit: [0, 101, -1, 1.5, 'ten'],
    cursor: ['', 'x', 'WzFd'],
    status: ['live'],
  }),
});
