import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';
import { brokenBooks } from '../money/books.js';

const reason = 'The name on the bank account is another.';

contract('payments.rejectPayout', {
  success: {
    'gives the money back, and tells why': async ({ call, given, test }) => {
      const performer = await given.performer();
      const payout = await given.payout(performer);
      const answer = await call({ id: payout.id, reason }, { as: await given.admin() });
      const decidedAt = test.clock.now().toISOString();
      expect(answer.data).toEqual({ ...payout, status: 'rejected', reason, decidedAt });
      const identity = await test.services.auth.authenticateAfresh(performer.accessToken);
      expect(await test.services.payments.get(identity, payout.id)).toMatchObject({ status: 'failed' });
      // Nothing is held of what comes back.
      expect(await test.services.payouts.request(identity, { amount: payout.amount })).toMatchObject({
        status: 'requested',
      });
      expect(await brokenBooks(test.database)).toEqual([]);
      return answer;
    },
    'of one that is approved': async ({ call, given }) => {
      const { id } = await given.payout(await given.performer(), 'approved');
      return call({ id, reason }, { as: await given.admin() });
    },
    'answers the same again, and gives nothing back twice': async ({ call, given, test }) => {
      const { id } = await given.payout(await given.performer());
      const admin = await given.admin();
      const first = await call({ id, reason }, { as: admin });
      const answer = await call({ id, reason }, { as: admin });
      expect(answer.data).toEqual(first.data);
      expect(await brokenBooks(test.database)).toEqual([]);
      return answer;
    },
    'of one’s own': async ({ call, given }) => {
      const admin = await given.admin();
      return call({ id: (await given.payout(admin)).id, reason }, { as: admin });
    },
  },

  FORBIDDEN: {
    'for a performer': async ({ call, given }) => {
      const performer = await given.performer();
      return call({ id: (await given.payout(performer)).id, reason }, { as: performer });
    },
  },

  NOT_FOUND: {
    'of an unknown payout': async ({ call, given }) =>
      call({ id: uuidv7(), reason }, { as: await given.admin() }),
  },

  PAYOUT_DECIDED: {
    'of one that is paid': async ({ call, given, test }) => {
      const admin = await given.admin();
      const { id } = await given.payout(await given.performer(), 'approved');
      const identity = await test.services.auth.authenticateAfresh(admin.accessToken);
      await test.services.payouts.markPaid(identity, { id });
      return call({ id, reason }, { as: admin });
    },
    'again for another reason': async ({ call, given }) => {
      const admin = await given.admin();
      const { id } = await given.payout(await given.performer());
      await call({ id, reason }, { as: admin });
      return call({ id, reason: 'Another.' }, { as: admin });
    },
  },

  VALIDATION_FAILED: invalidFields(
    async (given) => ({ input: { id: uuidv7(), reason }, as: await given.admin() }),
    { reason: ['', ' ', 'x'.repeat(501), 5, undefined] },
  ),
});
