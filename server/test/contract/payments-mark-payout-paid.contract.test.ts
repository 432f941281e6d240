import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';
import { brokenBooks } from '../money/books.js';

const reference = 'SEPA 2026-01-31/17';

contract('payments.markPayoutPaid', {
  success: {
    'completes the payment, under the name of the transfer': async ({ call, given, test }) => {
      const performer = await given.performer();
      const payout = await given.payout(performer, 'approved');
      const answer = await call({ id: payout.id, reference }, { as: await given.admin() });
      const paidAt = test.clock.now().toISOString();
      expect(answer.data).toEqual({ ...payout, status: 'paid', reference, paidAt });
      const identity = await test.services.auth.authenticateAfresh(performer.accessToken);
      expect(await test.services.payments.get(identity, payout.id)).toMatchObject({
        status: 'completed',
        completedAt: paidAt,
      });
      expect(await brokenBooks(test.database)).toEqual([]);
      return answer;
    },
    'without a reference': async ({ call, given }) => {
      const { id } = await given.payout(await given.performer(), 'approved');
      const answer = await call({ id }, { as: await given.admin() });
      expect(answer.data.reference).toBeNull();
      return answer;
    },
    'answers the same again': async ({ call, given, test }) => {
      const { id } = await given.payout(await given.performer(), 'approved');
      const admin = await given.admin();
      const first = await call({ id, reference }, { as: admin });
      test.clock.advance(60);
      const again = await call({ id }, { as: admin });
      expect(again.data).toEqual(first.data);
      const answer = await call({ id, reference }, { as: admin });
      expect(answer.data).toEqual(first.data);
      return answer;
    },
  },

  FORBIDDEN: {
    'for a performer': async ({ call, given }) => {
      const performer = await given.performer();
      return call({ id: (await given.payout(performer, 'approved')).id }, { as: performer });
    },
  },

  NOT_FOUND: {
    'of an unknown payout': async ({ call, given }) => call({ id: uuidv7() }, { as: await given.admin() }),
  },

  PAYOUT_DECIDED: {
    'of one that nobody has approved': async ({ call, given }) =>
      call({ id: (await given.payout(await given.performer())).id }, { as: await given.admin() }),
    'again for another transfer': async ({ call, given }) => {
      const { id } = await given.payout(await given.performer(), 'approved');
      const admin = await given.admin();
      await call({ id, reference }, { as: admin });
      return call({ id, reference: 'SEPA 18' }, { as: admin });
    },
  },

  VALIDATION_FAILED: invalidFields(async (given) => ({ input: { id: uuidv7() }, as: await given.admin() }), {
    reference: ['', ' ', 'x'.repeat(201), 'two\nlines', 5],
  }),
});
