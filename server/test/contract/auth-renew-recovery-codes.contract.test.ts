import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

contract('auth.renewRecoveryCodes', {
  success: {
    'answers ten others, and those from before are good no more': async ({ call, given }) => {
      const signedIn = await given.account();
      const { nextCode, recoveryCode } = await given.secondFactor(signedIn);
      const answer = await call({ code: nextCode() }, { as: signedIn });
      expect(answer.data.recoveryCodes).toHaveLength(10);
      await expect(given.login(signedIn, recoveryCode)).rejects.toMatchObject({
        code: 'SECOND_FACTOR_INVALID',
      });
      for (const code of answer.data.recoveryCodes.slice(0, 2)) await given.login(signedIn, code);
      return answer;
    },
    'for a recovery code': async ({ call, given }) => {
      const signedIn = await given.account();
      const { recoveryCode } = await given.secondFactor(signedIn);
      return call({ code: recoveryCode }, { as: signedIn });
    },
  },

  SECOND_FACTOR_INVALID: {
    'for a code that was used': async ({ call, given }) => {
      const signedIn = await given.account();
      const { code } = await given.secondFactor(signedIn);
      return call({ code }, { as: signedIn });
    },
    'for a recovery code of someone else': async ({ call, given }) => {
      const signedIn = await given.account();
      await given.secondFactor(signedIn);
      const { recoveryCode } = await given.secondFactor(await given.account());
      return call({ code: recoveryCode }, { as: signedIn });
    },
  },

  SECOND_FACTOR_NOT_SET_UP: {
    'where there is none': async ({ call, given }) => call({ code: '000000' }, { as: await given.account() }),
    'where it was begun only': async ({ call, given }) => {
      const signedIn = await given.account();
      return call({ code: await given.firstCode(signedIn) }, { as: signedIn });
    },
  },

  VALIDATION_FAILED: {
    ...invalidFields(async (given) => ({ input: { code: '000000' }, as: await given.account() }), {
      code: ['', '0'.repeat(65), 123456, null, undefined],
    }),
  },
});
