import { expect } from 'vitest';
import { contract } from '../contract.js';

contract('auth.me', {
  success: {
    'gives the own account, with its e-mail address': async ({ call, given }) => {
      const signedIn = await given.account();
      const answer = await call(undefined, { as: signedIn });
      expect(answer.data).toEqual(signedIn.user);
      return answer;
    },
    'gives the role and the verification as they are now': async ({ call, given }) => {
      const signedIn = await given.performer();
      const answer = await call(undefined, { as: signedIn });
      expect(answer.data).toMatchObject({ role: 'performer', isVerified: true });
      return answer;
    },
    'reads the scheme of the header in whatever case': async ({ call, given }) => {
      const { accessToken } = await given.account();
      return call(undefined, { headers: { authorization: `bearer ${accessToken}` } });
    },
  },

  VALIDATION_FAILED: {
    'for any input at all': async ({ call, given }) => {
      const { user, accessToken } = await given.account();
      return call({ id: user.id }, { as: { accessToken } });
    },
  },
});
