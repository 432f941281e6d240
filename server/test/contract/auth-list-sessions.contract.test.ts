import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';
import { PASSWORD } from '../factories.js';

contract('auth.listSessions', {
  success: {
    'tells device, network and times of each, the latest login first': async ({ call, given, test }) => {
      const first = await given.account();
      const firstAt = test.clock.now().toISOString();
      test.clock.advance(60);
      const phone = { address: '203.0.113.77', userAgent: 'A phone/1.0' };
      const second = await test.services.auth.login({ email: first.user.email, password: PASSWORD }, phone);
      const secondAt = test.clock.now().toISOString();
      const answer = await call(undefined, { as: second });
      expect(answer.data).toEqual({
        items: [
          {
            id: given.sessionIdOf(second),
            userAgent: 'A phone/1.0',
            addressPrefix: '203.0.113.0/24',
            isCurrent: true,
            createdAt: secondAt,
            lastUsedAt: secondAt,
            expiresAt: new Date(Date.parse(secondAt) + 7 * 86_400_000).toISOString(),
          },
          {
            id: given.sessionIdOf(first),
            userAgent: 'tests',
            addressPrefix: '127.0.0.0/24',
            isCurrent: false,
            createdAt: firstAt,
            lastUsedAt: firstAt,
            expiresAt: new Date(Date.parse(firstAt) + 7 * 86_400_000).toISOString(),
          },
        ],
        nextCursor: null,
      });
      return answer;
    },
    'leaves out those that were ended or ran out, and other people’s': async ({ call, given, test }) => {
      const old = await given.account();
      await given.account();
      test.clock.advance(7 * 86_400);
      const ended = await given.login(old);
      const current = await given.login(old);
      const identity = await test.services.auth.authenticate(ended.accessToken);
      await test.services.auth.logout(identity, { scope: 'session' });
      const answer = await call(undefined, { as: current });
      expect(answer.data.items.map(({ id }) => id)).toEqual([given.sessionIdOf(current)]);
      return answer;
    },
    'pages by cursor until there is no more, within one moment too': async ({ call, given }) => {
      const first = await given.account();
      const others = [await given.login(first), await given.login(first)];
      const page = await call({ limit: 2 }, { as: first });
      const answer = await call({ limit: 2, cursor: page.data.nextCursor }, { as: first });
      const ids = [...page.data.items, ...answer.data.items].map(({ id }) => id);
      expect(ids.sort()).toEqual([first, ...others].map(given.sessionIdOf).sort());
      expect(answer.data.nextCursor).toBeNull();
      return answer;
    },
  },

  VALIDATION_FAILED: invalidFields(async (given) => ({ input: {}, as: await given.account() }), {
    limit: [0, 101, 1.5],
    cursor: ['', 'x', 'W10'],
    userId: ['019b76f2-7a6e-7c3a-9d53-2f1f0a6b8c11'],
  }),
});
