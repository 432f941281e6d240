import { sessions, users } from '@versbottomlex/database';
import type { SignedIn } from '@versbottomlex/shared';
import { and, eq, isNull } from 'drizzle-orm';
import { afterAll, describe, expect, it } from 'vitest';
import { createFactories, PASSWORD } from '../../test/factories.js';
import { outcomeOf } from '../../test/outcome.js';
import { scaled } from '../../test/scale.js';
import { openSecondNode } from '../../test/second-node.js';
import { createTestServices } from '../../test/services.js';
import { createAuthenticator } from './authenticator.js';
import { createTokens } from './tokens.js';

const platform = await createTestServices();
const second = openSecondNode(platform);
const { services, database, clock, bus, logger } = platform;
const { auth } = services;
const factories = createFactories(platform);
afterAll(async () => {
  await second.close();
  await platform.close();
});

const authenticate = (by: SignedIn) => outcomeOf(auth.authenticate(by.accessToken));
const authenticateElsewhere = (by: SignedIn) => outcomeOf(second.services.auth.authenticate(by.accessToken));
const logOut = async (by: SignedIn, scope: 'everywhere' | 'session') =>
  auth.logout(await auth.authenticate(by.accessToken), { scope });
const openSessions = (by: SignedIn) =>
  database.client.$count(sessions, and(eq(sessions.userId, by.user.id), isNull(sessions.revokedAt)));

describe('logout', () => {
  it('of one session ends its tokens and no others', async () => {
    const here = await factories.account();
    const elsewhere = await factories.login(here);
    await authenticate(elsewhere);
    expect(await logOut(here, 'session')).toEqual({ scope: 'session' });
    expect([await authenticate(here), await outcomeOf(auth.refresh(here))]).toEqual([
      'SESSION_REVOKED',
      'SESSION_REVOKED',
    ]);
    expect([await authenticate(elsewhere), await outcomeOf(auth.refresh(elsewhere))]).toEqual(['ok', 'ok']);
  });

  it('everywhere ends every token of the account, and of no other account', async () => {
    const [here, stranger] = [await factories.account(), await factories.account()];
    const elsewhere = await factories.login(here);
    const rotated = { ...elsewhere, ...(await auth.refresh(elsewhere)) };
    for (const by of [elsewhere, rotated]) await authenticate(by);
    expect(await logOut(here, 'everywhere')).toEqual({ scope: 'everywhere' });
    for (const by of [here, elsewhere, rotated]) {
      expect([await authenticate(by), await outcomeOf(auth.refresh(by))]).toEqual([
        'SESSION_REVOKED',
        'SESSION_REVOKED',
      ]);
    }
    expect(await openSessions(here)).toBe(0);
    expect(await authenticate(await factories.login(here))).toBe('ok');
    expect([await authenticate(stranger), await outcomeOf(auth.refresh(stranger))]).toEqual(['ok', 'ok']);
  });

  it('can be repeated by whoever was let in before', async () => {
    const account = await factories.account();
    const identity = await auth.authenticate(account.accessToken);
    for (const scope of ['session', 'session', 'everywhere', 'everywhere'] as const) {
      expect(await auth.logout(identity, { scope })).toEqual({ scope });
    }
  });

  it('everywhere, racing logins, leaves no session open whose token is dead', async () => {
    for (let round = 0; round < scaled({ quick: 20, full: 1000 }); round += 1) {
      const account = await factories.account();
      const [loggedIn] = await Promise.all([
        Promise.all([1, 2, 3].map(() => factories.login(account))),
        logOut(account, 'everywhere'),
      ]);
      const outcomes = await Promise.all(loggedIn.map(authenticate));
      expect(await openSessions(account)).toBe(outcomes.filter((outcome) => outcome === 'ok').length);
    }
  });
});

describe('a revocation', () => {
  it('is noticed at once in its own process, and within 5 s where nothing told of it', async () => {
    const [session, everywhere] = [await factories.account(), await factories.account()];
    for (const by of [session, everywhere]) {
      expect([await authenticate(by), await authenticateElsewhere(by)]).toEqual(['ok', 'ok']);
    }
    clock.advance(1);
    await logOut(session, 'session');
    await logOut(everywhere, 'everywhere');
    clock.advance(3.999);
    for (const by of [session, everywhere]) {
      expect([await authenticate(by), await authenticateElsewhere(by)]).toEqual(['SESSION_REVOKED', 'ok']);
    }
    clock.advance(0.001);
    for (const by of [session, everywhere]) expect(await authenticateElsewhere(by)).toBe('SESSION_REVOKED');
  });

  it('is noticed at once everywhere where it is asked for afresh, and remembered from there', async () => {
    const account = await factories.account();
    await authenticateElsewhere(account);
    await logOut(account, 'session');
    const afresh = outcomeOf(second.services.auth.authenticateAfresh(account.accessToken));
    expect(await afresh).toBe('SESSION_REVOKED');
    expect(await authenticateElsewhere(account)).toBe('SESSION_REVOKED');
  });

  it.each([
    ['suspension', { suspendedAt: '2026-01-02T03:04:05.678Z' }, 'ACCOUNT_SUSPENDED'],
    ['raised token version', { tokenVersion: 1 }, 'SESSION_REVOKED'],
  ])('by a %s is noticed within 5 s', async (_name, change, expected) => {
    const account = await factories.account();
    expect(await authenticate(account)).toBe('ok');
    await database.client.update(users).set(change).where(eq(users.id, account.user.id));
    clock.advance(4.999);
    expect(await authenticate(account)).toBe('ok');
    clock.advance(0.001);
    expect(await authenticate(account)).toBe(expected);
    expect(await outcomeOf(auth.refresh(account))).not.toBe('ok');
  });

  it('keeps a suspended account from refreshing, without ending its session', async () => {
    const account = await factories.suspended();
    expect(await outcomeOf(auth.refresh(account))).not.toBe('ok');
    expect(await openSessions(account)).toBe(1);
    const reinstated = database.client.update(users).set({ suspendedAt: null });
    await reinstated.where(eq(users.id, account.user.id));
    expect(await outcomeOf(auth.refresh(account))).toBe('ok');
  });

  it('takes a deleted account’s tokens with it', async () => {
    const account = await factories.account();
    const identity = await auth.authenticate(account.accessToken);
    await factories.deleted(account);
    expect(await authenticate(account)).toBe('SESSION_REVOKED');
    expect(await outcomeOf(auth.authenticateAfresh(account.accessToken))).toBe('SESSION_REVOKED');
    expect(await outcomeOf(auth.refresh(account))).toBe('SESSION_REVOKED');
    expect(await outcomeOf(auth.me(identity))).toBe('SESSION_REVOKED');
  });
});

describe('what is remembered of an identity', () => {
  const tokens = createTokens({ secrets: platform.config.secrets, clock });

  it('is read once for calls of one session at the same time', async () => {
    let reads = 0;
    const counting: typeof database = {
      ...database,
      run: (start) => {
        reads += 1;
        return database.run(start);
      },
    };
    const authenticator = createAuthenticator({ database: counting, bus, clock, logger, tokens });
    const account = await factories.account();
    await Promise.all(Array.from({ length: 50 }, () => authenticator.authenticate(account.accessToken)));
    expect(reads).toBe(1);
  });

  it('is not a failure to read it', async () => {
    let isAway = true;
    const flaky: typeof database = {
      ...database,
      run: (start) => (isAway ? Promise.reject(new Error('away')) : database.run(start)),
    };
    const authenticator = createAuthenticator({ database: flaky, bus, clock, logger, tokens });
    const account = await factories.account();
    await expect(authenticator.authenticate(account.accessToken)).rejects.toThrow('away');
    isAway = false;
    expect(await outcomeOf(authenticator.authenticate(account.accessToken))).toBe('ok');
  });

  it('is not what was read before a revocation and arrived after it', async () => {
    let hasRead = false;
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow: typeof database = {
      ...database,
      run: async (start) => {
        const result = await database.run(start);
        hasRead = true;
        await held;
        return result;
      },
    };
    const authenticator = createAuthenticator({ database: slow, bus, clock, logger, tokens });
    const account = await factories.account();
    const first = outcomeOf(authenticator.authenticate(account.accessToken));
    await expect.poll(() => hasRead).toBe(true);
    await logOut(account, 'session');
    release();
    await first;
    expect(await outcomeOf(authenticator.authenticate(account.accessToken))).toBe('SESSION_REVOKED');
  });

  it('says who it is: role, verification and when the password was given', async () => {
    const performer = await factories.performer();
    const identity = await auth.authenticateAfresh(performer.accessToken);
    expect(identity).toMatchObject({
      userId: performer.user.id,
      role: 'performer',
      isVerified: true,
      tokenVersion: 0,
      signedInAt: clock.now().toISOString(),
    });
    const again = await auth.login(
      { email: performer.user.email, password: PASSWORD },
      { address: '127.0.0.1', userAgent: undefined },
    );
    expect((await auth.authenticate(again.accessToken)).sessionId).not.toBe(identity.sessionId);
  });
});
