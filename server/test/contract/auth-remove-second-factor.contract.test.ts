import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';
import { PASSWORD } from '../factories.js';

const currentPassword = PASSWORD;

contract('auth.removeSecondFactor', {
  success: {
    'asks for no code any more': async ({ call, given, test }) => {
      const signedIn = await given.account();
      const { nextCode } = await given.secondFactor(signedIn);
      const answer = await call({ currentPassword, code: nextCode() }, { as: signedIn });
      expect(answer.data).toEqual({ isSetUp: false, recoveryCodesLeft: 0 });
      await given.login(signedIn);
      const { secondFactorAt } = await test.services.auth.authenticate(signedIn.accessToken);
      expect(secondFactorAt).toBeNull();
      return answer;
    },
    'for a recovery code, and ends the other sessions': async ({ call, given, test }) => {
      const signedIn = await given.account();
      const { recoveryCodes, nextCode } = await given.secondFactor(signedIn);
      const elsewhere = await given.login(signedIn, nextCode());
      const answer = await call({ currentPassword, code: recoveryCodes[9] }, { as: signedIn });
      const { auth } = test.services;
      await expect(auth.authenticate(elsewhere.accessToken)).rejects.toMatchObject({
        code: 'SESSION_REVOKED',
      });
      return answer;
    },
    'can be set up again, with another secret': async ({ call, given }) => {
      const signedIn = await given.account();
      const first = await given.secondFactor(signedIn);
      const answer = await call({ currentPassword, code: first.nextCode() }, { as: signedIn });
      const second = await given.secondFactor(signedIn);
      expect(second.secret).not.toBe(first.secret);
      await expect(given.login(signedIn, first.recoveryCode)).rejects.toMatchObject({
        code: 'SECOND_FACTOR_INVALID',
      });
      return answer;
    },
  },

  INVALID_CREDENTIALS: {
    'for a wrong password, and the code is still good': async ({ call, given }) => {
      const signedIn = await given.account();
      const { nextCode } = await given.secondFactor(signedIn);
      const code = nextCode();
      const answer = await call({ currentPassword: 'a wrong one', code }, { as: signedIn });
      await given.login(signedIn, code);
      return answer;
    },
  },

  SECOND_FACTOR_INVALID: {
    'for a wrong code, and it stays': async ({ call, given }) => {
      const signedIn = await given.account();
      const { code } = await given.secondFactor(signedIn);
      const answer = await call({ currentPassword, code }, { as: signedIn });
      await expect(given.login(signedIn)).rejects.toMatchObject({ code: 'SECOND_FACTOR_REQUIRED' });
      return answer;
    },
  },

  SECOND_FACTOR_NOT_SET_UP: {
    'where there is none': async ({ call, given }) =>
      call({ currentPassword, code: '000000' }, { as: await given.account() }),
  },

  OVERLOADED: {
    'while too many passwords wait': async ({ call, given, whilePasswordsAreBusy }) => {
      const signedIn = await given.account();
      return whilePasswordsAreBusy(() => call({ currentPassword, code: '000000' }, { as: signedIn }));
    },
  },

  VALIDATION_FAILED: {
    ...invalidFields(
      async (given) => ({ input: { currentPassword, code: '000000' }, as: await given.account() }),
      {
        currentPassword: ['', 'a'.repeat(513), 5, null, undefined],
        code: ['', '0'.repeat(65), 123456, null, undefined],
      },
    ),
  },
});
