import { roomRestrictions, spendingLimits } from '@versbottomlex/database';
import type { CreateStreamInput } from '@versbottomlex/shared';
import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, contractWhere, invalidFields, type Scene } from '../contract.js';

/** A show for 5.00, and a viewer with 100.00 in the wallet. */
const announce = async (
  { given }: Pick<Scene<'payments.buyAccess'>, 'given'>,
  show: Partial<CreateStreamInput> = {},
) => {
  const [performer, viewer] = [await given.performer(), await given.account()];
  const { id: streamId } = await given.show(performer, show);
  await given.funds(viewer, 10_000);
  return { performer, viewer, streamId };
};

contract('payments.buyAccess', {
  success: {
    'answers with the ticket and what is left': async (scene) => {
      const { performer, viewer, streamId } = await announce(scene);
      const answer = await scene.call({ streamId }, { as: viewer });
      const now = scene.test.clock.now().toISOString();
      expect(answer.data).toEqual({
        payment: {
          id: expect.any(String),
          type: 'private_show',
          status: 'completed',
          payerId: viewer.user.id,
          payeeId: performer.user.id,
          streamId,
          amount: 500,
          currency: 'USD',
          fee: null,
          message: null,
          isAnonymous: false,
          refundsId: null,
          createdAt: now,
          completedAt: now,
        },
        balance: 9_500,
      });
      return answer;
    },
    'is the payment that the history holds': async (scene) => {
      const { viewer, streamId } = await announce(scene);
      const answer = await scene.call({ streamId }, { as: viewer });
      const identity = await scene.test.services.auth.authenticateAfresh(viewer.accessToken);
      expect(await scene.test.services.payments.get(identity, answer.data.payment.id)).toEqual(
        answer.data.payment,
      );
      return answer;
    },
    'opens a live show, for the last of the money': async ({ call, given, test }) => {
      const [performer, viewer] = [await given.performer(), await given.account()];
      const { id: streamId } = await given.stream(performer, { isPrivate: true, price: 700 });
      await given.funds(viewer, 700);
      const answer = await call({ streamId }, { as: viewer });
      expect(answer.data.balance).toBe(0);
      const identity = await test.services.auth.authenticateAfresh(viewer.accessToken);
      expect((await test.services.streams.get(identity, streamId)).id).toBe(streamId);
      expect((await test.services.chat.history(identity, { streamId, limit: 5 })).items).toEqual([]);
      await test.services.chat.send(identity, { streamId, content: 'Hello' });
      return answer;
    },
    'answers the same request under the same key with the same, once the show has ended too': async (
      scene,
    ) => {
      const { performer, viewer, streamId } = await announce(scene, { startNow: true });
      const input = { streamId, idempotencyKey: uuidv7() };
      const first = await scene.call(input, { as: viewer });
      await scene.given.funds(viewer, 300);
      const identity = await scene.test.services.auth.authenticateAfresh(performer.accessToken);
      await scene.test.services.streams.end(identity, streamId);
      const answer = await scene.call(input, { as: viewer });
      expect([answer.status, answer.text]).toEqual([first.status, first.text]);
      return answer;
    },
    'does not use the key up when it refuses': async ({ call, given }) => {
      const viewer = await given.account();
      const input = { streamId: (await given.show(await given.performer())).id, idempotencyKey: uuidv7() };
      expect((await call(input, { as: viewer })).failure?.code).toBe('INSUFFICIENT_FUNDS');
      await given.funds(viewer, 500);
      return call(input, { as: viewer });
    },
    'may be bought again after a refund, under another key': async (scene) => {
      const { performer, viewer, streamId } = await announce(scene);
      const first = await scene.call({ streamId, idempotencyKey: uuidv7() }, { as: viewer });
      const identity = await scene.test.services.auth.authenticateAfresh(performer.accessToken);
      await scene.test.services.refunds.refund(identity, first.data.payment.id);
      const answer = await scene.call({ streamId, idempotencyKey: uuidv7() }, { as: viewer });
      expect(answer.data.balance).toBe(9_500);
      return answer;
    },
    'costs what the show costs now': async (scene) => {
      const { performer, viewer, streamId } = await announce(scene);
      await scene.given.ticket(await scene.given.account(), { id: streamId, price: 500 });
      const identity = await scene.test.services.auth.authenticateAfresh(performer.accessToken);
      await scene.test.services.streams.update(identity, { id: streamId, price: 800 });
      const answer = await scene.call({ streamId }, { as: viewer });
      expect([answer.data.payment.amount, answer.data.balance]).toEqual([800, 9_200]);
      return answer;
    },
    'tells an admin what the platform will keep': async (scene) => {
      const { streamId } = await announce(scene);
      const admin = await scene.given.admin();
      await scene.given.funds(admin, 500);
      const answer = await scene.call({ streamId }, { as: admin });
      expect(answer.data.payment.fee).toBe(100);
      return answer;
    },
  },

  INSUFFICIENT_FUNDS: {
    'says how to go on': async ({ call, given }) => {
      const viewer = await given.account();
      await given.funds(viewer, 499);
      const answer = await call({ streamId: (await given.show(await given.performer())).id }, { as: viewer });
      expect(answer.failure?.detail).toBe(
        'The wallet holds 499 and the ticket costs 500, in minor units of USD; top it up with POST /api/payments/top-up.',
      );
      return answer;
    },
    'for whoever never had a wallet': async ({ call, given }) =>
      call({ streamId: (await given.show(await given.performer())).id }, { as: await given.account() }),
  },

  BANNED: {
    'from the rooms of the performer': async (scene) => {
      const { performer, viewer, streamId } = await announce(scene);
      const row = { performerId: performer.user.id, userId: viewer.user.id, kind: 'ban' as const };
      await scene.test.database.client.insert(roomRestrictions).values(row);
      return scene.call({ streamId }, { as: viewer });
    },
  },

  SPENDING_LIMIT_REACHED: {
    'beyond the limit of a day, with the time to the next': async (scene) => {
      const { viewer, streamId } = await announce(scene);
      const now = scene.test.clock.now();
      await scene.test.database.client.insert(spendingLimits).values({
        userId: viewer.user.id,
        dailyAmount: 1_000,
        spentAmount: 501,
        spentOn: now.toISOString().slice(0, 10),
      });
      const answer = await scene.call({ streamId }, { as: viewer });
      const next = new Date(now.getTime() + (answer.failure?.retryAfterMs ?? 0));
      expect(next.toISOString()).toMatch(/T00:00:00\.000Z$/);
      return answer;
    },
  },

  NOT_FOUND: {
    'for a stream that there is not': async ({ call, given }) =>
      call({ streamId: uuidv7() }, { as: await given.account() }),
  },

  STREAM_ENDED: {
    'once the show has ended': async (scene) => {
      const { performer, viewer, streamId } = await announce(scene);
      const identity = await scene.test.services.auth.authenticateAfresh(performer.accessToken);
      await scene.test.services.streams.end(identity, streamId);
      return scene.call({ streamId }, { as: viewer });
    },
  },

  ALREADY_OWNED: {
    'for a second ticket, which is not charged': async (scene) => {
      const { viewer, streamId } = await announce(scene);
      const first = await scene.call({ streamId }, { as: viewer });
      const answer = await scene.call({ streamId, idempotencyKey: uuidv7() }, { as: viewer });
      const identity = await scene.test.services.auth.authenticateAfresh(viewer.accessToken);
      const { balance } = await scene.test.services.wallet.get(identity);
      expect([first.data.balance, balance]).toEqual([9_500, 9_500]);
      return answer;
    },
  },

  PRICE_CHANGED: {
    'for a price that was raised after the buyer saw it, with the new one, and charges nothing': async (
      scene,
    ) => {
      const { performer, viewer, streamId } = await announce(scene);
      const { services } = scene.test;
      const identity = await services.auth.authenticateAfresh(performer.accessToken);
      await services.streams.update(identity, { id: streamId, price: 900 });
      const answer = await scene.call({ streamId, price: 500 }, { as: viewer });
      expect(answer.failure?.price).toEqual({ amount: 900, currency: 'USD' });
      const paid = await scene.call({ streamId, price: 900 }, { as: viewer });
      expect(paid.data.balance).toBe(9_100);
      return answer;
    },
  },

  NO_TICKET_NEEDED: {
    'for a public stream': async ({ call, given }) => {
      const { id: streamId } = await given.stream(await given.performer());
      return call({ streamId }, { as: await given.account() });
    },
  },

  SELF_PAYMENT: {
    'for one’s own show': async (scene) => {
      const { performer, streamId } = await announce(scene);
      await scene.given.funds(performer, 10_000);
      return scene.call({ streamId }, { as: performer });
    },
  },

  IDEMPOTENCY_KEY_REUSED: {
    'for another show': async (scene) => {
      const { viewer, streamId } = await announce(scene);
      const idempotencyKey = uuidv7();
      await scene.call({ streamId, idempotencyKey }, { as: viewer });
      const other = await scene.given.show(await scene.given.performer());
      return scene.call({ streamId: other.id, idempotencyKey }, { as: viewer });
    },
    'for a show that there is not': async (scene) => {
      const { viewer, streamId } = await announce(scene);
      const idempotencyKey = uuidv7();
      await scene.call({ streamId, idempotencyKey }, { as: viewer });
      return scene.call({ streamId: uuidv7(), idempotencyKey }, { as: viewer });
    },
  },

  VALIDATION_FAILED: {
    'without a stream': async ({ call, given }) => call({}, { as: await given.account() }),
    ...invalidFields(
      async (given) => {
        const viewer = await given.account();
        await given.funds(viewer, 10_000);
        return { input: { streamId: (await given.show(await given.performer())).id }, as: viewer };
      },
      {
        streamId: ['live', null, 7, ''],
        idempotencyKey: ['', 'seven77', 'x'.repeat(129), 'with space'],
        price: [0, -5, 0.5, 1e21, '5', true, null, [7]],
        amount: [1],
        payerId: [uuidv7()],
      },
    ),
  },
});

contractWhere({ CURRENCY: 'EUR', FEE_TICKETS_BASIS_POINTS: '0' }, 'payments.buyAccess', {
  success: {
    'is in the currency of the platform, whose part may be nothing': async ({ call, given }) => {
      const admin = await given.admin();
      await given.funds(admin, 10_000, 'EUR');
      const show = await given.show(await given.performer());
      const answer = await call({ streamId: show.id }, { as: admin });
      expect([show.currency, answer.data.payment]).toMatchObject(['EUR', { currency: 'EUR', fee: 0 }]);
      return answer;
    },
  },
});
