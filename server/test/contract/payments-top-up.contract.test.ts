import { AMOUNT_MAX, sandboxAmounts, WALLET_BALANCE_MAX } from '@versbottomlex/shared';
import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { type Case, contract, invalidFields } from '../contract.js';
import { balanceOf, postingsOf, topUpsOf } from '../top-ups.js';

type TopUpCase = Case<'payments.topUp'>;

/** A top-up of a named amount, and how it is answered. */
const answered =
  (amount: number, status: string, checkout: Record<string, unknown>): TopUpCase =>
  async ({ call, given, test }) => {
    const viewer = await given.account();
    const answer = await call({ amount }, { as: viewer });
    expect(answer.data).toMatchObject({
      payment: { status, completedAt: null },
      checkout: { provider: 'sandbox', clientSecret: null, publishableKey: null, ...checkout },
    });
    expect(await balanceOf(test, viewer)).toBe(0);
    return answer;
  };

/** A retry of `amount` under its key, after `meanwhile`. */
const retried =
  (amount: number, meanwhile: (scene: Parameters<TopUpCase>[0], id: string) => Promise<unknown>): TopUpCase =>
  async (scene) => {
    const viewer = await scene.given.account();
    const input = { amount, idempotencyKey: uuidv7() };
    const first = await scene.call(input, { as: viewer });
    await meanwhile(scene, first.data.payment.id);
    const again = await scene.call(input, { as: viewer });
    expect([again.status, again.text]).toEqual([first.status, first.text]);
    expect(await topUpsOf(scene.test, viewer)).toHaveLength(1);
    return again;
  };

contract('payments.topUp', {
  success: {
    'fills the wallet at once': async ({ call, given, test }) => {
      const viewer = await given.account();
      const answer = await call({ amount: 5000 }, { as: viewer });
      const now = test.clock.now().toISOString();
      expect(answer.data).toEqual({
        payment: {
          id: expect.any(String),
          type: 'top_up',
          status: 'completed',
          payerId: null,
          payeeId: viewer.user.id,
          streamId: null,
          amount: 5000,
          currency: 'USD',
          fee: 0,
          message: null,
          isAnonymous: false,
          refundsId: null,
          createdAt: now,
          completedAt: now,
        },
        checkout: {
          provider: 'sandbox',
          status: 'completed',
          clientSecret: null,
          publishableKey: null,
          failureReason: null,
        },
      });
      expect(await balanceOf(test, viewer)).toBe(5000);
      expect(await postingsOf(test, answer.data.payment.id)).toBe(1);
      return answer;
    },
    'is the payment that its history holds': async ({ call, given, test }) => {
      const viewer = await given.account();
      const answer = await call({ amount: 100 }, { as: viewer });
      const identity = await test.services.auth.authenticateAfresh(viewer.accessToken);
      expect(await test.services.payments.get(identity, answer.data.payment.id)).toEqual(answer.data.payment);
      return answer;
    },
    'tells of the change of the wallet': async ({ call, given, test }) => {
      const viewer = await given.account();
      const told: unknown[] = [];
      const end = test.bus.subscribe((event) => told.push(event));
      const answer = await call({ amount: 100 }, { as: viewer });
      end();
      expect(told).toContainEqual({ type: 'walletChanged', userId: viewer.user.id });
      return answer;
    },
    'is a top-up of its own every time without a key': async ({ call, given, test }) => {
      const viewer = await given.account();
      await call({ amount: 100 }, { as: viewer });
      const answer = await call({ amount: 100 }, { as: viewer });
      expect(await balanceOf(test, viewer)).toBe(200);
      return answer;
    },
    'fills up to what a wallet may hold': async ({ call, given, test }) => {
      const viewer = await given.account();
      await given.funds(viewer, WALLET_BALANCE_MAX - AMOUNT_MAX);
      const answer = await call({ amount: AMOUNT_MAX }, { as: viewer });
      expect(await balanceOf(test, viewer)).toBe(WALLET_BALANCE_MAX);
      return answer;
    },
    'answers a retry as the first time': retried(5000, async () => {}),
    'answers a retry as the first time, though it was declined': retried(
      sandboxAmounts.declined,
      async () => {},
    ),
    'answers a retry as the first time, though it was completed meanwhile': retried(
      sandboxAmounts.processed,
      ({ test }) => test.services.topUps.sweep(),
    ),
    'answers retries at the same time alike, and charges once': async ({ call, given, test }) => {
      const viewer = await given.account();
      const input = { amount: 5000, idempotencyKey: uuidv7() };
      const answers = await Promise.all(Array.from({ length: 20 }, () => call(input, { as: viewer })));
      const [answer] = answers;
      if (!answer) throw new Error('there was no answer');
      expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
      expect(await balanceOf(test, viewer)).toBe(5000);
      return answer;
    },
    'has one key for each user': async ({ call, given, test }) => {
      const [one, other] = [await given.account(), await given.account()];
      const input = { amount: 5000, idempotencyKey: uuidv7() };
      await call(input, { as: one });
      const answer = await call(input, { as: other });
      expect([await balanceOf(test, one), await balanceOf(test, other)]).toEqual([5000, 5000]);
      return answer;
    },
    'tells that it was declined': answered(sandboxAmounts.declined, 'failed', {
      status: 'failed',
      failureReason: 'card_declined',
    }),
    'tells that it waits for a confirmation': answered(sandboxAmounts.confirmed, 'pending', {
      status: 'requires_confirmation',
    }),
    'tells that it is being processed': answered(sandboxAmounts.declinedWhenProcessed, 'pending', {
      status: 'processing',
    }),
    'goes on with the same key after the provider was away': async ({ call, given, test }) => {
      const viewer = await given.account();
      const input = { amount: sandboxAmounts.unansweredAtFirst, idempotencyKey: uuidv7() };
      expect((await call(input, { as: viewer })).failure?.code).toBe('PROVIDER_UNAVAILABLE');
      const answer = await call(input, { as: viewer });
      expect(await balanceOf(test, viewer)).toBe(sandboxAmounts.unansweredAtFirst);
      expect(await topUpsOf(test, viewer)).toHaveLength(1);
      return answer;
    },
  },
  WALLET_FULL: {
    'when it would hold more than a wallet may': async ({ call, given, test }) => {
      const viewer = await given.account();
      await given.funds(viewer, WALLET_BALANCE_MAX - 99);
      const answer = await call({ amount: 100 }, { as: viewer });
      expect(await topUpsOf(test, viewer)).toEqual([]);
      return answer;
    },
  },
  IDEMPOTENCY_KEY_REUSED: {
    'for another amount': async ({ call, given, test }) => {
      const viewer = await given.account();
      const idempotencyKey = uuidv7();
      await call({ amount: 100, idempotencyKey }, { as: viewer });
      const answer = await call({ amount: 101, idempotencyKey }, { as: viewer });
      expect(await balanceOf(test, viewer)).toBe(100);
      return answer;
    },
  },
  PROVIDER_UNAVAILABLE: {
    'while the provider does not answer': async ({ call, given }) => {
      const answer = await call({ amount: sandboxAmounts.unansweredAtFirst }, { as: await given.account() });
      expect(answer.headers['retry-after']).toBe('2');
      return answer;
    },
  },
  VALIDATION_FAILED: {
    ...invalidFields(async (given) => ({ input: { amount: 100 }, as: await given.account() }), {
      amount: [undefined, 0, -5, 99, 0.5, 100.5, AMOUNT_MAX + 1, 1e21, 2 ** 53, '500', true, null, [700], {}],
      idempotencyKey: ['short', 'x'.repeat(129), 'with space', 'ümlaute-umlaut'],
      currency: ['EUR'],
    }),
  },
});
