import { expect } from 'vitest';
import { contract, invalidFields, type Scene } from '../contract.js';
import { outcomeOf } from '../outcome.js';

/** A viewer with money, who tips when told to. */
const spender = async ({ given, test }: Pick<Scene<'payments.setSpendingLimit'>, 'given' | 'test'>) => {
  const viewer = await given.account();
  const { user } = await given.performer();
  await given.funds(viewer, 5000);
  const identity = await test.services.auth.authenticateAfresh(viewer.accessToken);
  const tip = (amount: number) =>
    outcomeOf(test.services.tips.send(identity, { performerId: user.id, amount, isAnonymous: false }));
  return { viewer, tip };
};

contract('payments.setSpendingLimit', {
  success: {
    'holds at once, and counts what was spent today before': async ({ call, ...scene }) => {
      const { viewer, tip } = await spender(scene);
      expect(await tip(400)).toBe('ok');
      const answer = await call({ dailyAmount: 1000 }, { as: viewer });
      expect(answer.data).toEqual({ dailyAmount: 1000, spentToday: 400, next: null, currency: 'USD' });
      expect([await tip(601), await tip(600)]).toEqual(['SPENDING_LIMIT_REACHED', 'ok']);
      return answer;
    },
    'is lowered at once, to nothing at all if need be': async ({ call, ...scene }) => {
      const { viewer, tip } = await spender(scene);
      await call({ dailyAmount: 1000 }, { as: viewer });
      const answer = await call({ dailyAmount: 0 }, { as: viewer });
      expect(answer.data).toEqual({ dailyAmount: 0, spentToday: 0, next: null, currency: 'USD' });
      expect(await tip(100)).toBe('SPENDING_LIMIT_REACHED');
      return answer;
    },
    'is raised or lifted a day later': async ({ call, given, test }) => {
      const viewer = await given.account();
      await call({ dailyAmount: 1000 }, { as: viewer });
      const from = new Date(test.clock.now().getTime() + 86_400_000).toISOString();
      const limit = { dailyAmount: 1000, spentToday: 0, currency: 'USD' };
      const raised = await call({ dailyAmount: 2000 }, { as: viewer });
      expect(raised.data).toEqual({ ...limit, next: { dailyAmount: 2000, from } });
      const answer = await call({ dailyAmount: null }, { as: viewer });
      expect(answer.data).toEqual({ ...limit, next: { dailyAmount: null, from } });
      return answer;
    },
  },

  VALIDATION_FAILED: invalidFields(
    async (given) => ({ input: { dailyAmount: 100 }, as: await given.account() }),
    {
      dailyAmount: [-5, 0.5, 1e21, 2 ** 53, 100_000_001, '5', true, [7], undefined],
      currency: ['EUR'],
    },
  ),
});
