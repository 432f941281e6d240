import { sandboxAmounts } from '@versbottomlex/shared';
import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { type Case, contract, invalidFields } from '../contract.js';
import { balanceOf, postingsOf, topUpsOf } from '../top-ups.js';

type ConfirmCase = Case<'payments.confirmTopUp'>;

const notOpen =
  (amount: number): ConfirmCase =>
  async ({ call, given, test }) => {
    const viewer = await given.account();
    const { payment } = await given.topUp(viewer, amount);
    const before = await balanceOf(test, viewer);
    const answer = await call({ id: payment.id }, { as: viewer });
    expect(await balanceOf(test, viewer)).toBe(before);
    return answer;
  };

contract('payments.confirmTopUp', {
  success: {
    'completes what waits for it': async ({ call, given, test }) => {
      const viewer = await given.account();
      const { payment, checkout } = await given.topUp(viewer, sandboxAmounts.confirmed);
      const answer = await call({ id: payment.id }, { as: viewer });
      expect(answer.data).toEqual({
        payment: { ...payment, status: 'completed', completedAt: test.clock.now().toISOString() },
        checkout: { ...checkout, status: 'completed' },
      });
      const identity = await test.services.auth.authenticateAfresh(viewer.accessToken);
      expect(await test.services.payments.get(identity, payment.id)).toEqual(answer.data.payment);
      expect(await balanceOf(test, viewer)).toBe(sandboxAmounts.confirmed);
      return answer;
    },
    'tells that it was declined': async ({ call, given, test }) => {
      const viewer = await given.account();
      const { payment, checkout } = await given.topUp(viewer, sandboxAmounts.declinedWhenConfirmed);
      const answer = await call({ id: payment.id }, { as: viewer });
      expect(answer.data).toEqual({
        payment: { ...payment, status: 'failed' },
        checkout: { ...checkout, status: 'failed', failureReason: 'card_declined' },
      });
      expect(await balanceOf(test, viewer)).toBe(0);
      return answer;
    },
    'completes once, however many confirm at the same time': async ({ call, given, test }) => {
      const viewer = await given.account();
      const { payment } = await given.topUp(viewer, sandboxAmounts.confirmed);
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => call({ id: payment.id }, { as: viewer })),
      );
      const [answer, ...others] = answers.filter(({ failure }) => !failure);
      if (!answer) throw new Error('nobody could confirm');
      expect(others).toEqual([]);
      expect(await postingsOf(test, payment.id)).toBe(1);
      expect(await balanceOf(test, viewer)).toBe(sandboxAmounts.confirmed);
      return answer;
    },
  },
  NOT_FOUND: {
    'for what does not exist': async ({ call, given }) =>
      call({ id: '019b76f2-7a6e-7c3a-9d53-2f1f0a6b8c11' }, { as: await given.account() }),
    'for the top-up of somebody else': async ({ call, given, test }) => {
      const viewer = await given.account();
      const { payment } = await given.topUp(viewer, sandboxAmounts.confirmed);
      const answer = await call({ id: payment.id }, { as: await given.admin() });
      expect(await topUpsOf(test, viewer)).toMatchObject([{ status: 'pending' }]);
      return answer;
    },
    'for a payment that is no top-up': async ({ call, given }) => {
      const [viewer, performer] = [await given.account(), await given.performer()];
      const { id } = await given.payment({ payerId: viewer.user.id, payeeId: performer.user.id });
      return call({ id }, { as: viewer });
    },
  },
  TOP_UP_NOT_OPEN: {
    'when it completed at once': notOpen(5000),
    'when it was declined': notOpen(sandboxAmounts.declined),
    'when the provider is processing it': notOpen(sandboxAmounts.declinedWhenProcessed),
    'when it was confirmed before': async ({ call, given, test }) => {
      const viewer = await given.account();
      const { payment } = await given.topUp(viewer, sandboxAmounts.confirmed);
      await call({ id: payment.id }, { as: viewer });
      const answer = await call({ id: payment.id }, { as: viewer });
      expect(await balanceOf(test, viewer)).toBe(sandboxAmounts.confirmed);
      return answer;
    },
  },
  VALIDATION_FAILED: invalidFields(
    async (given) => ({ input: { id: uuidv7() }, as: await given.account() }),
    {
      id: ['1', 'confirm', '019b76f2-7a6e-4c3a-9d53-2f1f0a6b8c11'],
    },
  ),
});
