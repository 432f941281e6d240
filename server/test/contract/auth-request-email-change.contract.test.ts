import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';
import { PASSWORD } from '../factories.js';

const change = { newEmail: 'else@reader.test', currentPassword: PASSWORD };

contract('auth.requestEmailChange', {
  success: {
    'sends a mail to the new address, tells the old one, and changes nothing yet': async ({
      call,
      given,
      test,
    }) => {
      const signedIn = await given.account();
      const newEmail = `new-${signedIn.user.email}`;
      const answer = await call({ ...change, newEmail }, { as: signedIn });
      expect(answer.data).toEqual({ linkExpiresInSeconds: 3600 });
      const mail = await test.outbox.mailTo(newEmail, 'Confirm your new e-mail address');
      expect(mail.text).toMatch(/\/confirm-email#token=[\w-]{43}\n/);
      await test.outbox.mailTo(signedIn.user.email, 'Your e-mail address is about to change');
      const identity = await test.services.auth.authenticate(signedIn.accessToken);
      expect((await test.services.auth.me(identity)).email).toBe(signedIn.user.email);
      return answer;
    },
    'takes a code where the account has a second factor': async ({ call, given }) => {
      const owner = await given.account();
      const { recoveryCode } = await given.secondFactor(owner);
      return call({ ...change, newEmail: `new-${owner.user.email}`, code: recoveryCode }, { as: owner });
    },
    'does not tell whether somebody has the new address': async ({ call, given }) => {
      const { user } = await given.account();
      return call({ ...change, newEmail: user.email }, { as: await given.account() });
    },
  },
  INVALID_CREDENTIALS: {
    'for a wrong password, and no mail is sent': async ({ call, given, test }) => {
      const answer = await call({ ...change, currentPassword: 'a wrong one' }, { as: await given.account() });
      expect(test.outbox.mails.filter(({ to }) => to === change.newEmail)).toEqual([]);
      return answer;
    },
  },
  SECOND_FACTOR_REQUIRED: {
    'after the right password, and no mail is sent': async ({ call, given, test }) => {
      const owner = await given.account();
      await given.secondFactor(owner);
      const answer = await call({ ...change, newEmail: 'unasked@reader.test' }, { as: owner });
      expect(test.outbox.mails.filter(({ to }) => to === 'unasked@reader.test')).toEqual([]);
      return answer;
    },
  },
  SECOND_FACTOR_INVALID: {
    'for a code that was taken before': async ({ call, given }) => {
      const owner = await given.account();
      const { code } = await given.secondFactor(owner);
      return call({ ...change, code }, { as: owner });
    },
  },
  MAIL_UNAVAILABLE: {
    'where the server is set up without mail': async ({ call, given, test }) => {
      const signedIn = await given.account();
      return test.outbox.whileOff(() => call(change, { as: signedIn }));
    },
  },
  OVERLOADED: {
    'while too many passwords wait': async ({ call, given, whilePasswordsAreBusy }) => {
      const signedIn = await given.account();
      return whilePasswordsAreBusy(() => call(change, { as: signedIn }));
    },
  },
  VALIDATION_FAILED: {
    'for the address that the account has, in whatever case': async ({ call, given }) => {
      const signedIn = await given.account();
      return call({ ...change, newEmail: signedIn.user.email.toUpperCase() }, { as: signedIn });
    },
    ...invalidFields(async (given) => ({ input: change, as: await given.account() }), {
      newEmail: [
        undefined,
        '',
        'ada',
        'a@reader.test\r\nBcc: eve@evil.test',
        'a@reader.test,b@reader.test',
        5,
      ],
      currentPassword: [undefined, '', 'a'.repeat(513), null],
      code: ['', '1'.repeat(65), 123456, null],
      userId: ['019b76f2-7a6e-7c3a-9d53-2f1f0a6b8c11'],
    }),
  },
});
