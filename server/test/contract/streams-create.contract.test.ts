import { expect } from 'vitest';
import { contract, contractWhere, invalidFields } from '../contract.js';

const title = 'Friday night piano';
const inHours = (hours: number, now: Date) => new Date(now.getTime() + hours * 3_600_000).toISOString();

contract(
  'streams.create',
  {
    success: {
      'is live at once': async ({ call, given, test }) => {
        const performer = await given.performer();
        const answer = await call({ title }, { as: performer });
        expect(answer.data).toMatchObject({
          performer: { id: performer.user.id },
          title,
          status: 'live',
          isPrivate: false,
          price: null,
          currency: 'USD',
          startedAt: test.clock.now().toISOString(),
          scheduledStartAt: null,
        });
        expect(await test.services.streams.get(null, answer.data.id)).toEqual(answer.data);
        return answer;
      },
      'waits for its schedule': async ({ call, given, test }) => {
        const scheduledStartAt = inHours(1, test.clock.now());
        const answer = await call({ title, scheduledStartAt }, { as: await given.performer() });
        expect(answer.data).toMatchObject({ status: 'scheduled', scheduledStartAt, startedAt: null });
        return answer;
      },
      'is live at once in spite of a schedule when told so': async ({ call, given, test }) => {
        const scheduledStartAt = inHours(1, test.clock.now());
        const as = await given.performer();
        const answer = await call({ title, scheduledStartAt, startNow: true }, { as });
        expect(answer.data.status).toBe('live');
        return answer;
      },
      'waits without a schedule when told so': async ({ call, given }) => {
        const answer = await call({ title, startNow: false }, { as: await given.performer() });
        expect(answer.data).toMatchObject({ status: 'scheduled', scheduledStartAt: null });
        return answer;
      },
      'has a price when it is private': async ({ call, given }) => {
        const as = await given.performer();
        const answer = await call({ title, isPrivate: true, price: 1500 }, { as });
        expect(answer.data).toMatchObject({ isPrivate: true, price: 1500, currency: 'USD' });
        return answer;
      },
      'keeps tags in lower case, each once': async ({ call, given }) => {
        const as = await given.performer();
        const answer = await call(
          { title: ` ${title} `, tags: ['Music', 'music ', 'Übung', 'a-b_1'] },
          { as },
        );
        expect(answer.data).toMatchObject({ title, tags: ['music', 'übung', 'a-b_1'] });
        return answer;
      },
      'reads a schedule with an offset': async ({ call, given, test }) => {
        const utc = inHours(24, test.clock.now());
        const scheduledStartAt = `${inHours(26, test.clock.now()).slice(0, -1)}+02:00`;
        const answer = await call({ title, scheduledStartAt }, { as: await given.performer() });
        expect(answer.data.scheduledStartAt).toBe(utc);
        return answer;
      },
      'is for admins too': async ({ call, given }) => call({ title }, { as: await given.admin() }),
    },

    NOT_A_PERFORMER: {
      'for a viewer, naming the way to be one': async ({ call, given }) => {
        const answer = await call({ title }, { as: await given.account() });
        expect(answer.failure?.detail).toContain('POST /api/users/{id}/performer');
        return answer;
      },
    },

    NOT_VERIFIED: {
      'for a performer whom no admin has verified': async ({ call, given }) => {
        const answer = await call({ title }, { as: await given.unverifiedPerformer() });
        expect(answer.failure?.detail).toContain('admin');
        return answer;
      },
    },

    ALREADY_LIVE: {
      'while another stream of the performer is live': async ({ call, given }) => {
        const performer = await given.performer();
        await given.stream(performer);
        return call({ title }, { as: performer });
      },
    },

    VALIDATION_FAILED: {
      'for a private stream without a price': async ({ call, given }) =>
        call({ title, isPrivate: true }, { as: await given.performer() }),
      'for a public stream with a price': async ({ call, given }) =>
        call({ title, price: 500 }, { as: await given.performer() }),
      'for a schedule in the past': async ({ call, given, test }) =>
        call({ title, scheduledStartAt: inHours(-1, test.clock.now()) }, { as: await given.performer() }),
      ...invalidFields(
        async (given) => ({ input: { title, isPrivate: true, price: 500 }, as: await given.performer() }),
        {
          title: ['', 'ab', '  ab  ', 'a'.repeat(101), 'two\nlines', 'nul\0', '\ud800abc', null, 5],
          description: ['a'.repeat(5001), 'nul\0', null, 5],
          category: ['', 'a'.repeat(51), null],
          tags: [
            'music',
            [''],
            ['two words'],
            ['a'.repeat(26)],
            Array.from({ length: 11 }, (_, n) => `t${n}`),
            [5],
          ],
          scheduledStartAt: ['tomorrow', '2199-01-01', '9999-01-01T00:00:00Z', 5, null],
          startNow: ['true', 1, null],
          isPrivate: ['true', 1, null],
          price: [0, -1, 1.5, 100_000_001, '500', true, null, [500]],
          performerId: ['019b76f2-7a6e-7c3a-9d53-2f1f0a6b8c11'],
          status: ['live'],
          currency: ['EUR'],
        },
      ),
    },
  },
  { PERFORMER_APPROVAL: 'admin' },
);

contractWhere({ PERFORMER_APPROVAL: 'auto' }, 'streams.create', {
  success: {
    'makes a viewer a verified performer': async ({ call, given, test }) => {
      const viewer = await given.account();
      const answer = await call({ title }, { as: viewer });
      expect(answer.data.performer).toMatchObject({ id: viewer.user.id, isVerified: true });
      expect(await test.services.users.get(viewer.user.id)).toMatchObject({ role: 'performer' });
      return answer;
    },
  },
  NOT_VERIFIED: {
    'for a performer whose verification an admin took back': async ({ call, given }) =>
      call({ title }, { as: await given.unverifiedPerformer() }),
  },
  VALIDATION_FAILED: {
    'for a viewer, who is no performer by a refused attempt': async ({ call, given, test }) => {
      const viewer = await given.account();
      const answer = await call({ title, price: 500 }, { as: viewer });
      expect(await test.services.users.get(viewer.user.id)).toMatchObject({ role: 'viewer' });
      return answer;
    },
  },
});
