import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';
import type { Factories } from '../factories.js';

/** A tip with everyone who may see it. */
const tip = async (given: Factories, isAnonymous = false) => {
  const payer = await given.account();
  const payee = await given.performer();
  const { id } = await given.payment({ payerId: payer.user.id, payeeId: payee.user.id, isAnonymous });
  return { id, payer, payee };
};

contract('payments.get', {
  success: {
    'gives it to its payer': async ({ call, given }) => {
      const { id, payer, payee } = await tip(given);
      const answer = await call({ id }, { as: payer });
      expect(answer.data).toEqual({
        id,
        type: 'tip',
        status: 'completed',
        payerId: payer.user.id,
        payeeId: payee.user.id,
        streamId: null,
        amount: 500,
        currency: 'USD',
        fee: null,
        message: null,
        isAnonymous: false,
        refundsId: null,
        createdAt: expect.any(String),
        completedAt: expect.any(String),
      });
      return answer;
    },
    'gives it to its payee': async ({ call, given }) => {
      const { id, payee } = await tip(given);
      return call({ id }, { as: payee });
    },
    'hides from the payee who sent an anonymous tip': async ({ call, given }) => {
      const { id, payer, payee } = await tip(given, true);
      const answer = await call({ id }, { as: payee });
      expect(answer.data.payerId).toBeNull();
      expect(answer.text).not.toContain(payer.user.id);
      return answer;
    },
    'gives it to an admin': async ({ call, given }) => {
      const { id, payer } = await tip(given, true);
      const answer = await call({ id }, { as: await given.admin() });
      expect(answer.data.payerId).toBe(payer.user.id);
      return answer;
    },
  },

  NOT_FOUND: {
    'for an unknown payment': async ({ call, given }) =>
      call({ id: uuidv7() }, { as: await given.account() }),
    "for somebody else's payment, as if it did not exist": async ({ call, given }) => {
      const { id } = await tip(given);
      const as = await given.performer();
      const unknown = await call({ id: uuidv7() }, { as });
      const answer = await call({ id }, { as });
      expect({ ...answer.failure, requestId: '' }).toEqual({ ...unknown.failure, requestId: '' });
      return answer;
    },
  },

  VALIDATION_FAILED: invalidFields(
    async (given) => ({ input: { id: uuidv7() }, as: await given.account() }),
    {
      id: ['latest', 'tips', '5'],
      include: ['ledger'],
    },
  ),
});
