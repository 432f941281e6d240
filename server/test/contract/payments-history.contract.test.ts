import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';
import type { Factories } from '../factories.js';

const idsOf = ({ items }: { items: { id: string }[] }) => items.map(({ id }) => id);

/** A viewer who tipped a performer `count` times; the payments are newest first. */
const tips = async (given: Factories, count: number) => {
  const viewer = await given.account();
  const performer = await given.performer();
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const { id } = await given.payment({ payerId: viewer.user.id, payeeId: performer.user.id });
    ids.unshift(id);
  }
  return { viewer, performer, ids };
};

contract('payments.history', {
  success: {
    'gives own payments, made and received, newest first': async ({ call, given }) => {
      const { viewer, performer, ids } = await tips(given, 1);
      const back = await given.payment({ payerId: performer.user.id, payeeId: viewer.user.id });
      await tips(given, 1);
      const answer = await call(undefined, { as: viewer });
      expect(idsOf(answer.data)).toEqual([back.id, ...ids]);
      return answer;
    },
    'shows money as whole minor units': async ({ call, given }) => {
      const { viewer, performer } = await tips(given, 0);
      const { id } = await given.payment({
        payerId: viewer.user.id,
        payeeId: performer.user.id,
        amount: 500,
      });
      const answer = await call({}, { as: viewer });
      expect(answer.data.items[0]).toMatchObject({
        id,
        type: 'tip',
        status: 'completed',
        payerId: viewer.user.id,
        payeeId: performer.user.id,
        streamId: null,
        amount: 500,
        currency: 'USD',
      });
      return answer;
    },
    'hides from the payee who sent an anonymous tip': async ({ call, given }) => {
      const { viewer, performer } = await tips(given, 0);
      await given.payment({ payerId: viewer.user.id, payeeId: performer.user.id, isAnonymous: true });
      const own = await call({}, { as: viewer });
      expect(own.data.items[0]?.payerId).toBe(viewer.user.id);
      const answer = await call({}, { as: performer });
      expect(answer.data.items[0]?.payerId).toBeNull();
      return answer;
    },
    'filters by type and status': async ({ call, given }) => {
      const { viewer } = await tips(given, 1);
      const topUp = { payeeId: viewer.user.id, type: 'top_up' as const };
      await given.payment(topUp);
      const { id } = await given.payment({ ...topUp, status: 'pending', completedAt: null });
      const answer = await call({ type: 'top_up', status: 'pending' }, { as: viewer });
      expect(idsOf(answer.data)).toEqual([id]);
      return answer;
    },
    'pages by cursor, which new payments do not disturb': async ({ call, given }) => {
      const { viewer, performer, ids } = await tips(given, 3);
      const first = await call({ limit: 2 }, { as: viewer });
      await given.payment({ payerId: viewer.user.id, payeeId: performer.user.id });
      const answer = await call({ limit: 2, cursor: first.data.nextCursor }, { as: viewer });
      expect([...idsOf(first.data), ...idsOf(answer.data)]).toEqual(ids);
      expect(answer.data.nextCursor).toBeNull();
      return answer;
    },
    'shows an admin the own payments only': async ({ call, given }) => {
      await tips(given, 1);
      const answer = await call({}, { as: await given.admin() });
      expect(answer.data).toEqual({ items: [], nextCursor: null });
      return answer;
    },
  },

  VALIDATION_FAILED: invalidFields(async (given) => ({ input: {}, as: await given.account() }), {
    type: ['', 'Tip', 'loan'],
    status: ['', 'done'],
    limit: [0, 101, 1.5, 'ten'],
    cursor: ['', 'x', 'WzFd', Buffer.from(JSON.stringify([uuidv7(), 1])).toString('base64url')],
    userId: [uuidv7()],
  }),
});
