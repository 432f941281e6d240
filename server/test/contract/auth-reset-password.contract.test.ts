import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';
import { PASSWORD } from '../factories.js';
import { outcomeOf } from '../outcome.js';

const newPassword = 'another passphrase of the tests';
const client = { address: '127.0.0.1', userAgent: undefined };
const unknownToken = 'n2QJ5mXvT8y0cVw4kLr7bZ1sHd9eGfPaUo3iYtRqWxM';

contract('auth.resetPassword', {
  success: {
    'lets the new password in, the old one no more, and ends every session': async ({
      call,
      given,
      test,
    }) => {
      const signedIn = await given.account();
      const { email } = signedIn.user;
      const token = await given.mailedToken(signedIn, 'password_reset');
      const answer = await call({ token, newPassword });
      const { auth } = test.services;
      expect(await outcomeOf(auth.authenticate(signedIn.accessToken))).toBe('SESSION_REVOKED');
      expect(await outcomeOf(auth.login({ email, password: PASSWORD }, client))).toBe('INVALID_CREDENTIALS');
      expect(await outcomeOf(auth.login({ email, password: newPassword }, client))).toBe('ok');
      return answer;
    },
    'signs nobody in': async ({ call, given }) => {
      const token = await given.mailedToken(await given.account(), 'password_reset');
      const answer = await call({ token, newPassword });
      expect(answer.data).toEqual({ confirmedAt: expect.any(String) });
      expect(answer.headers['set-cookie']).toBeUndefined();
      return answer;
    },
  },

  ACCOUNT_TOKEN_INVALID: {
    'for a token that nobody has': ({ call }) => call({ token: unknownToken, newPassword }),
    'for one that was used': async ({ call, given }) => {
      const token = await given.mailedToken(await given.account(), 'password_reset');
      await call({ token, newPassword });
      return call({ token, newPassword });
    },
    'for one that was replaced': async ({ call, given }) => {
      const signedIn = await given.account();
      const token = await given.mailedToken(signedIn, 'password_reset');
      await given.mailedToken(signedIn, 'password_reset');
      return call({ token, newPassword });
    },
    'for one of another kind': async ({ call, given }) => {
      const token = await given.mailedToken(await given.account(), 'email_verification');
      return call({ token, newPassword });
    },
    'for one whose account is deleted': async ({ call, given }) => {
      const signedIn = await given.account();
      const token = await given.mailedToken(signedIn, 'password_reset');
      await given.deleted(signedIn);
      return call({ token, newPassword });
    },
    'after an hour': async ({ call, given, test }) => {
      const token = await given.mailedToken(await given.account(), 'password_reset');
      test.clock.advance(3600);
      return call({ token, newPassword });
    },
  },

  OVERLOADED: {
    'while too many passwords wait, and the token stays good': async ({
      call,
      given,
      whilePasswordsAreBusy,
    }) => {
      const token = await given.mailedToken(await given.account(), 'password_reset');
      const answer = await whilePasswordsAreBusy(() => call({ token, newPassword }));
      expect((await call({ token, newPassword })).status).toBe(200);
      return answer;
    },
  },

  VALIDATION_FAILED: {
    'for the username as password': async ({ call, given }) => {
      const signedIn = await given.account();
      const token = await given.mailedToken(signedIn, 'password_reset');
      return call({ token, newPassword: signedIn.user.username.toUpperCase() });
    },
    'for one of the commonest passwords': async ({ call, given }) => {
      const token = await given.mailedToken(await given.account(), 'password_reset');
      return call({ token, newPassword: 'Password1' });
    },
    ...invalidFields(async () => ({ input: { token: unknownToken, newPassword } }), {
      token: [undefined, '', unknownToken.slice(1), `${unknownToken}=`, `${unknownToken.slice(1)}+`, 5, null],
      newPassword: [undefined, '', 'a'.repeat(7), 'a'.repeat(129), '\ud800'.repeat(8), 12345678],
      email: ['ada@example.com'],
    }),
  },
});
