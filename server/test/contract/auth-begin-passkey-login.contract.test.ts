import { expect } from 'vitest';
import { contract } from '../contract.js';

contract('auth.beginPasskeyLogin', {
  success: {
    'asks for any passkey of this site, each time by another challenge': async ({ call }) => {
      const first = await call();
      const answer = await call();
      expect(answer.data.options).toMatchObject({
        challenge: expect.stringMatching(/^[\w-]{72}$/),
        rpId: 'localhost',
        userVerification: 'required',
      });
      expect(answer.data.options.challenge).not.toBe(first.data.options.challenge);
      return answer;
    },
  },

  VALIDATION_FAILED: {
    'for an input that it does not take': ({ call }) => call({ username: 'ava' }),
  },
});
