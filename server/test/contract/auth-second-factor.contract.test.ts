import { expect } from 'vitest';
import { contract } from '../contract.js';

contract('auth.secondFactor', {
  success: {
    'tells that there is none': async ({ call, given }) => {
      const answer = await call(undefined, { as: await given.account() });
      expect(answer.data).toEqual({ isSetUp: false, recoveryCodesLeft: 0 });
      return answer;
    },
    'tells that one that is not confirmed is none': async ({ call, given }) => {
      const signedIn = await given.account();
      await given.firstCode(signedIn);
      const answer = await call(undefined, { as: signedIn });
      expect(answer.data.isSetUp).toBe(false);
      return answer;
    },
    'tells how many recovery codes are left': async ({ call, given }) => {
      const signedIn = await given.account();
      const { recoveryCode } = await given.secondFactor(signedIn);
      const before = await call(undefined, { as: signedIn });
      expect(before.data).toEqual({ isSetUp: true, recoveryCodesLeft: 10 });
      await given.login(signedIn, recoveryCode);
      const answer = await call(undefined, { as: signedIn });
      expect(answer.data).toEqual({ isSetUp: true, recoveryCodesLeft: 9 });
      return answer;
    },
  },

  VALIDATION_FAILED: {
    'for an input that it does not take': async ({ call, given }) =>
      call({ id: 5 }, { as: await given.account() }),
  },
});
