import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

const wrong = '000000';

contract('auth.confirmSecondFactor', {
  success: {
    'answers ten recovery codes, and asks for the second factor from now on': async ({ call, given }) => {
      const signedIn = await given.account();
      const answer = await call({ code: await given.firstCode(signedIn) }, { as: signedIn });
      const { recoveryCodes } = answer.data;
      expect(new Set(recoveryCodes).size).toBe(10);
      for (const code of recoveryCodes)
        expect(code).toMatch(/^([0-9a-hjkmnp-tv-z]{6}-){3}[0-9a-hjkmnp-tv-z]{6}$/);
      await expect(given.login(signedIn)).rejects.toMatchObject({ code: 'SECOND_FACTOR_REQUIRED' });
      return answer;
    },
    'goes on in this session, which has given it, and ends the others': async ({ call, given, test }) => {
      const signedIn = await given.account();
      const elsewhere = await given.login(signedIn);
      const { auth } = test.services;
      await auth.authenticate(elsewhere.accessToken);
      const answer = await call({ code: await given.firstCode(signedIn) }, { as: signedIn });
      const { secondFactorAt } = await auth.authenticate(signedIn.accessToken);
      expect(secondFactorAt).toBe(test.clock.now().toISOString());
      await expect(auth.authenticate(elsewhere.accessToken)).rejects.toMatchObject({
        code: 'SESSION_REVOKED',
      });
      const refresh = auth.refresh({ refreshToken: elsewhere.refreshToken });
      await expect(refresh).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
      await auth.refresh({ refreshToken: signedIn.refreshToken });
      return answer;
    },
    'takes the code as people write it': async ({ call, given }) => {
      const signedIn = await given.account();
      const code = await given.firstCode(signedIn);
      return call({ code: ` ${code.slice(0, 3)} ${code.slice(3)} ` }, { as: signedIn });
    },
  },

  SECOND_FACTOR_INVALID: {
    'for a code of another secret, and nothing has changed': async ({ call, given }) => {
      const signedIn = await given.account();
      const code = await given.firstCode(signedIn);
      const next = await given.firstCode(signedIn);
      const answer = await call({ code: code === next ? wrong : code }, { as: signedIn });
      await given.login(signedIn);
      return answer;
    },
    'for a code from before': async ({ call, given, test }) => {
      const signedIn = await given.account();
      const code = await given.firstCode(signedIn);
      test.clock.advance(90);
      return call({ code }, { as: signedIn });
    },
  },

  SECOND_FACTOR_NOT_SET_UP: {
    'before it was begun': async ({ call, given }) => call({ code: wrong }, { as: await given.account() }),
  },

  SECOND_FACTOR_ALREADY_SET_UP: {
    'for a second code': async ({ call, given }) => {
      const signedIn = await given.account();
      const { nextCode } = await given.secondFactor(signedIn);
      return call({ code: nextCode() }, { as: signedIn });
    },
  },

  VALIDATION_FAILED: {
    ...invalidFields(async (given) => ({ input: { code: wrong }, as: await given.account() }), {
      code: ['', '0'.repeat(65), 123456, null, ['000000'], undefined],
    }),
  },
});
