import { payments } from '@versbottomlex/database';
import { and, eq } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, contractWhere, invalidFields, type Scene } from '../contract.js';
import { PASSWORD } from '../factories.js';
import { brokenBooks } from '../money/books.js';

type PayoutScene = Scene<'payments.requestPayout'>;

const DAY_SECONDS = 86_400;

/** A performer with 200.00 to be paid out. */
const openEarnings = async ({ given }: Pick<PayoutScene, 'given'>) => {
  const performer = await given.securedPerformer();
  await given.earned(performer, 20_000);
  return performer;
};

const payoutsOf = ({ test }: PayoutScene, performerId: string): Promise<number> =>
  test.database.client.$count(payments, and(eq(payments.type, 'payout'), eq(payments.payerId, performerId)));

contract('payments.requestPayout', {
  success: {
    'answers with the payout, which waits for an admin': async (scene) => {
      const performer = await openEarnings(scene);
      const answer = await scene.call({ amount: 15_000 }, { as: performer });
      const { id, username, displayName, avatarUrl, isVerified } = performer.user;
      expect(answer.data).toEqual({
        id: expect.any(String),
        performer: { id, username, displayName, avatarUrl, isVerified },
        amount: 15_000,
        currency: 'USD',
        status: 'requested',
        reason: null,
        reference: null,
        createdAt: scene.test.clock.now().toISOString(),
        decidedAt: null,
        paidAt: null,
      });
      return answer;
    },
    'in a session that has given a code of a second factor': async ({ call, given }) => {
      const performer = await given.performer();
      await given.earned(performer, 20_000);
      await given.secondFactor(performer);
      return call({ amount: 15_000 }, { as: performer });
    },
    'is a pending payment of the performer': async (scene) => {
      const performer = await openEarnings(scene);
      const answer = await scene.call({ amount: 15_000 }, { as: performer });
      const identity = await scene.test.services.auth.authenticateAfresh(performer.accessToken);
      expect(await scene.test.services.payments.get(identity, answer.data.id)).toMatchObject({
        type: 'payout',
        status: 'pending',
        payerId: performer.user.id,
        payeeId: null,
        amount: 15_000,
        completedAt: null,
      });
      expect(await brokenBooks(scene.test.database)).toEqual([]);
      return answer;
    },
    'answers a retry as the first time, and takes the money once': async (scene) => {
      const performer = await openEarnings(scene);
      const input = { amount: 15_000, idempotencyKey: uuidv7() };
      const first = await scene.call(input, { as: performer });
      const admin = await scene.given.admin();
      const identity = await scene.test.services.auth.authenticateAfresh(admin.accessToken);
      await scene.test.services.payouts.approve(identity, first.data.id);
      const answer = await scene.call(input, { as: performer });
      expect(answer.data).toEqual(first.data);
      expect(await payoutsOf(scene, performer.user.id)).toBe(1);
      return answer;
    },
    'answers the same request many times at once with one payout': async (scene) => {
      const performer = await openEarnings(scene);
      const input = { amount: 15_000, idempotencyKey: uuidv7() };
      const calls = Array.from({ length: 10 }, () => scene.call(input, { as: performer }));
      const answers = await Promise.all(calls);
      expect(new Set(answers.map(({ data }) => data?.id)).size).toBe(1);
      expect(await payoutsOf(scene, performer.user.id)).toBe(1);
      return answers[9] ?? expect.fail();
    },
    'tells the performer’s devices': async (scene) => {
      const performer = await openEarnings(scene);
      const told: string[] = [];
      const stop = scene.test.bus.subscribe((event) => {
        if (event.type === 'walletChanged') told.push(event.userId);
      });
      const answer = await scene.call({ amount: 15_000 }, { as: performer });
      stop();
      expect(told).toEqual([performer.user.id]);
      return answer;
    },
    'of what was held, once the hold is over': async (scene) => {
      const performer = await scene.given.securedPerformer();
      await scene.given.earned(performer, 20_000, 1);
      const early = await scene.call({ amount: 15_000 }, { as: performer });
      expect(early.failure?.code).toBe('EARNINGS_INSUFFICIENT');
      scene.test.clock.advance(6 * DAY_SECONDS);
      const { user } = performer;
      const again = await scene.given.secured(await scene.given.login({ ...performer, user }));
      return scene.call({ amount: 15_000 }, { as: again });
    },
  },

  SECOND_FACTOR_NOT_SET_UP: {
    'without a second factor, and names the way to one': async (scene) => {
      const performer = await scene.given.performer();
      await scene.given.earned(performer, 20_000);
      const answer = await scene.call({ amount: 15_000 }, { as: performer });
      expect(answer.failure?.detail).toContain('POST /api/auth/second-factor');
      expect(await payoutsOf(scene, performer.user.id)).toBe(0);
      return answer;
    },
    'after it was removed': async ({ call, given, test }) => {
      const performer = await given.performer();
      await given.earned(performer, 20_000);
      const { nextCode } = await given.secondFactor(performer);
      const identity = await test.services.auth.authenticateAfresh(performer.accessToken);
      const removal = { currentPassword: PASSWORD, code: nextCode() };
      await test.services.secondFactor.remove(identity, removal);
      return call({ amount: 15_000 }, { as: performer });
    },
  },

  NOT_A_PERFORMER: {
    'for a viewer': async ({ call, given }) =>
      call({ amount: 15_000 }, { as: await given.secured(await given.account()) }),
  },

  NOT_VERIFIED: {
    'for a performer whom no admin has verified': async ({ call, given }) => {
      const performer = await given.secured(await given.unverifiedPerformer());
      await given.earned(performer, 20_000);
      return call({ amount: 15_000 }, { as: performer });
    },
  },

  EARNINGS_INSUFFICIENT: {
    'of more than is available, and says what is': async (scene) => {
      const performer = await openEarnings(scene);
      await scene.given.earned(performer, 9_000, 2);
      const answer = await scene.call({ amount: 20_001 }, { as: performer });
      const until = new Date(scene.test.clock.now().getTime() + 5 * DAY_SECONDS * 1000).toISOString();
      expect(answer.failure?.detail).toBe(
        `20000 can be paid out now, in minor units of USD; 9000 more are held, the last of it until ${until}.`,
      );
      return { ...answer, failure: answer.failure && { ...answer.failure, detail: '' } };
    },
    'of what is asked for already': async (scene) => {
      const performer = await openEarnings(scene);
      await scene.call({ amount: 15_000 }, { as: performer });
      return scene.call({ amount: 15_000 }, { as: performer });
    },
    'of nothing': async ({ call, given }) => {
      const answer = await call({ amount: 5_000 }, { as: await given.securedPerformer() });
      expect(answer.failure?.detail).toBe('0 can be paid out now, in minor units of USD.');
      return answer;
    },
  },

  IDEMPOTENCY_KEY_REUSED: {
    'for another amount under the same key': async (scene) => {
      const performer = await openEarnings(scene);
      const idempotencyKey = uuidv7();
      await scene.call({ amount: 5_000, idempotencyKey }, { as: performer });
      return scene.call({ amount: 6_000, idempotencyKey }, { as: performer });
    },
  },

  VALIDATION_FAILED: {
    'below the minimum, which is named': async (scene) => {
      const answer = await scene.call({ amount: 4_999 }, { as: await openEarnings(scene) });
      expect(answer.failure?.errors).toEqual([{ path: 'amount', message: 'must be at least 5000' }]);
      return answer;
    },
    ...invalidFields(async (given) => ({ input: { amount: 5_000 }, as: await openEarnings({ given }) }), {
      amount: [0, -5, 0.5, 99, 1e21, 2 ** 53, 100_000_001, '5000', true, null, [7], undefined],
    }),
  },
});

contractWhere({ PAYOUT_MINIMUM: '100', PAYOUT_HOLD_DAYS: '0' }, 'payments.requestPayout', {
  success: {
    'of what was earned just now': async ({ call, given }) => {
      const performer = await given.securedPerformer();
      await given.earned(performer, 100, 0);
      return call({ amount: 100 }, { as: performer });
    },
  },
});
