import { sessions } from '@versbottomlex/database';
import type { SignedIn } from '@versbottomlex/shared';
import { and, eq, isNull, sql } from 'drizzle-orm';
import { afterAll, describe, expect, it } from 'vitest';
import { createFactories, PASSWORD } from '../../test/factories.js';
import { outcomeOf } from '../../test/outcome.js';
import { scaled } from '../../test/scale.js';
import { openSecondNode } from '../../test/second-node.js';
import { createTestServices } from '../../test/services.js';
import type { BusEvent } from '../platform/event-bus.js';

const platform = await createTestServices();
const second = openSecondNode(platform);
const { services, database, clock, bus } = platform;
const { auth } = services;
const factories = createFactories(platform);
const { sessionIdOf } = factories;
afterAll(async () => {
  await second.close();
  await platform.close();
});

const SESSIONS_MAX = 10;
const authenticate = (by: SignedIn) => outcomeOf(auth.authenticate(by.accessToken));
const list = async (by: SignedIn) =>
  (await services.sessions.list(await auth.authenticateAfresh(by.accessToken), { limit: 100 })).items;
const openSessions = ({ user }: SignedIn) =>
  database.client.$count(sessions, and(eq(sessions.userId, user.id), isNull(sessions.revokedAt)));
const loginsOf = async (by: SignedIn, count: number): Promise<SignedIn[]> => {
  const made: SignedIn[] = [];
  for (let login = 0; login < count; login += 1) {
    clock.advance(1);
    made.push(await factories.login(by));
  }
  return made;
};

describe('an eleventh login', () => {
  it('ends the session that was not used for the longest time, at once', async () => {
    const first = await factories.account();
    const others = await loginsOf(first, SESSIONS_MAX - 1);
    clock.advance(1);
    // The oldest login is the latest that was used.
    const renewed = { ...first, ...(await auth.refresh(first)) };
    for (const by of [renewed, ...others]) expect(await authenticate(by)).toBe('ok');
    const told: BusEvent[] = [];
    const stop = bus.subscribe((event) => told.push(event));
    const [eleventh] = await loginsOf(first, 1);
    stop();

    const [ended, ...kept] = others;
    const endedId = sessionIdOf(ended ?? expect.fail());
    expect(told).toEqual([{ type: 'sessionRevoked', userId: first.user.id, sessionId: endedId }]);
    expect(await authenticate(ended ?? expect.fail())).toBe('SESSION_REVOKED');
    expect(await outcomeOf(auth.refresh(ended ?? expect.fail()))).toBe('SESSION_REVOKED');
    for (const by of [renewed, ...kept, eleventh ?? expect.fail()]) expect(await authenticate(by)).toBe('ok');
    expect(await list(renewed)).toHaveLength(SESSIONS_MAX);
  });

  it('is as good as any when all are from the same moment, and is not the one that ends', async () => {
    const first = await factories.account();
    const logins: SignedIn[] = [];
    for (let count = 0; count < 15; count += 1) logins.push(await factories.login(first));
    const outcomes = await Promise.all([first, ...logins].map(authenticate));
    expect(outcomes).toEqual([...Array(6).fill('SESSION_REVOKED'), ...Array(10).fill('ok')]);
  });

  it('leaves ten, however many come at once and over which process', async () => {
    for (let round = 0; round < scaled({ quick: 5, full: 200 }); round += 1) {
      const account = await factories.account();
      const client = { address: '127.0.0.1', userAgent: 'tests' };
      const login = { email: account.user.email, password: PASSWORD };
      const logins = await Promise.all(
        Array.from({ length: 30 }, (_, place) =>
          (place % 2 === 0 ? auth : second.services.auth).login(login, client),
        ),
      );
      expect(await openSessions(account)).toBe(SESSIONS_MAX);
      const outcomes = await Promise.all(
        logins.map(({ accessToken }) => outcomeOf(auth.authenticateAfresh(accessToken))),
      );
      expect(outcomes.filter((outcome) => outcome === 'ok')).toHaveLength(SESSIONS_MAX);
    }
  });

  it('does not count sessions that were ended or ran out', async () => {
    const old = await factories.account();
    await loginsOf(old, 4);
    clock.advance(7 * 86_400);
    const logins = await loginsOf(old, SESSIONS_MAX);
    for (const by of logins) expect(await authenticate(by)).toBe('ok');
  });

  it('is no way to log somebody else out', async () => {
    const [victim, attacker] = [await factories.account(), await factories.account()];
    await loginsOf(attacker, 20);
    expect(await authenticate(victim)).toBe('ok');
  });
});

describe('when a session was last used', () => {
  const lastUsedAt = async (by: SignedIn) => {
    const [session] = await database.client
      .select()
      .from(sessions)
      .where(eq(sessions.id, sessionIdOf(by)));
    return session?.lastUsedAt;
  };

  /** Changes with every write to the row. */
  const rowVersion = async (by: SignedIn) => {
    const rows = await database.client.execute<{ xmin: string }>(
      sql`select xmin::text from sessions where id = ${sessionIdOf(by)}`,
    );
    return rows[0]?.xmin;
  };

  it('is known to within five minutes, whatever the call was', async () => {
    const account = await factories.account();
    const loginAt = clock.now().toISOString();
    clock.advance(5 * 60);
    expect(await authenticate(account)).toBe('ok');
    expect(await lastUsedAt(account)).toBe(loginAt);
    clock.advance(6);
    const usedAt = clock.now().toISOString();
    expect(await authenticate(account)).toBe('ok');
    await expect.poll(() => lastUsedAt(account)).toBe(usedAt);
  });

  it('is written once for any number of calls at the same time', async () => {
    const account = await factories.account();
    clock.advance(6 * 60);
    const callOften = () =>
      Promise.all(Array.from({ length: 50 }, () => auth.authenticateAfresh(account.accessToken)));
    await callOften();
    await expect.poll(() => lastUsedAt(account)).toBe(clock.now().toISOString());
    const version = await rowVersion(account);
    await callOften();
    expect(await rowVersion(account)).toBe(version);
  });

  it('is not changed by a token that is refused', async () => {
    const account = await factories.account();
    await auth.logout(await auth.authenticate(account.accessToken), { scope: 'session' });
    const usedAt = await lastUsedAt(account);
    clock.advance(6 * 60);
    expect(await authenticate(account)).toBe('SESSION_REVOKED');
    expect(await lastUsedAt(account)).toBe(usedAt);
  });
});
