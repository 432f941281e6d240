import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

contract('reports.decide', {
  success: {
    'says that something was done': async ({ call, given }) => {
      const { id } = await given.report();
      const admin = await given.admin();
      const answer = await call({ id, decision: 'acted', note: 'Suspended.' }, { as: admin });
      expect(answer.data).toMatchObject({
        id,
        status: 'acted',
        note: 'Suspended.',
        decidedAt: expect.any(String),
        decidedBy: { id: admin.user.id },
      });
      return answer;
    },
    'dismisses, and gives the same for a second time': async ({ call, given }) => {
      const { id } = await given.report();
      const admin = await given.admin();
      const first = await call({ id, decision: 'dismissed' }, { as: admin });
      const answer = await call({ id, decision: 'dismissed' }, { as: admin });
      expect(answer.data).toEqual(first.data);
      return answer;
    },
  },

  FORBIDDEN: {
    'for whoever reported': async ({ call, given }) => {
      const reporter = await given.account();
      const { id } = await given.report({}, reporter);
      return call({ id, decision: 'acted' }, { as: reporter });
    },
    'for an admin, of oneself': async ({ call, given }) => {
      const admin = await given.admin();
      const { id } = await given.report({ userId: admin.user.id });
      return call({ id, decision: 'dismissed' }, { as: admin });
    },
  },

  NOT_FOUND: {
    'for an unknown report': async ({ call, given }) =>
      call({ id: uuidv7(), decision: 'acted' }, { as: await given.admin() }),
  },

  REPORT_DECIDED: {
    'by another admin': async ({ call, given }) => {
      const { id } = await given.report();
      await call({ id, decision: 'acted' }, { as: await given.admin() });
      return call({ id, decision: 'acted' }, { as: await given.admin() });
    },
    'otherwise, by oneself': async ({ call, given }) => {
      const { id } = await given.report();
      const admin = await given.admin();
      await call({ id, decision: 'acted' }, { as: admin });
      return call({ id, decision: 'dismissed' }, { as: admin });
    },
  },

  VALIDATION_FAILED: invalidFields(
    async (given) => ({ input: { id: uuidv7(), decision: 'acted' }, as: await given.admin() }),
    {
      id: ['first'],
      decision: ['open', '', null],
      note: ['', ' ', 'x'.repeat(1001), null],
      status: ['acted'],
    },
  ),
});
