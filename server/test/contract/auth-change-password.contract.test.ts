import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';
import { PASSWORD } from '../factories.js';

const newPassword = 'another passphrase of the tests';
const change = { currentPassword: PASSWORD, newPassword };
const revoked = { code: 'SESSION_REVOKED' };

contract('auth.changePassword', {
  success: {
    'gives a new pair, which works': async ({ call, given, test }) => {
      const signedIn = await given.account();
      const answer = await call(change, { as: signedIn });
      const identity = await test.services.auth.authenticate(answer.data.accessToken ?? '');
      expect(identity.userId).toBe(signedIn.user.id);
      await test.services.auth.refresh({ refreshToken: answer.data.refreshToken ?? '' });
      return answer;
    },
    'ends every older token of every session': async ({ call, given, test }) => {
      const signedIn = await given.account();
      const elsewhere = await given.login(signedIn);
      const answer = await call(change, { as: signedIn });
      for (const { accessToken, refreshToken } of [signedIn, elsewhere]) {
        await expect(test.services.auth.authenticate(accessToken)).rejects.toMatchObject(revoked);
        await expect(test.services.auth.refresh({ refreshToken })).rejects.toMatchObject(revoked);
      }
      return answer;
    },
    'lets the new password in, and the old one no more': async ({ call, given, test }) => {
      const signedIn = await given.account();
      const answer = await call(change, { as: signedIn });
      const { email } = signedIn.user;
      await test.services.auth.login(
        { email, password: newPassword },
        { address: '127.0.0.1', userAgent: undefined },
      );
      await expect(
        test.services.auth.login(
          { email, password: PASSWORD },
          { address: '127.0.0.1', userAgent: undefined },
        ),
      ).rejects.toMatchObject({
        code: 'INVALID_CREDENTIALS',
      });
      return answer;
    },
  },

  INVALID_CREDENTIALS: {
    'for a wrong current password, and nothing has changed': async ({ call, given, test }) => {
      const signedIn = await given.account();
      const answer = await call({ currentPassword: 'a wrong one', newPassword }, { as: signedIn });
      await test.services.auth.authenticateAfresh(signedIn.accessToken);
      return answer;
    },
  },

  OVERLOADED: {
    'while too many passwords wait': async ({ call, given, whilePasswordsAreBusy }) => {
      const signedIn = await given.account();
      return whilePasswordsAreBusy(() => call(change, { as: signedIn }));
    },
  },

  VALIDATION_FAILED: {
    'for the username as password': async ({ call, given }) => {
      const signedIn = await given.account();
      return call({ ...change, newPassword: signedIn.user.username.toUpperCase() }, { as: signedIn });
    },
    ...invalidFields(async (given) => ({ input: change, as: await given.account() }), {
      currentPassword: ['', 'a'.repeat(513), 5, null],
      newPassword: ['', 'a'.repeat(7), 'a'.repeat(129), 'Password1', '\ud800'.repeat(8), 12345678],
      userId: ['019b76f2-7a6e-7c3a-9d53-2f1f0a6b8c11'],
    }),
  },
});
