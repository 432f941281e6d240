import { expect } from 'vitest';
import { contract } from '../contract.js';

contract('payments.wallet', {
  success: {
    'is empty before anything was paid in': async ({ call, given }) => {
      const answer = await call(undefined, { as: await given.account() });
      expect(answer.data).toEqual({ balance: 0, currency: 'USD' });
      return answer;
    },
    'holds what was topped up, less what was tipped': async ({ call, given, test }) => {
      const viewer = await given.account();
      await given.funds(viewer, 2000);
      const identity = await test.services.auth.authenticateAfresh(viewer.accessToken);
      const { user } = await given.performer();
      await test.services.tips.send(identity, { performerId: user.id, amount: 500, isAnonymous: false });
      const answer = await call(undefined, { as: viewer });
      expect(answer.data).toEqual({ balance: 1500, currency: 'USD' });
      return answer;
    },
    'shows a performer the earnings, before the first too': async ({ call, given }) => {
      const answer = await call(undefined, { as: await given.performer() });
      const earnings = { balance: 0, available: 0, pendingPayouts: 0 };
      expect(answer.data).toEqual({ balance: 0, currency: 'USD', earnings });
      return answer;
    },
    'tells what of the earnings is held back, and what is asked for': async ({ call, given }) => {
      const performer = await given.performer();
      await given.payout(performer);
      await given.earned(performer, 3000);
      await given.earned(performer, 700, 6);
      const answer = await call(undefined, { as: performer });
      const earnings = { balance: 3700, available: 3000, pendingPayouts: 10_000 };
      expect(answer.data).toEqual({ balance: 0, currency: 'USD', earnings });
      return answer;
    },
    'shows the earnings of whoever was tipped, whatever their role is now': async ({ call, given }) => {
      const admin = await given.admin();
      expect((await call(undefined, { as: admin })).data).not.toHaveProperty('earnings');
      await given.earned(admin, 700);
      const answer = await call(undefined, { as: admin });
      expect(answer.data.earnings).toEqual({ balance: 700, available: 700, pendingPayouts: 0 });
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
