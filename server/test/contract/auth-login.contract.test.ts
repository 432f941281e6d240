import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';
import { PASSWORD } from '../factories.js';

contract('auth.login', {
  success: {
    'signs in by e-mail address, in whatever case': async ({ call, given }) => {
      const { user } = await given.account();
      const answer = await call({ email: user.email.toUpperCase(), password: PASSWORD });
      expect(answer.data).toEqual({
        user,
        accessToken: expect.any(String),
        refreshToken: expect.any(String),
        expiresInSeconds: 900,
      });
      return answer;
    },
    'signs in by username, in whatever case': async ({ call, given }) => {
      const { user } = await given.account();
      const answer = await call({ username: user.username.toUpperCase(), password: PASSWORD });
      expect(answer.data.user.id).toBe(user.id);
      return answer;
    },
    'takes the code of the second factor, and a recovery code': async ({ call, given, test }) => {
      const signedIn = await given.account();
      const { nextCode, recoveryCode } = await given.secondFactor(signedIn);
      const password = PASSWORD;
      const first = await call({ email: signedIn.user.email, password, code: nextCode() });
      const identity = await test.services.auth.authenticate(first.data.accessToken ?? '');
      expect(identity.secondFactorAt).toBe(test.clock.now().toISOString());
      return call({ email: signedIn.user.email, password, code: recoveryCode.toUpperCase() });
    },
    'does not mind a code where none is needed': async ({ call, given }) => {
      const { user } = await given.account();
      return call({ email: user.email, password: PASSWORD, code: '000000' });
    },
    'takes a password in another Unicode form': async ({ call, given }) => {
      const { user } = await given.account({ password: 'pâtisserie é'.normalize('NFC') });
      return call({ email: user.email, password: 'pâtisserie é'.normalize('NFD') });
    },
  },

  SECOND_FACTOR_REQUIRED: {
    'after the right password': async ({ call, given }) => {
      const signedIn = await given.account();
      await given.secondFactor(signedIn);
      return call({ email: signedIn.user.email, password: PASSWORD });
    },
  },

  SECOND_FACTOR_INVALID: {
    'for a wrong code': async ({ call, given }) => {
      const signedIn = await given.account();
      const { code } = await given.secondFactor(signedIn);
      const answer = await call({ email: signedIn.user.email, password: PASSWORD, code });
      return answer;
    },
    'for what is no code at all': async ({ call, given }) => {
      const signedIn = await given.account();
      await given.secondFactor(signedIn);
      return call({ email: signedIn.user.email, password: PASSWORD, code: '\0 or 1=1' });
    },
  },

  INVALID_CREDENTIALS: {
    'for a wrong password with the right code, which stays good': async ({ call, given }) => {
      const signedIn = await given.account();
      const { nextCode } = await given.secondFactor(signedIn);
      const code = nextCode();
      const answer = await call({ email: signedIn.user.email, password: 'another passphrase', code });
      await given.login(signedIn, code);
      return answer;
    },
    'for a wrong password': async ({ call, given }) => {
      const { user } = await given.account();
      return call({ email: user.email, password: 'another passphrase' });
    },
    'for an unknown name, in the same words': async ({ call, given }) => {
      const { user } = await given.account();
      const wrong = await call({ email: user.email, password: 'another passphrase' });
      const unknown = await call({ email: 'nobody@example.com', password: PASSWORD });
      expect({ ...unknown.failure, requestId: '' }).toEqual({ ...wrong.failure, requestId: '' });
      return unknown;
    },
    'for a suspended account with a wrong password, which learns nothing': async ({ call, given }) => {
      const { user } = await given.suspended();
      return call({ email: user.email, password: 'another passphrase' });
    },
    'for a deleted account': async ({ call, given }) => {
      const signedIn = await given.account();
      await given.deleted(signedIn);
      return call({ email: signedIn.user.email, password: PASSWORD });
    },
  },

  ACCOUNT_SUSPENDED: {
    'after the right password': async ({ call, given }) => {
      const { user } = await given.suspended();
      return call({ email: user.email, password: PASSWORD });
    },
  },

  OVERLOADED: {
    'while too many passwords wait': ({ call, whilePasswordsAreBusy }) =>
      whilePasswordsAreBusy(() => call({ email: 'ada@example.com', password: PASSWORD })),
  },

  VALIDATION_FAILED: {
    'for neither e-mail address nor username': ({ call }) => call({ password: PASSWORD }),
    'for both of them': ({ call }) => call({ email: 'a@example.com', username: 'ada', password: PASSWORD }),
    'for nothing at all': ({ call }) => call({}),
    ...invalidFields(async () => ({ input: { email: 'ada@example.com', password: PASSWORD } }), {
      email: ['', 'ada', 'ada@', 5, ['ada@example.com'], { $gt: '' }, `${'a'.repeat(250)}@example.com`],
      password: ['', 'a'.repeat(513), 5, null, undefined],
      code: ['', '0'.repeat(65), 123456, null],
      role: ['admin'],
    }),
  },
});
