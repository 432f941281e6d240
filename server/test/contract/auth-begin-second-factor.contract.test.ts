import { secondFactors } from '@versbottomlex/database';
import { eq } from 'drizzle-orm';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';
import { PASSWORD } from '../factories.js';

const input = { currentPassword: PASSWORD };

contract('auth.beginSecondFactor', {
  success: {
    'answers what an authenticator app needs': async ({ call, given }) => {
      const signedIn = await given.account();
      const answer = await call(input, { as: signedIn });
      const { secret, uri } = answer.data;
      expect(secret).toMatch(/^[A-Z2-7]{32}$/);
      const told = new URL(uri);
      expect([told.protocol, told.host]).toEqual(['otpauth:', 'totp']);
      expect(decodeURIComponent(told.pathname)).toBe(`/localhost:${signedIn.user.username}`);
      expect(Object.fromEntries(told.searchParams)).toEqual({
        issuer: 'localhost',
        secret,
        algorithm: 'SHA1',
        digits: '6',
        period: '30',
      });
      expect(answer.headers['cache-control']).toContain('no-store');
      return answer;
    },
    'changes nothing before the first code': async ({ call, given }) => {
      const signedIn = await given.account();
      const answer = await call(input, { as: signedIn });
      await given.login(signedIn);
      return answer;
    },
    'can be begun anew, with another secret': async ({ call, given }) => {
      const signedIn = await given.account();
      const first = await call(input, { as: signedIn });
      const answer = await call(input, { as: signedIn });
      expect(answer.data.secret).not.toBe(first.data.secret);
      return answer;
    },
    'stores no secret that can be read': async ({ call, given, test }) => {
      const signedIn = await given.account();
      const answer = await call(input, { as: signedIn });
      const [row] = await test.database.client
        .select()
        .from(secondFactors)
        .where(eq(secondFactors.userId, signedIn.user.id));
      expect(row?.secret).toMatch(/^eyJ[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/);
      expect(JSON.stringify([row, test.logs])).not.toContain(answer.data.secret);
      return answer;
    },
  },

  INVALID_CREDENTIALS: {
    'for a wrong password': async ({ call, given }) =>
      call({ currentPassword: 'a wrong one' }, { as: await given.account() }),
  },

  SECOND_FACTOR_ALREADY_SET_UP: {
    'where there is one, which stays': async ({ call, given, test }) => {
      const signedIn = await given.account();
      await given.secondFactor(signedIn);
      const answer = await call(input, { as: signedIn });
      const identity = await test.services.auth.authenticateAfresh(signedIn.accessToken);
      expect(await test.services.secondFactor.get(identity)).toMatchObject({ isSetUp: true });
      return answer;
    },
  },

  OVERLOADED: {
    'while too many passwords wait': async ({ call, given, whilePasswordsAreBusy }) => {
      const signedIn = await given.account();
      return whilePasswordsAreBusy(() => call(input, { as: signedIn }));
    },
  },

  VALIDATION_FAILED: {
    ...invalidFields(async (given) => ({ input, as: await given.account() }), {
      currentPassword: ['', 'a'.repeat(513), 5, null, undefined],
      secret: ['JBSWY3DPEHPK3PXP'],
    }),
  },
});
