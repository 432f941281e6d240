import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

const secret = { isPrivate: true, price: 1500 };

contract('streams.get', {
  success: {
    'gives a guest a public stream with its performer': async ({ call, given }) => {
      const performer = await given.performer();
      const { id } = await given.stream(performer, { title: 'Friday night piano', tags: ['music'] });
      const answer = await call({ id });
      const { username, displayName } = performer.user;
      expect(answer.data).toEqual({
        id,
        performer: { id: performer.user.id, username, displayName, avatarUrl: null, isVerified: true },
        title: 'Friday night piano',
        description: '',
        category: null,
        thumbnailUrl: null,
        tags: ['music'],
        status: 'live',
        isPrivate: false,
        price: null,
        currency: 'USD',
        viewerCount: 0,
        peakViewerCount: 0,
        scheduledStartAt: null,
        startedAt: expect.any(String),
        endedAt: null,
        createdAt: expect.any(String),
        updatedAt: expect.any(String),
      });
      return answer;
    },
    'changes nothing by reading': async ({ call, given }) => {
      const stream = await given.stream(await given.performer());
      await call({ id: stream.id }, { as: await given.account() });
      const answer = await call({ id: stream.id });
      expect(answer.data).toEqual(stream);
      return answer;
    },
    'gives a private stream to its performer': async ({ call, given }) => {
      const performer = await given.performer();
      const { id } = await given.stream(performer, secret);
      const answer = await call({ id }, { as: performer });
      expect(answer.data).toMatchObject(secret);
      return answer;
    },
    'gives a private stream to whoever holds a ticket': async ({ call, given }) => {
      const performer = await given.performer();
      const { id } = await given.stream(performer, secret);
      const viewer = await given.account();
      const ticket = { payerId: viewer.user.id, payeeId: performer.user.id, streamId: id } as const;
      await given.payment({ type: 'private_show', ...ticket });
      const answer = await call({ id }, { as: viewer });
      expect(answer.data).toMatchObject(secret);
      return answer;
    },
    'gives a private stream to an admin': async ({ call, given }) => {
      const { id } = await given.stream(await given.performer(), secret);
      return call({ id }, { as: await given.admin() });
    },
    'gives an ended stream': async ({ call, given }) => {
      const { id } = await given.endedStream(await given.performer());
      const answer = await call({ id });
      expect(answer.data.status).toBe('ended');
      return answer;
    },
  },

  ACCESS_REQUIRED: {
    'with the price, for a guest of a private stream': async ({ call, given }) => {
      const { id } = await given.stream(await given.performer(), secret);
      const answer = await call({ id });
      expect(answer.failure?.price).toEqual({ amount: 1500, currency: 'USD' });
      return answer;
    },
    'for a signed-in viewer, who learns nothing of the stream': async ({ call, given }) => {
      const { id } = await given.stream(await given.performer(), { ...secret, title: 'Knife skills' });
      const answer = await call({ id }, { as: await given.account() });
      expect(answer.text).not.toContain('Knife');
      return answer;
    },
    'for a ticket whose money was given back': async ({ call, given }) => {
      const performer = await given.performer();
      const { id } = await given.stream(performer, secret);
      const viewer = await given.account();
      const ticket = { payerId: viewer.user.id, payeeId: performer.user.id, streamId: id } as const;
      await given.payment({ type: 'private_show', status: 'refunded', ...ticket });
      return call({ id }, { as: viewer });
    },
    'for one that has ended, not offering a ticket that nobody can buy any more': async ({ call, given }) => {
      const { id } = await given.endedStream(await given.performer(), secret);
      const answer = await call({ id });
      expect(answer.failure?.detail).toBe(
        'This private stream has ended; it opens to those who hold a ticket of it.',
      );
      return answer;
    },
    'for another performer': async ({ call, given }) => {
      const { id } = await given.stream(await given.performer(), secret);
      return call({ id }, { as: await given.performer() });
    },
  },

  NOT_FOUND: { 'for an unknown stream': ({ call }) => call({ id: uuidv7() }) },

  VALIDATION_FAILED: invalidFields(async () => ({ input: { id: uuidv7() } }), {
    id: ['live', '5', '6ba7b810-9dad-41d1-80b4-00c04fd430c8'],
    include: ['messages'],
  }),
});
