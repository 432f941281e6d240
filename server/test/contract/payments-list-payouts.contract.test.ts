import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields, type Scene } from '../contract.js';

/** A performer with three payouts: one was asked for, one is approved, and one is asked for again. */
const withPayouts = async ({ given }: Pick<Scene<'payments.listPayouts'>, 'given'>) => {
  const performer = await given.performer();
  const ids: string[] = [];
  for (const status of ['requested', 'approved', 'requested'] as const) {
    ids.unshift((await given.payout(performer, status)).id);
  }
  return { performer, ids };
};
const idsOf = (answer: { data: { items: { id: string }[] } }) => answer.data.items.map(({ id }) => id);

contract('payments.listPayouts', {
  success: {
    'lists one’s own, newest first': async (scene) => {
      const { performer, ids } = await withPayouts(scene);
      await withPayouts(scene);
      const answer = await scene.call({}, { as: performer });
      expect(idsOf(answer)).toEqual(ids);
      expect(answer.data.items.map(({ status }) => status)).toEqual(['requested', 'approved', 'requested']);
      return answer;
    },
    'lists one’s own by name': async (scene) => {
      const { performer, ids } = await withPayouts(scene);
      const answer = await scene.call({ performerId: performer.user.id }, { as: performer });
      expect(idsOf(answer)).toEqual(ids);
      return answer;
    },
    'is empty for a viewer': async ({ call, given }) => {
      const answer = await call({}, { as: await given.account() });
      expect(answer.data).toEqual({ items: [], nextCursor: null });
      return answer;
    },
    'lists everybody’s for an admin': async (scene) => {
      const [one, other] = [await withPayouts(scene), await withPayouts(scene)];
      const answer = await scene.call({ limit: 6 }, { as: await scene.given.admin() });
      expect(idsOf(answer)).toEqual([...other.ids, ...one.ids]);
      return answer;
    },
    'lists one performer’s for an admin': async (scene) => {
      const { performer, ids } = await withPayouts(scene);
      await withPayouts(scene);
      const answer = await scene.call({ performerId: performer.user.id }, { as: await scene.given.admin() });
      expect(idsOf(answer)).toEqual(ids);
      return answer;
    },
    'filters by status': async (scene) => {
      const { performer, ids } = await withPayouts(scene);
      const requested = await scene.call({ status: 'requested' }, { as: performer });
      expect(idsOf(requested)).toEqual([ids[0], ids[2]]);
      const answer = await scene.call({ status: 'approved' }, { as: performer });
      expect(idsOf(answer)).toEqual([ids[1]]);
      return answer;
    },
    'pages by cursor until there is no more': async (scene) => {
      const { performer, ids } = await withPayouts(scene);
      const first = await scene.call({ limit: 2 }, { as: performer });
      const { nextCursor } = first.data;
      const answer = await scene.call({ limit: 2, cursor: nextCursor }, { as: performer });
      expect([...idsOf(first), ...idsOf(answer)]).toEqual(ids);
      expect(answer.data.nextCursor).toBeNull();
      return answer;
    },
  },

  FORBIDDEN: {
    'of another performer': async ({ call, given }) =>
      call({ performerId: (await given.performer()).user.id }, { as: await given.performer() }),
    'of nobody': async ({ call, given }) => call({ performerId: uuidv7() }, { as: await given.performer() }),
  },

  VALIDATION_FAILED: invalidFields(async (given) => ({ input: {}, as: await given.performer() }), {
    status: ['open', ''],
    performerId: ['me'],
    limit: [0, 101],
    cursor: ['', 'x', 'WzFd'],
  }),
});
