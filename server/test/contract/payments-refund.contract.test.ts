import { ledgerAccounts } from '@versbottomlex/database';
import { type Payment, type SignedIn, sandboxAmounts } from '@versbottomlex/shared';
import { and, eq, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields, type Scene } from '../contract.js';

type RefundScene = Scene<'payments.refund'>;

const identityOf = ({ test }: Pick<RefundScene, 'test'>, by: SignedIn) =>
  test.services.auth.authenticateAfresh(by.accessToken);

const walletOf = async (scene: Pick<RefundScene, 'test'>, by: SignedIn) =>
  scene.test.services.wallet.get(await identityOf(scene, by));

/** A tip of 5.00 from the last of a wallet. */
const tipped = async (scene: Pick<RefundScene, 'test' | 'given'>, isAnonymous = false) => {
  const [performer, viewer] = [await scene.given.performer(), await scene.given.account()];
  await scene.given.funds(viewer, 500);
  const input = { performerId: performer.user.id, amount: 500, message: 'Bravo!', isAnonymous };
  const { payment } = await scene.test.services.tips.send(await identityOf(scene, viewer), input);
  return { performer, viewer, payment };
};

const refundOf = (payment: Payment, now: string): Payment => ({
  ...payment,
  id: expect.any(String) as unknown as string,
  type: 'refund',
  status: 'completed',
  payerId: payment.payeeId,
  payeeId: payment.payerId,
  fee: 100,
  message: null,
  refundsId: payment.id,
  createdAt: now,
  completedAt: now,
});

contract('payments.refund', {
  success: {
    'gives a performer’s ticket back to whoever had bought it': async (scene) => {
      const [performer, viewer] = [await scene.given.performer(), await scene.given.account()];
      const ticket = await scene.given.ticket(viewer, await scene.given.show(performer));
      scene.test.clock.advance(1);
      const answer = await scene.call({ id: ticket.id }, { as: performer });
      expect(answer.data).toEqual({
        payment: { ...ticket, status: 'refunded', fee: 100 },
        refund: refundOf(ticket, scene.test.clock.now().toISOString()),
      });
      expect((await walletOf(scene, viewer)).balance).toBe(500);
      const own = await identityOf(scene, performer);
      for (const told of [answer.data.payment, answer.data.refund]) {
        expect(await scene.test.services.payments.get(own, told.id)).toEqual(told);
      }
      return answer;
    },
    'gives a tip back, for an admin, who sees from whom an anonymous one was': async (scene) => {
      const { performer, viewer, payment } = await tipped(scene, true);
      const admin = await scene.given.admin();
      const answer = await scene.call({ id: payment.id }, { as: admin });
      expect(answer.data).toEqual({
        payment: { ...payment, status: 'refunded', fee: 100 },
        refund: refundOf(payment, scene.test.clock.now().toISOString()),
      });
      expect((await walletOf(scene, viewer)).balance).toBe(500);
      expect((await walletOf(scene, performer)).earnings?.balance).toBe(0);
      const seen = await scene.test.services.payments.get(
        await identityOf(scene, performer),
        answer.data.refund.id,
      );
      expect(JSON.stringify(seen)).not.toContain(viewer.user.id);
      return answer;
    },
    'gives a ticket back after its show too, out of what it has earned': async (scene) => {
      const [performer, viewer] = [await scene.given.performer(), await scene.given.account()];
      const show = await scene.given.stream(performer, { isPrivate: true, price: 500 });
      const ticket = await scene.given.ticket(viewer, show);
      await scene.test.services.streams.end(await identityOf(scene, performer), show.id);
      await scene.test.services.tickets.settleDue();
      expect((await walletOf(scene, performer)).earnings?.balance).toBe(400);
      const answer = await scene.call({ id: ticket.id }, { as: performer });
      expect((await walletOf(scene, performer)).earnings?.balance).toBe(0);
      expect((await walletOf(scene, viewer)).balance).toBe(500);
      return answer;
    },
    'has the provider give a top-up back': async (scene) => {
      const viewer = await scene.given.account();
      const { payment } = await scene.given.topUp(viewer, 5_000);
      const answer = await scene.call({ id: payment.id }, { as: await scene.given.admin() });
      expect(answer.data).toMatchObject({
        payment: { id: payment.id, status: 'refunded' },
        refund: { type: 'refund', status: 'completed', payerId: viewer.user.id, payeeId: null },
      });
      expect((await walletOf(scene, viewer)).balance).toBe(0);
      return answer;
    },
    'says so when the provider has refused, and the wallet has its money again': async (scene) => {
      const viewer = await scene.given.account();
      const { payment } = await scene.given.topUp(viewer, sandboxAmounts.refundDeclined);
      const admin = await scene.given.admin();
      const answer = await scene.call({ id: payment.id }, { as: admin });
      expect(answer.data).toMatchObject({ payment: { status: 'completed' }, refund: { status: 'failed' } });
      expect((await walletOf(scene, viewer)).balance).toBe(sandboxAmounts.refundDeclined);
      expect((await scene.call({ id: payment.id }, { as: admin })).failure?.code).toBe('NOT_REFUNDABLE');
      return answer;
    },
  },

  FORBIDDEN: {
    'for the holder of a ticket': async ({ call, given }) => {
      const viewer = await given.account();
      const { id } = await given.ticket(viewer, await given.show(await given.performer()));
      return call({ id }, { as: viewer });
    },
    'for the performer who was tipped': async (scene) => {
      const { performer, payment } = await tipped(scene);
      return scene.call({ id: payment.id }, { as: performer });
    },
  },

  NOT_FOUND: {
    'for a payment that there is not': async ({ call, given }) =>
      call({ id: uuidv7() }, { as: await given.admin() }),
    'for another performer’s ticket': async ({ call, given }) => {
      const { id } = await given.ticket(await given.account(), await given.show(await given.performer()));
      return call({ id }, { as: await given.performer() });
    },
    'for strangers to a tip': async (scene) => {
      const { payment } = await tipped(scene);
      return scene.call({ id: payment.id }, { as: await scene.given.account() });
    },
  },

  ALREADY_REFUNDED: {
    'the second time, and the money has moved once': async (scene) => {
      const { viewer, payment } = await tipped(scene);
      const admin = await scene.given.admin();
      await scene.call({ id: payment.id }, { as: admin });
      const answer = await scene.call({ id: payment.id }, { as: admin });
      expect((await walletOf(scene, viewer)).balance).toBe(500);
      return answer;
    },
  },

  NOT_REFUNDABLE: {
    'for a refund': async (scene) => {
      const { payment } = await tipped(scene);
      const admin = await scene.given.admin();
      const { data } = await scene.call({ id: payment.id }, { as: admin });
      return scene.call({ id: data.refund.id }, { as: admin });
    },
    'for a top-up that waits for its confirmation': async (scene) => {
      const { payment } = await scene.given.topUp(await scene.given.account(), sandboxAmounts.confirmed);
      return scene.call({ id: payment.id }, { as: await scene.given.admin() });
    },
  },

  FUNDS_SPENT: {
    'for a tip that is being paid out': async (scene) => {
      const { performer, payment } = await tipped(scene);
      // What the performer has asked for is no longer among the earnings.
      await scene.test.database.client.execute(sql`select fold_ledger(null, 5000)`);
      await scene.test.database.client
        .update(ledgerAccounts)
        .set({ balance: 399 })
        .where(and(eq(ledgerAccounts.ownerId, performer.user.id), eq(ledgerAccounts.kind, 'earnings')));
      return scene.call({ id: payment.id }, { as: await scene.given.admin() });
    },
    'for a top-up that was tipped away': async (scene) => {
      const viewer = await scene.given.account();
      const { payment } = await scene.given.topUp(viewer, 5_000);
      const { user } = await scene.given.performer();
      await scene.test.services.tips.send(await identityOf(scene, viewer), {
        performerId: user.id,
        amount: 100,
        isAnonymous: false,
      });
      return scene.call({ id: payment.id }, { as: await scene.given.admin() });
    },
  },

  WALLET_FULL: {
    'for a wallet that holds all that one can': async (scene) => {
      const { viewer, payment } = await tipped(scene);
      await scene.test.database.client
        .update(ledgerAccounts)
        .set({ balance: Number.MAX_SAFE_INTEGER - 499 })
        .where(and(eq(ledgerAccounts.ownerId, viewer.user.id), eq(ledgerAccounts.kind, 'wallet')));
      return scene.call({ id: payment.id }, { as: await scene.given.admin() });
    },
  },

  VALIDATION_FAILED: invalidFields(
    async (given) => {
      const performer = await given.performer();
      const { id } = await given.ticket(await given.account(), await given.show(performer));
      return { input: { id }, as: performer };
    },
    { id: ['ticket'], amount: [100], reason: ['Sorry'] },
  ),
});
