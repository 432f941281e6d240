import { roomRestrictions, roomSettings, spendingLimits, streams } from '@versbottomlex/database';
import { AMOUNT_MAX, type SignedIn } from '@versbottomlex/shared';
import { eq } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { type Case, contract, contractWhere, invalidFields, type Scene } from '../contract.js';

type TipScene = Scene<'payments.tip'>;

/** A live room with these settings, and a viewer with 100.00 in the wallet. */
const openRoom = async (
  { given, test }: Pick<TipScene, 'given' | 'test'>,
  settings?: Partial<typeof roomSettings.$inferInsert>,
) => {
  const [performer, viewer] = [await given.performer(), await given.account()];
  const { id: streamId } = await given.stream(performer);
  const performerId = performer.user.id;
  if (settings) await test.database.client.insert(roomSettings).values({ performerId, ...settings });
  await given.funds(viewer, 10_000);
  return { performer, performerId, viewer, streamId };
};

const balanceOf = async ({ call, given }: TipScene, viewer: SignedIn): Promise<number> => {
  const input = { performerId: (await given.performer()).user.id, amount: 100 };
  return ((await call(input, { as: viewer })).data?.balance ?? 0) + 100;
};

const restrict = async (
  { test }: TipScene,
  row: Omit<typeof roomRestrictions.$inferInsert, 'createdAt'>,
): Promise<void> => {
  await test.database.client.insert(roomRestrictions).values(row);
};

const refusedText =
  (settings: Partial<typeof roomSettings.$inferInsert>, message: string): Case<'payments.tip'> =>
  async (scene) => {
    const { viewer, streamId } = await openRoom(scene, settings);
    const answer = await scene.call({ streamId, amount: 500, message }, { as: viewer });
    expect(await balanceOf(scene, viewer)).toBe(10_000);
    return answer;
  };

const strict = { areLinksAllowed: false, blockedTerms: ['Hello'], foldedTerms: ['hello'] };

contract('payments.tip', {
  success: {
    'answers with the payment and what is left': async (scene) => {
      const { viewer, performerId, streamId } = await openRoom(scene);
      const answer = await scene.call({ streamId, amount: 500, message: ' Bravo! ' }, { as: viewer });
      const now = scene.test.clock.now().toISOString();
      expect(answer.data).toEqual({
        payment: {
          id: expect.any(String),
          type: 'tip',
          status: 'completed',
          payerId: viewer.user.id,
          payeeId: performerId,
          streamId,
          amount: 500,
          currency: 'USD',
          fee: null,
          message: 'Bravo!',
          isAnonymous: false,
          refundsId: null,
          createdAt: now,
          completedAt: now,
        },
        balance: 9_500,
      });
      return answer;
    },
    'is the payment that its history holds': async (scene) => {
      const { viewer, streamId } = await openRoom(scene);
      const answer = await scene.call({ streamId, amount: 500, isAnonymous: true }, { as: viewer });
      const identity = await scene.test.services.auth.authenticateAfresh(viewer.accessToken);
      expect(await scene.test.services.payments.get(identity, answer.data.payment.id)).toEqual(
        answer.data.payment,
      );
      return answer;
    },
    'goes to a performer who is not live, the platform keeping its part': async (scene) => {
      const { viewer } = await openRoom(scene);
      const performer = await scene.given.performer();
      const answer = await scene.call({ performerId: performer.user.id, amount: 1_001 }, { as: viewer });
      const identity = await scene.test.services.auth.authenticateAfresh(performer.accessToken);
      const { amount, fee } = await scene.test.services.payments.get(identity, answer.data.payment.id);
      expect([answer.data.balance, amount, fee]).toEqual([8_999, 1_001, 200]);
      return answer;
    },
    'gives the whole wallet, the largest amount of all': async ({ call, given }) => {
      const viewer = await given.account();
      await given.funds(viewer, AMOUNT_MAX);
      const { id: streamId } = await given.stream(await given.performer());
      const answer = await call({ streamId, amount: AMOUNT_MAX }, { as: viewer });
      expect(answer.data.balance).toBe(0);
      return answer;
    },
    'answers the same request under the same key with the same, once the stream has ended too': async (
      scene,
    ) => {
      const { viewer, performer, streamId } = await openRoom(scene);
      const input = { streamId, amount: 500, message: 'Once', idempotencyKey: uuidv7() };
      const first = await scene.call(input, { as: viewer });
      await scene.call({ streamId, amount: 300 }, { as: viewer });
      const identity = await scene.test.services.auth.authenticateAfresh(performer.accessToken);
      await scene.test.services.streams.end(identity, streamId);
      const answer = await scene.call(input, { as: viewer });
      expect([answer.status, answer.text]).toEqual([first.status, first.text]);
      expect(await balanceOf(scene, viewer)).toBe(9_200);
      return answer;
    },
    'keeps the keys of two payers apart': async (scene) => {
      const { viewer, streamId } = await openRoom(scene);
      const other = await scene.given.account();
      await scene.given.funds(other, 10_000);
      const input = { streamId, amount: 500, idempotencyKey: uuidv7() };
      await scene.call(input, { as: viewer });
      const answer = await scene.call(input, { as: other });
      expect(answer.data.payment.payerId).toBe(other.user.id);
      return answer;
    },
    'does not use the key up when it refuses': async ({ call, given }) => {
      const viewer = await given.account();
      const { id: streamId } = await given.stream(await given.performer());
      const input = { streamId, amount: 500, idempotencyKey: uuidv7() };
      expect((await call(input, { as: viewer })).failure?.code).toBe('INSUFFICIENT_FUNDS');
      await given.funds(viewer, 500);
      return call(input, { as: viewer });
    },
    'lets whoever is timed out tip without a word': async (scene) => {
      const { viewer, performerId, streamId } = await openRoom(scene);
      const expiresAt = new Date(scene.test.clock.now().getTime() + 60_000).toISOString();
      await restrict(scene, { performerId, userId: viewer.user.id, kind: 'timeout', expiresAt });
      return scene.call({ streamId, amount: 500 }, { as: viewer });
    },
    'lets moderators write what others may not': async (scene) => {
      const { performer, streamId } = await openRoom(scene, strict);
      const as = await scene.given.moderatorOf(performer);
      await scene.given.funds(as, 10_000);
      return scene.call({ streamId, amount: 500, message: 'hello example.com' }, { as });
    },
    'tells an admin what the platform keeps': async (scene) => {
      const { streamId } = await openRoom(scene);
      const admin = await scene.given.admin();
      await scene.given.funds(admin, 10_000);
      const answer = await scene.call({ streamId, amount: 500 }, { as: admin });
      expect(answer.data.payment.fee).toBe(100);
      return answer;
    },
  },

  INSUFFICIENT_FUNDS: {
    'says how to go on': async ({ call, given }) => {
      const viewer = await given.account();
      await given.funds(viewer, 499);
      const { id: streamId } = await given.stream(await given.performer());
      const answer = await call({ streamId, amount: 500 }, { as: viewer });
      expect(answer.failure?.detail).toBe(
        'The wallet holds 499 and the tip is 500, in minor units of USD; top it up with POST /api/payments/top-up.',
      );
      return answer;
    },
    'for whoever never had a wallet': async ({ call, given }) => {
      const { id: streamId } = await given.stream(await given.performer());
      return call({ streamId, amount: 100 }, { as: await given.account() });
    },
  },

  ACCESS_REQUIRED: {
    'for a private show without a ticket, with its price': async ({ call, given }) => {
      const viewer = await given.account();
      await given.funds(viewer, 10_000);
      const { id: streamId } = await given.stream(await given.performer(), { isPrivate: true, price: 700 });
      const answer = await call({ streamId, amount: 500 }, { as: viewer });
      expect(answer.failure?.price).toEqual({ amount: 700, currency: 'USD' });
      return answer;
    },
  },

  BANNED: {
    'in the room': async (scene) => {
      const { viewer, performerId, streamId } = await openRoom(scene);
      await restrict(scene, { performerId, userId: viewer.user.id, kind: 'ban' });
      return scene.call({ streamId, amount: 500 }, { as: viewer });
    },
    'outside of it': async (scene) => {
      const { viewer, performerId } = await openRoom(scene);
      await restrict(scene, { performerId, userId: viewer.user.id, kind: 'ban' });
      return scene.call({ performerId, amount: 500 }, { as: viewer });
    },
  },

  TIMED_OUT: {
    'for what is written with it': async (scene) => {
      const { viewer, performerId, streamId } = await openRoom(scene);
      const expiresAt = new Date(scene.test.clock.now().getTime() + 60_000).toISOString();
      await restrict(scene, { performerId, userId: viewer.user.id, kind: 'timeout', expiresAt });
      const answer = await scene.call({ streamId, amount: 500, message: 'Hello' }, { as: viewer });
      expect(answer.failure?.retryAfterMs).toBe(60_000);
      return answer;
    },
  },

  LINKS_NOT_ALLOWED: { 'for a link in the message': refusedText(strict, 'see example.com') },
  TERM_BLOCKED: { 'for a blocked term, however it is written': refusedText(strict, 'ＨÉLLÖ you') },

  SPENDING_LIMIT_REACHED: {
    'beyond the limit of a day, with the time to the next': async (scene) => {
      const { viewer, streamId } = await openRoom(scene);
      const now = scene.test.clock.now();
      await scene.test.database.client.insert(spendingLimits).values({
        userId: viewer.user.id,
        dailyAmount: 1_000,
        spentAmount: 600,
        spentOn: now.toISOString().slice(0, 10),
      });
      expect((await scene.call({ streamId, amount: 400 }, { as: viewer })).failure).toBeUndefined();
      const answer = await scene.call({ streamId, amount: 100 }, { as: viewer });
      const next = new Date(now.getTime() + (answer.failure?.retryAfterMs ?? 0));
      expect(next.toISOString()).toMatch(/T00:00:00\.000Z$/);
      expect(answer.failure?.retryAfterMs).toBeLessThanOrEqual(86_400_000);
      return answer;
    },
  },

  NOT_FOUND: {
    'for a stream that there is not': async ({ call, given }) =>
      call({ streamId: uuidv7(), amount: 500 }, { as: await given.account() }),
    'for a user who does not perform': async ({ call, given }) =>
      call({ performerId: (await given.account()).user.id, amount: 500 }, { as: await given.account() }),
    'for a performer who deleted the account': async ({ call, given }) => {
      const performer = await given.performer();
      await given.deleted(performer);
      return call({ performerId: performer.user.id, amount: 500 }, { as: await given.account() });
    },
  },

  STREAM_NOT_LIVE: {
    'before it starts': async ({ call, given }) => {
      const { id: streamId } = await given.scheduledStream(await given.performer());
      return call({ streamId, amount: 500 }, { as: await given.account() });
    },
    'once it has ended': async ({ call, given }) => {
      const { id: streamId } = await given.endedStream(await given.performer());
      return call({ streamId, amount: 500 }, { as: await given.account() });
    },
  },

  SELF_PAYMENT: {
    'in one’s own room': async ({ call, given }) => {
      const performer = await given.performer();
      await given.funds(performer, 10_000);
      const { id: streamId } = await given.stream(performer);
      return call({ streamId, amount: 500 }, { as: performer });
    },
    'outside of it': async ({ call, given }) => {
      const performer = await given.performer();
      return call({ performerId: performer.user.id, amount: 500 }, { as: performer });
    },
  },

  IDEMPOTENCY_KEY_REUSED: {
    'for another amount': async (scene) => {
      const { viewer, streamId } = await openRoom(scene);
      const input = { streamId, amount: 500, idempotencyKey: uuidv7() };
      await scene.call(input, { as: viewer });
      const answer = await scene.call({ ...input, amount: 501 }, { as: viewer });
      expect(await balanceOf(scene, viewer)).toBe(9_500);
      return answer;
    },
    'for another word, or under another name': async (scene) => {
      const { viewer, streamId } = await openRoom(scene);
      const input = { streamId, amount: 500, idempotencyKey: uuidv7() };
      await scene.call(input, { as: viewer });
      const answer = await scene.call({ ...input, message: 'Bravo!' }, { as: viewer });
      expect(answer.failure?.code).toBe('IDEMPOTENCY_KEY_REUSED');
      return scene.call({ ...input, isAnonymous: true }, { as: viewer });
    },
  },

  VALIDATION_FAILED: {
    'for a stream and a performer': async (scene) => {
      const { viewer, streamId, performerId } = await openRoom(scene);
      return scene.call({ streamId, performerId, amount: 500 }, { as: viewer });
    },
    'for neither': async ({ call, given }) => call({ amount: 500 }, { as: await given.account() }),
    ...invalidFields(
      async (given) => {
        const viewer = await given.account();
        await given.funds(viewer, 10_000);
        const { id: streamId } = await given.stream(await given.performer());
        return { input: { streamId, amount: 500 }, as: viewer };
      },
      {
        amount: [0, -5, 0.5, 1e21, 2 ** 53, '5', '500', true, null, [7], Number.NaN, 99, AMOUNT_MAX + 1, {}],
        message: ['', ' ', '🎹'.repeat(201), 'a\u0000b', null, 5],
        isAnonymous: ['false', 0, null],
        idempotencyKey: ['', 'seven77', 'x'.repeat(129), 'with space', 'naïve-key'],
        streamId: ['live', null, 7],
        currency: ['USD'],
        payerId: [uuidv7()],
      },
    ),
  },
});

contractWhere({ CURRENCY: 'EUR', FEE_TIPS_BASIS_POINTS: '0' }, 'payments.tip', {
  success: {
    'is in the currency of the platform, whose part may be nothing': async ({ call, given, test }) => {
      const [admin, performer] = [await given.admin(), await given.performer()];
      await given.funds(admin, 10_000, 'EUR');
      const { id: streamId } = await given.stream(performer);
      await test.database.client.update(streams).set({ currency: 'EUR' }).where(eq(streams.id, streamId));
      const answer = await call({ streamId, amount: 500 }, { as: admin });
      expect(answer.data.payment).toMatchObject({ currency: 'EUR', fee: 0 });
      return answer;
    },
  },
});
