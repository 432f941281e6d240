import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

contract('auth.requestPasswordReset', {
  success: {
    'sends a mail to whoever has the address, in whatever case': async ({ call, given, test }) => {
      const { user } = await given.account();
      const answer = await call({ email: ` ${user.email.toUpperCase()}` });
      expect(answer.data).toEqual({ linkExpiresInSeconds: 3600 });
      const mail = await test.outbox.mailTo(user.email, 'Set a new password');
      expect(mail.text).toMatch(/\/reset-password#token=[\w-]{43}\n/);
      return answer;
    },
    'is the same, header by header, where nobody has it': async ({ call, given }) => {
      const { user } = await given.account();
      const [known, unknown] = [
        await call({ email: user.email }),
        await call({ email: 'nobody@reader.test' }),
      ];
      expect(unknown.text).toBe(known.text);
      expect(Object.keys(unknown.headers)).toEqual(Object.keys(known.headers));
      return unknown;
    },
    'is the same for an account that is suspended, or is deleted': async ({ call, given }) => {
      const { user } = await given.suspended();
      const deleted = await given.account();
      await given.deleted(deleted);
      const answer = await call({ email: user.email });
      expect((await call({ email: deleted.user.email })).text).toBe(answer.text);
      return answer;
    },
  },

  MAIL_UNAVAILABLE: {
    'where the server is set up without mail, for known and unknown addresses': async ({
      call,
      given,
      test,
    }) => {
      const { user } = await given.account();
      return test.outbox.whileOff(async () => {
        const [known, unknown] = [
          await call({ email: user.email }),
          await call({ email: 'nobody@reader.test' }),
        ];
        expect(known.failure?.code).toBe(unknown.failure?.code);
        return unknown;
      });
    },
  },

  VALIDATION_FAILED: invalidFields(async () => ({ input: { email: 'ada@example.com' } }), {
    email: [
      undefined,
      '',
      'ada',
      'a@example.com\r\nBcc: eve@evil.test',
      'a@example.com,eve@evil.test',
      ['a@example.com'],
      null,
    ],
    webUrl: ['https://evil.test'],
  }),
});
