import { streamTippers } from '@versbottomlex/database';
import type { UserSummary } from '@versbottomlex/shared';
import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields, type Scene } from '../contract.js';

/** A stream in which new viewers have tipped these amounts, as its log says. */
const tippedStream = async ({ given, test }: Scene<'payments.leaderboard'>, amounts: number[]) => {
  const { id: streamId } = await given.stream(await given.performer());
  const tippers: UserSummary[] = [];
  for (const amount of amounts) {
    const { user } = await given.account();
    await test.database.client
      .insert(streamTippers)
      .values({ streamId, userId: user.id, amount, tipCount: amount === 0 ? 0 : 2 });
    const { id, username, displayName } = user;
    tippers.push({ id, username, displayName, avatarUrl: null, isVerified: false });
  }
  return { streamId, tippers };
};

contract('payments.leaderboard', {
  success: {
    'ranks by amount, equals alike, without those who got everything back': async (scene) => {
      const { streamId, tippers } = await tippedStream(scene, [300, 700, 300, 0, 100]);
      const [third, first, alsoThird, , last] = tippers;
      const answer = await scene.call({ streamId });
      expect(answer.data).toEqual({
        currency: 'USD',
        items: [
          { rank: 1, user: first, amount: 700, tipCount: 2 },
          { rank: 2, user: third, amount: 300, tipCount: 2 },
          { rank: 2, user: alsoThird, amount: 300, tipCount: 2 },
          { rank: 4, user: last, amount: 100, tipCount: 2 },
        ],
      });
      return answer;
    },
    'is as long as it is asked to be': async (scene) => {
      const { streamId } = await tippedStream(scene, [300, 700, 300, 100]);
      const answer = await scene.call({ streamId, limit: 2 });
      expect(answer.data.items.map(({ rank, amount }) => [rank, amount])).toEqual([
        [1, 700],
        [2, 300],
      ]);
      return answer;
    },
    'is empty where nobody has tipped': async (scene) => {
      const { streamId } = await tippedStream(scene, []);
      const answer = await scene.call({ streamId });
      expect(answer.data.items).toEqual([]);
      return answer;
    },
  },
  ACCESS_REQUIRED: {
    'for a private show without a ticket': async ({ call, given }) => {
      const { id: streamId } = await given.stream(await given.performer(), { isPrivate: true, price: 500 });
      return call({ streamId }, { as: await given.account() });
    },
  },
  NOT_FOUND: { 'for a stream that there is not': ({ call }) => call({ streamId: uuidv7() }) },
  VALIDATION_FAILED: {
    'for an id that is none': ({ call }) => call({ streamId: 'live' }),
    ...invalidFields(
      async (given) => ({ input: { streamId: (await given.stream(await given.performer())).id } }),
      {
        limit: [0, 101, 1.5, 'ten'],
      },
    ),
  },
});
