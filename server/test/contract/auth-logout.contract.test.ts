import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

const revoked = { code: 'SESSION_REVOKED' };

contract('auth.logout', {
  success: {
    'ends every token of the account by default, without a body': async ({ call, given, test }) => {
      const signedIn = await given.account();
      const elsewhere = await given.login(signedIn);
      const answer = await call(undefined, { as: signedIn });
      expect(answer.data).toEqual({ scope: 'everywhere' });
      for (const { accessToken, refreshToken } of [signedIn, elsewhere]) {
        await expect(test.services.auth.authenticate(accessToken)).rejects.toMatchObject(revoked);
        await expect(test.services.auth.refresh({ refreshToken })).rejects.toMatchObject(revoked);
      }
      return answer;
    },
    'ends every token of the account for an empty object': async ({ call, given }) => {
      const answer = await call({}, { as: await given.account() });
      expect(answer.data).toEqual({ scope: 'everywhere' });
      return answer;
    },
    'ends this session alone when told so': async ({ call, given, test }) => {
      const signedIn = await given.account();
      const elsewhere = await given.login(signedIn);
      const answer = await call({ scope: 'session' }, { as: signedIn });
      expect(answer.data).toEqual({ scope: 'session' });
      await expect(test.services.auth.authenticate(signedIn.accessToken)).rejects.toMatchObject(revoked);
      await test.services.auth.authenticate(elsewhere.accessToken);
      return answer;
    },
    'lets the account sign in again': async ({ call, given }) => {
      const signedIn = await given.account();
      const answer = await call(undefined, { as: signedIn });
      await given.login(signedIn);
      return answer;
    },
  },

  SESSION_REVOKED: {
    'for the second logout with one token': async ({ call, given }) => {
      const signedIn = await given.account();
      await call(undefined, { as: signedIn });
      return call(undefined, { as: signedIn });
    },
  },

  VALIDATION_FAILED: invalidFields(async (given) => ({ input: {}, as: await given.account() }), {
    scope: ['', 'all', 'Everywhere', true, null, 5],
    everywhere: [true],
  }),
});
