import { expect } from 'vitest';
import { contract } from '../contract.js';

contract('payments.getSpendingLimit', {
  success: {
    'is none at first, and tells what was spent today all the same': async ({ call, given, test }) => {
      const viewer = await given.account();
      await given.funds(viewer, 2000);
      const unspent = { dailyAmount: null, spentToday: 0, next: null, currency: 'USD' };
      expect((await call(undefined, { as: viewer })).data).toEqual(unspent);
      const identity = await test.services.auth.authenticateAfresh(viewer.accessToken);
      const { user } = await given.performer();
      await test.services.tips.send(identity, { performerId: user.id, amount: 500, isAnonymous: true });
      const answer = await call(undefined, { as: viewer });
      expect(answer.data).toEqual({ ...unspent, spentToday: 500 });
      return answer;
    },
  },
  VALIDATION_FAILED: {
    'for any input at all': async ({ call, given }) => {
      const { user, accessToken } = await given.account();
      return call({ id: user.id }, { as: { accessToken } });
    },
  },
});
