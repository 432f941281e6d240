import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';

contract(
  'auth.register',
  {
    success: {
      'makes a viewer, signed in': async ({ call, given, test }) => {
        const input = given.registration();
        const answer = await call(input);
        expect(answer.data).toEqual({
          user: {
            id: expect.any(String),
            username: input.username,
            email: input.email,
            displayName: input.username,
            bio: '',
            avatarUrl: null,
            role: 'viewer',
            isVerified: false,
            isEmailVerified: false,
            createdAt: expect.any(String),
          },
          accessToken: expect.any(String),
          refreshToken: expect.any(String),
          expiresInSeconds: 900,
        });
        const identity = await test.services.auth.authenticateAfresh(answer.data.accessToken ?? '');
        expect(identity.userId).toBe(answer.data.user.id);
        return answer;
      },
      'keeps the e-mail address in lower case': async ({ call, given }) => {
        const input = given.registration();
        const answer = await call({ ...input, email: ` ${input.email.toUpperCase()} ` });
        expect(answer.data.user.email).toBe(input.email);
        return answer;
      },
      'takes a password of 8 code points': ({ call, given }) =>
        call(given.registration({ password: '🦊🐻🐼🐨🐯🦁🐮🐷' })),
      'takes a password of 128 code points': ({ call, given }) =>
        call(given.registration({ password: '🦊'.repeat(128) })),
    },

    EMAIL_TAKEN: {
      'in whatever case': async ({ call, given }) => {
        const { user } = await given.account();
        return call(given.registration({ email: user.email.toUpperCase() }));
      },
    },

    USERNAME_TAKEN: {
      'in whatever case': async ({ call, given }) => {
        const { user } = await given.account();
        return call(given.registration({ username: user.username.toUpperCase() }));
      },
    },

    TOO_YOUNG: {
      'the day before the birthday that counts': async ({ call, given, test }) => {
        const now = test.clock.now();
        const tomorrow = new Date(
          Date.UTC(now.getUTCFullYear() - 16, now.getUTCMonth(), now.getUTCDate() + 1),
        );
        return call(given.registration({ birthDate: tomorrow.toISOString().slice(0, 10) }));
      },
    },

    OVERLOADED: {
      'while too many passwords wait': ({ call, given, whilePasswordsAreBusy }) =>
        whilePasswordsAreBusy(() => call(given.registration())),
    },

    VALIDATION_FAILED: {
      'for nothing at all, naming each field': async ({ call }) => {
        const answer = await call({});
        expect(answer.failure?.errors?.map(({ path }) => path)).toEqual(['username', 'email', 'password']);
        return answer;
      },
      'for no birth date, where there is a minimum age': async ({ call, given }) => {
        const { birthDate: _, ...registration } = given.registration();
        const answer = await call(registration);
        expect(answer.failure?.errors?.map(({ path }) => path)).toEqual(['birthDate']);
        return answer;
      },
      'for the username as password, in whatever case': ({ call, given }) =>
        call(given.registration({ username: 'Somebody_1', password: 'somebody_1' })),
      'for the e-mail address as password': ({ call, given }) =>
        call(given.registration({ email: 'ada@example.com', password: 'ada@example.com' })),
      ...invalidFields(async (given) => ({ input: { ...given.registration() } }), {
        username: ['', 'ab', 'a'.repeat(31), 'two words', 'Zoë', 'a-b', 'ada\n', 5, null, ['ada']],
        email: ['', 'ada', 'ada@example', 'a b@example.com', `${'a'.repeat(250)}@example.com`, 5],
        password: [
          '',
          '🦊🐻🐼🐨🐯🦁🐮',
          'a'.repeat(129),
          'Password1',
          '12345678',
          'nul\0character',
          '\ud800'.repeat(8),
          12345678,
        ],
        birthDate: ['', '1990-5-6', '1990-02-30', '2999-01-01', '1890-01-01', 19900506, null],
        role: ['admin', 'viewer', null],
        isVerified: [true],
      }),
    },
  },
  { MINIMUM_AGE: '16' },
);
