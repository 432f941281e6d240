import { expect } from 'vitest';
import { contract } from '../contract.js';

contract('auth.listPasskeys', {
  success: {
    'shows own ones by name and use, and no key': async ({ call, given }) => {
      const owner = await given.account();
      await given.passkey(await given.account());
      const { passkey, authenticator } = await given.passkey(owner);
      const answer = await call(undefined, { as: owner });
      expect(answer.data).toEqual({ items: [passkey] });
      expect(answer.text).not.toContain(authenticator.id);
      return answer;
    },
    'is empty at first': async ({ call, given }) => {
      const answer = await call(undefined, { as: await given.account() });
      expect(answer.data.items).toEqual([]);
      return answer;
    },
  },

  VALIDATION_FAILED: {
    'for an input that it does not take': async ({ call, given }) =>
      call({ id: 5 }, { as: await given.account() }),
  },
});
