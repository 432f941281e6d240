import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

const unknownToken = 'n2QJ5mXvT8y0cVw4kLr7bZ1sHd9eGfPaUo3iYtRqWxM';

contract('auth.verifyEmail', {
  success: {
    'says so in the account': async ({ call, given, test }) => {
      const signedIn = await given.account();
      const answer = await call({ token: await given.mailedToken(signedIn, 'email_verification') });
      expect(answer.data).toEqual({ confirmedAt: test.clock.now().toISOString() });
      const identity = await test.services.auth.authenticate(signedIn.accessToken);
      expect((await test.services.auth.me(identity)).isEmailVerified).toBe(true);
      return answer;
    },
  },
  ACCOUNT_TOKEN_INVALID: {
    'for a token that nobody has': ({ call }) => call({ token: unknownToken }),
    'for one that was used': async ({ call, given }) => {
      const token = await given.mailedToken(await given.account(), 'email_verification');
      await call({ token });
      return call({ token });
    },
    'for one that went to another address': async ({ call, given }) =>
      call({ token: await given.mailedToken(await given.account(), 'email_verification', 'a@reader.test') }),
    'after an hour': async ({ call, given, test }) => {
      const token = await given.mailedToken(await given.account(), 'email_verification');
      test.clock.advance(3600);
      return call({ token });
    },
  },
  VALIDATION_FAILED: invalidFields(async () => ({ input: { token: unknownToken } }), {
    token: [undefined, '', 'a'.repeat(44), null],
    email: ['ada@example.com'],
  }),
});
