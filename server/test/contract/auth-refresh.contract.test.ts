import { TokenPair } from '@versbottomlex/shared';
import { SignJWT } from 'jose';
import { v7 as uuidv7 } from 'uuid';
import { expect } from 'vitest';
import { contract, invalidFields } from '../contract.js';
import type { Factories } from '../factories.js';
import type { TestApp } from '../harness.js';

const DAY_SECONDS = 24 * 3600;

/** A refresh token as the server signs it, for nobody, with parts of it replaced. */
const sign = (
  { config, clock }: TestApp,
  given: { issuer?: string; audience?: string; typ?: string; secret?: string },
) => {
  const { issuer = 'versbottomlex', audience = 'versbottomlex-refresh', typ = 'rt+jwt' } = given;
  return new SignJWT({ sid: uuidv7(), tv: 0 })
    .setProtectedHeader({ alg: 'HS256', typ })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject(uuidv7())
    .setJti(uuidv7())
    .setIssuedAt(clock.now())
    .setExpirationTime(new Date(clock.now().getTime() + DAY_SECONDS * 1000))
    .sign(new TextEncoder().encode(given.secret ?? config.secrets.refresh.current));
};

/** Where the tests' server is. */
const ORIGIN = 'http://localhost:3000';

const inCookie = async (given: Factories, headers: Record<string, string>) => ({
  cookie: `__Host-refresh=${(await given.account()).refreshToken}`,
  ...headers,
});

contract('auth.refresh', {
  success: {
    'gives a new pair, which works': async ({ call, given, test }) => {
      const { user, refreshToken } = await given.account();
      const answer = await call({ refreshToken });
      expect(answer.data).toEqual({
        accessToken: expect.any(String),
        refreshToken: expect.not.stringMatching(refreshToken),
        expiresInSeconds: 900,
      });
      const next = TokenPair.parse(answer.data);
      const identity = await test.services.auth.authenticateAfresh(next.accessToken);
      expect(identity.userId).toBe(user.id);
      await test.services.auth.refresh(next);
      return answer;
    },
    'works after the access token has expired, which is sent along': async ({ call, given, test }) => {
      const signedIn = await given.account();
      test.clock.advance(DAY_SECONDS);
      return call({ refreshToken: signedIn.refreshToken }, { as: signedIn });
    },
  },

  REFRESH_TOKEN_INVALID: {
    'for an expired token': async ({ call, given, test }) => {
      const { refreshToken } = await given.account();
      test.clock.advance(7 * DAY_SECONDS);
      return call({ refreshToken });
    },
    'for what is no token': ({ call }) => call({ refreshToken: 'not a token' }),
    'for an access token': async ({ call, given }) =>
      call({ refreshToken: (await given.account()).accessToken }),
    'for a token with another signature': async ({ call, test }) =>
      call({ refreshToken: await sign(test, { secret: 'another key of thirty-two letters' }) }),
    'for a token of another issuer': async ({ call, test }) =>
      call({ refreshToken: await sign(test, { issuer: 'somebody' }) }),
    'for a token for another audience': async ({ call, test }) =>
      call({ refreshToken: await sign(test, { audience: 'versbottomlex-api' }) }),
    'for a token of another kind': async ({ call, test }) =>
      call({ refreshToken: await sign(test, { typ: 'at+jwt' }) }),
  },

  REFRESH_TOKEN_REUSED: {
    'for a spent token, whose whole session ends': async ({ call, given, test }) => {
      const { refreshToken } = await given.account();
      const next = await test.services.auth.refresh({ refreshToken });
      const answer = await call({ refreshToken });
      await expect(test.services.auth.refresh(next)).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
      await expect(test.services.auth.authenticate(next.accessToken)).rejects.toMatchObject({
        code: 'SESSION_REVOKED',
      });
      return answer;
    },
  },

  SESSION_REVOKED: {
    'after a logout': async ({ call, given, test }) => {
      const { accessToken, refreshToken } = await given.account();
      const identity = await test.services.auth.authenticateAfresh(accessToken);
      await test.services.auth.logout(identity, { scope: 'session' });
      return call({ refreshToken });
    },
    'after the account is deleted': async ({ call, given }) => {
      const signedIn = await given.account();
      await given.deleted(signedIn);
      return call({ refreshToken: signedIn.refreshToken });
    },
    'for a suspended account': async ({ call, given }) =>
      call({ refreshToken: (await given.suspended()).refreshToken }),
    'for a token of a session that never was': async ({ call, test }) =>
      call({ refreshToken: await sign(test, {}) }),
  },

  CSRF_TOKEN_INVALID: {
    'for a cookie alone': async ({ call, given }) =>
      call(undefined, { headers: await inCookie(given, { origin: ORIGIN }) }),
  },

  ORIGIN_NOT_ALLOWED: {
    'for a cookie from the page of another site': async ({ call, given }) =>
      call(undefined, { headers: await inCookie(given, { origin: 'https://evil.example' }) }),
    'for a cookie from nowhere': async ({ call, given }) =>
      call(undefined, { headers: await inCookie(given, {}) }),
  },

  VALIDATION_FAILED: {
    'for nothing at all': ({ call }) => call({}),
    ...invalidFields(async () => ({ input: { refreshToken: 'a token' } }), {
      refreshToken: ['', 'a'.repeat(4097), 5, null, ['a token']],
      scope: ['everywhere'],
    }),
  },
});
