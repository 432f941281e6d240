import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

contract('streams.update', {
  success: {
    'changes what is given, while live too': async ({ call, given }) => {
      const performer = await given.performer();
      const { updatedAt, ...stream } = await given.stream(performer, { category: 'Music', tags: ['music'] });
      const changes = { title: 'Saturday night', description: 'Two\nlines', tags: ['art'] };
      const answer = await call({ id: stream.id, ...changes }, { as: performer });
      expect(answer.data).toEqual({ ...stream, ...changes, updatedAt: expect.any(String) });
      expect(answer.data.updatedAt >= updatedAt).toBe(true);
      return answer;
    },
    'changes nothing when nothing is given': async ({ call, given }) => {
      const performer = await given.performer();
      const stream = await given.stream(performer);
      const answer = await call({ id: stream.id }, { as: performer });
      expect(answer.data).toEqual(stream);
      return answer;
    },
    'empties the category by null': async ({ call, given }) => {
      const performer = await given.performer();
      const { id } = await given.stream(performer, { category: 'Music' });
      const answer = await call({ id, category: null }, { as: performer });
      expect(answer.data.category).toBeNull();
      return answer;
    },
    'makes a scheduled stream private with a price, and public again': async ({ call, given }) => {
      const performer = await given.performer();
      const { id } = await given.scheduledStream(performer);
      const secret = await call({ id, isPrivate: true, price: 1500 }, { as: performer });
      expect(secret.data).toMatchObject({ isPrivate: true, price: 1500 });
      const answer = await call({ id, isPrivate: false, price: null }, { as: performer });
      expect(answer.data).toMatchObject({ isPrivate: false, price: null });
      return answer;
    },
    'moves a schedule': async ({ call, given, test }) => {
      const performer = await given.performer();
      const { id } = await given.scheduledStream(performer);
      const scheduledStartAt = new Date(test.clock.now().getTime() + 7_200_000).toISOString();
      const answer = await call({ id, scheduledStartAt }, { as: performer });
      expect(answer.data).toMatchObject({ scheduledStartAt, status: 'scheduled' });
      return answer;
    },
    'takes another price once tickets are sold, and anything once they are refunded': async ({
      call,
      given,
      test,
    }) => {
      const performer = await given.performer();
      const show = await given.show(performer);
      const ticket = await given.ticket(await given.account(), show);
      const { isPrivate, scheduledStartAt } = show;
      const same = await call({ id: show.id, price: 700, isPrivate, scheduledStartAt }, { as: performer });
      expect(same.data.price).toBe(700);
      const identity = await test.services.auth.authenticateAfresh(performer.accessToken);
      await test.services.refunds.refund(identity, ticket.id);
      const answer = await call({ id: show.id, isPrivate: false, price: null }, { as: performer });
      expect(answer.data.isPrivate).toBe(false);
      return answer;
    },
    'is for admins too': async ({ call, given }) => {
      const { id } = await given.stream(await given.performer());
      return call({ id, title: 'Renamed' }, { as: await given.admin() });
    },
  },

  FORBIDDEN: {
    'for another performer': async ({ call, given }) => {
      const { id } = await given.stream(await given.performer());
      return call({ id, title: 'Mine now' }, { as: await given.performer() });
    },
  },

  NOT_FOUND: {
    'for an unknown stream': async ({ call, given }) =>
      call({ id: uuidv7(), title: 'Renamed' }, { as: await given.performer() }),
  },

  STREAM_LIVE: Object.fromEntries(
    Object.entries({
      price: { isPrivate: true, price: 500 },
      privacy: { isPrivate: false },
      schedule: { scheduledStartAt: '2199-01-01T00:00:00Z' },
    }).map(([name, changes]) => [
      `for the ${name} of a live stream`,
      async ({ call, given }) => {
        const performer = await given.performer();
        const { id } = await given.stream(performer);
        return call({ id, ...changes }, { as: performer });
      },
    ]),
  ),

  STREAM_ENDED: {
    'once it has ended': async ({ call, given }) => {
      const performer = await given.performer();
      const { id } = await given.endedStream(performer);
      return call({ id, title: 'Too late' }, { as: performer });
    },
  },

  TICKETS_SOLD: Object.fromEntries(
    Object.entries({
      privacy: { isPrivate: false, price: null },
      schedule: { scheduledStartAt: '2199-01-01T00:00:00Z' },
    }).map(([name, changes]) => [
      `for the ${name} of a show that somebody holds a ticket of`,
      async ({ call, given }) => {
        const performer = await given.performer();
        const show = await given.show(performer);
        await given.ticket(await given.account(), show);
        return call({ id: show.id, ...changes }, { as: performer });
      },
    ]),
  ),

  VALIDATION_FAILED: {
    'for a price alone on a public stream': async ({ call, given }) => {
      const performer = await given.performer();
      const { id } = await given.scheduledStream(performer);
      return call({ id, price: 500 }, { as: performer });
    },
    'for privacy without a price': async ({ call, given }) => {
      const performer = await given.performer();
      const { id } = await given.scheduledStream(performer);
      return call({ id, isPrivate: true }, { as: performer });
    },
    'for a schedule in the past': async ({ call, given, test }) => {
      const performer = await given.performer();
      const { id } = await given.scheduledStream(performer);
      return call({ id, scheduledStartAt: test.clock.now().toISOString() }, { as: performer });
    },
    'for an id that is none': async ({ call, given }) =>
      call({ id: 'live', title: 'Renamed' }, { as: await given.performer() }),
    ...invalidFields(
      async (given) => {
        const performer = await given.performer();
        return { input: { id: (await given.scheduledStream(performer)).id }, as: performer };
      },
      {
        title: ['', 'ab', 'a'.repeat(101), null, 5],
        description: ['a'.repeat(5001), null],
        category: ['', 'a'.repeat(51)],
        tags: ['music', ['two words'], null],
        scheduledStartAt: ['tomorrow', null],
        isPrivate: ['true', 1, null],
        price: [0, 1.5, '500', true],
        status: ['ended'],
        performerId: [uuidv7()],
        viewerCount: [1000],
      },
    ),
  },
});
