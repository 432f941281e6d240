import { expect } from 'vitest';
import { contract, contractWhere, invalidFields, type Scene } from '../contract.js';

type EarningsScene = Scene<'payments.earnings'>;

const DAY_MS = 86_400_000;
const dayOf = ({ test }: Pick<EarningsScene, 'test'>, daysAgo: number): string =>
  new Date(test.clock.now().getTime() - daysAgo * DAY_MS).toISOString().slice(0, 10);
const sums = (count: number, net: number) => ({ count, gross: net, fee: 0, net });

contract('payments.earnings', {
  success: {
    'sums the last 30 days by day, type and stream': async (scene) => {
      const performer = await scene.given.performer();
      await scene.given.earned(performer, 700, 30);
      await scene.given.earned(performer, 500, 29);
      await scene.given.earned(performer, 300, 2);
      await scene.given.earned(performer, 200, 2);
      const answer = await scene.call(undefined, { as: performer });
      expect(answer.data).toEqual({
        from: dayOf(scene, 29),
        to: dayOf(scene, 0),
        currency: 'USD',
        total: sums(3, 1000),
        byDay: [
          { day: dayOf(scene, 29), ...sums(1, 500) },
          { day: dayOf(scene, 2), ...sums(2, 500) },
        ],
        byType: [{ type: 'tip', ...sums(3, 1000) }],
        byStream: [{ streamId: null, title: null, ...sums(3, 1000) }],
      });
      return answer;
    },
    'of the days that are asked for, both included': async (scene) => {
      const performer = await scene.given.performer();
      for (const daysAgo of [10, 9, 8, 7]) await scene.given.earned(performer, 100 + daysAgo, daysAgo);
      const answer = await scene.call({ from: dayOf(scene, 9), to: dayOf(scene, 8) }, { as: performer });
      expect(answer.data.total).toEqual(sums(2, 217));
      const single = await scene.call({ from: dayOf(scene, 9), to: dayOf(scene, 9) }, { as: performer });
      expect(single.data.total).toEqual(sums(1, 109));
      return answer;
    },
    'is nothing for whoever has earned nothing, and nothing of others': async (scene) => {
      await scene.given.earned(await scene.given.performer(), 700, 1);
      const answer = await scene.call({ to: '2026-01-31' }, { as: await scene.given.unverifiedPerformer() });
      expect(answer.data).toEqual({
        from: '2026-01-02',
        to: '2026-01-31',
        currency: 'USD',
        total: sums(0, 0),
        byDay: [],
        byType: [],
        byStream: [],
      });
      return answer;
    },
    'of a leap year': async ({ call, given }) =>
      call({ from: '2024-01-01', to: '2024-12-31' }, { as: await given.admin() }),
  },

  NOT_A_PERFORMER: {
    'for a viewer': async ({ call, given }) => call(undefined, { as: await given.account() }),
  },

  VALIDATION_FAILED: {
    'for days in the wrong order': async ({ call, given }) =>
      call({ from: '2026-02-01', to: '2026-01-31' }, { as: await given.performer() }),
    'for more than 366 days': async ({ call, given }) =>
      call({ from: '2025-01-01', to: '2026-01-02' }, { as: await given.performer() }),
    ...invalidFields(async (given) => ({ input: {}, as: await given.performer() }), {
      from: ['yesterday', '2026-02-30', '0000-01-01', '1999-12-31', '9999-12-31', '2026-01-01T00:00:00Z'],
      to: ['2026-1-1', '', '0001-01-01', '+010000-01-01'],
    }),
  },
});

contractWhere({ CURRENCY: 'EUR' }, 'payments.earnings', {
  success: {
    'says the currency of the platform': async ({ call, given }) => {
      const answer = await call(undefined, { as: await given.performer() });
      expect(answer.data.currency).toBe('EUR');
      return answer;
    },
  },
});
