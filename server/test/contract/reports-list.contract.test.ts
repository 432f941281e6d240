import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

contract('reports.list', {
  success: {
    'tells admins what was reported, newest first, page by page': async ({ call, given }) => {
      const { user } = await given.account();
      const reporter = await given.account();
      const first = await given.report({ userId: user.id, comment: 'Twice' }, reporter);
      const second = await given.report({ userId: user.id });
      const as = await given.admin();
      const page = await call({ userId: user.id, limit: 1 }, { as });
      expect(page.data.items.map(({ id }) => id)).toEqual([second.id]);
      const answer = await call({ userId: user.id, limit: 1, cursor: page.data.nextCursor }, { as });
      expect(answer.data.nextCursor).toBeNull();
      const { email: _, role: _role, bio: _bio, createdAt: _createdAt, ...summary } = reporter.user;
      expect(answer.data.items).toEqual([
        {
          id: first.id,
          reporter: expect.objectContaining({ id: summary.id, username: summary.username }),
          user: expect.objectContaining({ id: user.id, username: user.username }),
          streamId: null,
          messageId: null,
          messageContent: null,
          reason: 'spam',
          comment: 'Twice',
          status: 'open',
          note: null,
          createdAt: first.createdAt,
          decidedAt: null,
          decidedBy: null,
        },
      ]);
      return answer;
    },
    'filters by status, and by user and status': async ({ call, given, test }) => {
      const admin = await given.admin();
      const identity = await test.services.auth.authenticateAfresh(admin.accessToken);
      const { user } = await given.account();
      const decided = await given.report({ userId: user.id });
      const open = await given.report({ userId: user.id });
      await test.services.reports.decide(identity, { id: decided.id, decision: 'acted' });
      const idsOf = async (input: Record<string, unknown>) =>
        (await call({ limit: 100, ...input }, { as: admin })).data.items.map(({ id }) => id);
      expect(await idsOf({ userId: user.id, status: 'open' })).toEqual([open.id]);
      expect(await idsOf({ userId: user.id, status: 'acted' })).toEqual([decided.id]);
      expect(await idsOf({ status: 'acted' })).toContain(decided.id);
      expect(await idsOf({ status: 'acted' })).not.toContain(open.id);
      return call({}, { as: admin });
    },
  },

  FORBIDDEN: {
    'for a performer, of those of oneself': async ({ call, given }) => {
      const self = await given.performer();
      return call({ userId: self.user.id }, { as: self });
    },
  },

  VALIDATION_FAILED: invalidFields(async (given) => ({ input: {}, as: await given.admin() }), {
    status: ['decided', ''],
    userId: ['me'],
    limit: [0, 101],
    cursor: ['elsewhere'],
  }),
});
