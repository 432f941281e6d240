import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

contract('auth.requestEmailVerification', {
  success: {
    'sends a mail with a link': async ({ call, given, test }) => {
      const signedIn = await given.account();
      const answer = await call(undefined, { as: signedIn });
      expect(answer.data).toEqual({ linkExpiresInSeconds: 3600 });
      const mail = await test.outbox.mailTo(signedIn.user.email, 'Confirm your e-mail address');
      expect(mail.text).toMatch(/\/verify-email#token=[\w-]{43}\n/);
      return answer;
    },
  },
  EMAIL_ALREADY_VERIFIED: {
    'for an address that is verified': async ({ call, given, test }) => {
      const signedIn = await given.account();
      const token = await given.mailedToken(signedIn, 'email_verification');
      await test.services.recovery.verifyEmail({ token });
      return call(undefined, { as: signedIn });
    },
  },
  MAIL_UNAVAILABLE: {
    'where the server is set up without mail': async ({ call, given, test }) => {
      const signedIn = await given.account();
      return test.outbox.whileOff(() => call(undefined, { as: signedIn }));
    },
  },
  VALIDATION_FAILED: invalidFields(async (given) => ({ input: {}, as: await given.account() }), {
    email: ['ada@example.com'],
  }),
});
