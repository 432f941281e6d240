import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

contract('payments.approvePayout', {
  success: {
    'answers with the payout, and says since when': async ({ call, given, test }) => {
      const payout = await given.payout(await given.performer());
      const admin = await given.admin();
      const answer = await call({ id: payout.id }, { as: admin });
      const decidedAt = test.clock.now().toISOString();
      expect(answer.data).toEqual({ ...payout, status: 'approved', decidedAt });
      const line = { payoutId: payout.id, status: 'approved', byUserId: admin.user.id };
      expect(test.logs).toContainEqual(
        expect.objectContaining({ level: 'INFO', message: 'Payout decided', data: line }),
      );
      return answer;
    },
    'answers the same again, also to another admin': async ({ call, given, test }) => {
      const { id } = await given.payout(await given.performer());
      const first = await call({ id }, { as: await given.admin() });
      test.clock.advance(60);
      const answer = await call({ id }, { as: await given.admin() });
      expect(answer.data).toEqual(first.data);
      return answer;
    },
    'of an admin, by another': async ({ call, given }) =>
      call({ id: (await given.payout(await given.admin())).id }, { as: await given.admin() }),
  },

  FORBIDDEN: {
    'for a performer': async ({ call, given }) => {
      const performer = await given.performer();
      return call({ id: (await given.payout(performer)).id }, { as: performer });
    },
    'for an admin whose own it is': async ({ call, given }) => {
      const admin = await given.admin();
      return call({ id: (await given.payout(admin)).id }, { as: admin });
    },
    'for an admin whose own another has approved': async ({ call, given }) => {
      const admin = await given.admin();
      return call({ id: (await given.payout(admin, 'approved')).id }, { as: admin });
    },
  },

  NOT_FOUND: {
    'of an unknown payout': async ({ call, given }) => call({ id: uuidv7() }, { as: await given.admin() }),
    'of another payment': async ({ call, given }) => {
      const payee = await given.performer();
      const { id } = await given.payment({ payeeId: payee.user.id });
      return call({ id }, { as: await given.admin() });
    },
  },

  PAYOUT_DECIDED: {
    'of one that was rejected or paid': async ({ call, given, test }) => {
      const admin = await given.admin();
      const identity = await test.services.auth.authenticateAfresh(admin.accessToken);
      const paid = await given.payout(await given.performer(), 'approved');
      await test.services.payouts.markPaid(identity, { id: paid.id });
      expect((await call({ id: paid.id }, { as: admin })).failure?.code).toBe('PAYOUT_DECIDED');
      const rejected = await given.payout(await given.performer());
      await test.services.payouts.reject(identity, { id: rejected.id, reason: 'No' });
      return call({ id: rejected.id }, { as: admin });
    },
  },

  VALIDATION_FAILED: invalidFields(async (given) => ({ input: {}, as: await given.admin() }), {
    id: ['me', '1'],
  }),
});
