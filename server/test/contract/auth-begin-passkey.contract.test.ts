import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';
import { PASSWORD } from '../factories.js';

const input = { currentPassword: PASSWORD };

contract('auth.beginPasskey', {
  success: {
    'asks for a passkey of this account that verifies its user, other than those there are': async ({
      call,
      given,
    }) => {
      const owner = await given.account();
      const { authenticator } = await given.passkey(owner);
      const answer = await call(input, { as: owner });
      expect(answer.data.options).toMatchObject({
        challenge: expect.stringMatching(/^[\w-]{72}$/),
        rp: { id: 'localhost' },
        user: { name: owner.user.username, id: Buffer.from(owner.user.id).toString('base64url') },
        attestation: 'none',
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
        excludeCredentials: [{ id: authenticator.id, type: 'public-key' }],
      });
      return answer;
    },
  },

  INVALID_CREDENTIALS: {
    'for a wrong password': async ({ call, given }) =>
      call({ currentPassword: 'a wrong one' }, { as: await given.account() }),
  },

  SECOND_FACTOR_REQUIRED: {
    'after the right password, in an account with a second factor': async ({ call, given }) => {
      const owner = await given.account();
      await given.secondFactor(owner);
      return call(input, { as: owner });
    },
  },

  SECOND_FACTOR_INVALID: {
    'for a code that was taken before': async ({ call, given }) => {
      const owner = await given.account();
      const { code } = await given.secondFactor(owner);
      return call({ ...input, code }, { as: owner });
    },
  },

  OVERLOADED: {
    'while too many passwords wait': async ({ call, given, whilePasswordsAreBusy }) => {
      const owner = await given.account();
      return whilePasswordsAreBusy(() => call(input, { as: owner }));
    },
  },

  VALIDATION_FAILED: {
    ...invalidFields(async (given) => ({ input, as: await given.account() }), {
      currentPassword: ['', 'a'.repeat(513), 5, null, undefined],
      code: ['', '1'.repeat(65), 123456, null],
      challenge: ['AAAA'],
    }),
  },
});
