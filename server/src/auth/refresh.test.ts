import { sessions } from '@versbottomlex/database';
import type { TokenPair } from '@versbottomlex/shared';
import { eq } from 'drizzle-orm';
import fc from 'fast-check';
import { decodeJwt } from 'jose';
import { afterAll, describe, expect, it } from 'vitest';
import { createFactories } from '../../test/factories.js';
import { outcomeOf, tally } from '../../test/outcome.js';
import { scaled } from '../../test/scale.js';
import { openSecondNode } from '../../test/second-node.js';
import { createTestServices } from '../../test/services.js';
import type { AuthService } from './auth.service.js';
import { createRefresh } from './refresh.js';
import { createTokens } from './tokens.js';

const platform = await createTestServices();
const second = openSecondNode(platform);
const { services, database, clock } = platform;
const { auth } = services;
const factories = createFactories(platform);
afterAll(async () => {
  await second.close();
  await platform.close();
});

const DAY_SECONDS = 86_400;
const nodes: AuthService[] = [auth, second.services.auth];

const sessionOf = async (pair: TokenPair) => {
  const id = String(decodeJwt(pair.refreshToken).sid);
  const [session] = await database.client.select().from(sessions).where(eq(sessions.id, id));
  return session ?? expect.fail('the session has no row');
};

describe('refresh', () => {
  it('answers a new pair of the same session, whose access token is good', async () => {
    const before = await factories.account();
    clock.advance(1);
    const after = await auth.refresh(before);
    expect(after.refreshToken).not.toBe(before.refreshToken);
    const identity = await auth.authenticate(after.accessToken);
    expect(identity).toMatchObject({ userId: before.user.id, sessionId: decodeJwt(before.accessToken).sid });
    expect(await sessionOf(after)).toMatchObject({
      refreshTokenId: decodeJwt(after.refreshToken).jti,
      lastUsedAt: clock.now().toISOString(),
    });
  });

  it('moves the session on by 7 days each time, up to 30 days after the login', async () => {
    const signedIn = await factories.account();
    const loginMs = clock.now().getTime();
    let pair: TokenPair = signedIn;
    const daysLeft: number[] = [];
    for (let day = 6; day <= 30; day += 6) {
      clock.advance(6 * DAY_SECONDS - (day === 30 ? 1 : 0));
      pair = await auth.refresh(pair);
      const { expiresAt } = await sessionOf(pair);
      expect(decodeJwt(pair.refreshToken).exp).toBe(Math.floor(Date.parse(expiresAt) / 1000));
      daysLeft.push((Date.parse(expiresAt) - loginMs) / 1000 / DAY_SECONDS);
    }
    expect(daysLeft).toEqual([13, 19, 25, 30, 30]);
    clock.advance(1);
    expect(await outcomeOf(auth.refresh(pair))).toBe('REFRESH_TOKEN_INVALID');
  });

  it('gives no access token that outlives the session', async () => {
    let pair: TokenPair = await factories.account();
    const endsAt = Date.parse((await sessionOf(pair)).absoluteExpiresAt);
    for (let day = 6; day <= 24; day += 6) {
      clock.advance(6 * DAY_SECONDS);
      pair = await auth.refresh(pair);
    }
    clock.advance((endsAt - clock.now().getTime()) / 1000 - 60);
    pair = await auth.refresh(pair);
    expect(pair.expiresInSeconds).toBe(60);
    clock.advance(59);
    expect(await outcomeOf(auth.authenticate(pair.accessToken))).toBe('ok');
    clock.advance(1);
    expect(await outcomeOf(auth.authenticate(pair.accessToken))).toBe('ACCESS_TOKEN_EXPIRED');
  });

  it('is too late after 7 days, to the second', async () => {
    const [early, late] = [await factories.account(), await factories.account()];
    clock.advance(7 * DAY_SECONDS - 1);
    expect(await outcomeOf(auth.refresh(early))).toBe('ok');
    clock.advance(1);
    expect(await outcomeOf(auth.refresh(late))).toBe('REFRESH_TOKEN_INVALID');
    expect((await sessionOf(late)).revokedAt).toBeNull();
  });

  it('ends the whole session when a token comes back that was spent', async () => {
    const first = await factories.account();
    const elsewhere = await factories.login(first);
    const latest = await auth.refresh(await auth.refresh(first));
    await auth.authenticate(latest.accessToken);

    expect(await outcomeOf(auth.refresh(first))).toBe('REFRESH_TOKEN_REUSED');
    expect(await sessionOf(latest)).toMatchObject({
      revokedAt: clock.now().toISOString(),
      revokedReason: 'refresh_token_reused',
    });
    expect(await outcomeOf(auth.authenticate(latest.accessToken))).toBe('SESSION_REVOKED');
    for (const pair of [first, latest]) expect(await outcomeOf(auth.refresh(pair))).toBe('SESSION_REVOKED');
    expect(await outcomeOf(auth.refresh(elsewhere))).toBe('ok');
  });

  it('is one rotation for all calls with one token that are under way together in this process', async () => {
    const before = await factories.account();
    const pairs = await Promise.all(Array.from({ length: 500 }, () => auth.refresh(before)));
    expect(new Set(pairs.map((pair) => pair.refreshToken)).size).toBe(1);
    expect((await sessionOf(before)).revokedAt).toBeNull();
    expect(await outcomeOf(auth.refresh(pairs[0] ?? expect.fail()))).toBe('ok');
  });

  it('is one rotation also for a call whose token takes longer to verify than the other call in all', async () => {
    const tokens = createTokens({ secrets: platform.config.secrets, clock });
    let verifications = 0;
    const verifyRefresh: typeof tokens.verifyRefresh = async (token) => {
      verifications += 1;
      if (verifications > 1) await first;
      return tokens.verifyRefresh(token);
    };
    const deps = { ...platform, limits: services.limits };
    const slow = createRefresh({ ...deps, tokens: { ...tokens, verifyRefresh } });
    const before = await factories.account();
    const first = slow(before);
    const late = slow(before);
    expect(await late).toEqual(await first);
    expect((await sessionOf(before)).revokedAt).toBeNull();
  });

  it('says the same to all that are under way together with a token that is no good', async () => {
    const before = await factories.account();
    await auth.refresh(before);
    expect(await tally([auth.refresh(before), auth.refresh(before)])).toEqual({ REFRESH_TOKEN_REUSED: 2 });
  });
});

describe('refreshes in one process', () => {
  it('of one token at once leave exactly one live descendant, and the next time the token ends it', async () => {
    const property = fc.asyncProperty(fc.integer({ min: 2, max: 20 }), async (count) => {
      const before = await factories.account();
      const pairs = await Promise.all(Array.from({ length: count }, () => auth.refresh(before)));
      const descendants = new Set(pairs.map((pair) => decodeJwt(pair.refreshToken).jti));
      expect([...descendants]).toEqual([(await sessionOf(before)).refreshTokenId]);

      const pair = pairs.at(-1) ?? expect.fail();
      expect(await outcomeOf(auth.authenticateAfresh(pair.accessToken))).toBe('ok');
      expect(await outcomeOf(auth.refresh(before))).toBe('REFRESH_TOKEN_REUSED');
      expect(await outcomeOf(auth.authenticate(pair.accessToken))).toBe('SESSION_REVOKED');
      expect(await outcomeOf(auth.refresh(pair))).toBe('SESSION_REVOKED');
    });
    await fc.assert(property, { numRuns: scaled({ quick: 150, full: 10_000 }), seed: 20_260_101 });
  });
});

describe('refreshes over two processes', () => {
  it('one wins, or the session ends: there are never two live descendants of a token', async () => {
    const race = fc.array(fc.nat(1), { minLength: 2, maxLength: 20 });
    const property = fc.asyncProperty(race, async (places) => {
      const before = await factories.account();
      const results = await Promise.allSettled(places.map((place) => nodes[place]?.refresh(before)));
      const won = results.filter((result) => result.status === 'fulfilled').map((result) => result.value);
      expect(new Set(won.map((pair) => pair?.refreshToken)).size).toBe(1);

      const session = await sessionOf(before);
      const pair = won[0] ?? expect.fail();
      if (session.revokedAt === null) {
        expect(session.refreshTokenId).toBe(decodeJwt(pair.refreshToken).jti);
        expect(await outcomeOf(auth.authenticateAfresh(pair.accessToken))).toBe('ok');
      } else {
        expect(await outcomeOf(auth.refresh(pair))).toBe('SESSION_REVOKED');
        expect(await outcomeOf(auth.authenticateAfresh(pair.accessToken))).toBe('SESSION_REVOKED');
      }
      expect(await tally([auth.refresh(before)])).not.toHaveProperty('ok');
    });
    await fc.assert(property, { numRuns: scaled({ quick: 150, full: 10_000 }), seed: 20_260_102 });
  });

  it('whatever is presented in whatever order, only the latest token of a session that goes on is good', async () => {
    const step = fc.record({ node: fc.nat(1), age: fc.nat(3) });
    const property = fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 10 }), async (steps) => {
      const pairs: TokenPair[] = [await factories.account()];
      let isGood = true;
      for (const { node, age } of steps) {
        const presented = pairs.at(-1 - Math.min(age, pairs.length - 1)) ?? expect.fail();
        const isLatest = presented === pairs.at(-1);
        const call = (nodes[node] ?? auth).refresh(presented);
        const expected = !isGood ? 'SESSION_REVOKED' : isLatest ? 'ok' : 'REFRESH_TOKEN_REUSED';
        expect(await outcomeOf(call)).toBe(expected);
        if (expected === 'ok') pairs.push(await call);
        if (expected === 'REFRESH_TOKEN_REUSED') isGood = false;
      }
    });
    await fc.assert(property, { numRuns: scaled({ quick: 30, full: 1000 }), seed: 20_260_103 });
  });
});
