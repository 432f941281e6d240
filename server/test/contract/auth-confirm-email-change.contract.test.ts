import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

const unknownToken = 'n2QJ5mXvT8y0cVw4kLr7bZ1sHd9eGfPaUo3iYtRqWxM';

contract('auth.confirmEmailChange', {
  success: {
    'gives the account its new address, verified, and tells the old one': async ({ call, given, test }) => {
      const signedIn = await given.account();
      const newEmail = `new-${signedIn.user.email}`;
      const answer = await call({ token: await given.mailedToken(signedIn, 'email_change', newEmail) });
      expect(answer.data).toEqual({ confirmedAt: test.clock.now().toISOString() });
      const identity = await test.services.auth.authenticate(signedIn.accessToken);
      const { email, isEmailVerified } = await test.services.auth.me(identity);
      expect([email, isEmailVerified]).toEqual([newEmail, true]);
      await test.outbox.mailTo(signedIn.user.email, 'Your e-mail address was changed');
      return answer;
    },
  },
  ACCOUNT_TOKEN_INVALID: {
    'for a token that nobody has': ({ call }) => call({ token: unknownToken }),
    'for one that was used': async ({ call, given }) => {
      const signedIn = await given.account();
      const token = await given.mailedToken(signedIn, 'email_change', `new-${signedIn.user.email}`);
      await call({ token });
      return call({ token });
    },
    'after an hour': async ({ call, given, test }) => {
      const token = await given.mailedToken(await given.account(), 'email_change', 'late@reader.test');
      test.clock.advance(3600);
      return call({ token });
    },
  },
  EMAIL_TAKEN: {
    'in whatever case, by who registered meanwhile': async ({ call, given }) => {
      const { user } = await given.account();
      return call({
        token: await given.mailedToken(await given.account(), 'email_change', user.email.toUpperCase()),
      });
    },
  },
  VALIDATION_FAILED: invalidFields(async () => ({ input: { token: unknownToken } }), {
    token: [undefined, '', 'a'.repeat(42), null],
    newEmail: ['ada@example.com'],
  }),
});
