import { sessions, users } from '@versbottomlex/database';
import type { SignedIn, TokenPair } from '@versbottomlex/shared';
import { and, eq, isNull } from 'drizzle-orm';
import { decodeJwt } from 'jose';
import { afterAll, describe, expect, it } from 'vitest';
import { createFactories, PASSWORD } from '../../test/factories.js';
import { failureOf, outcomeOf, tally } from '../../test/outcome.js';
import { scaled } from '../../test/scale.js';
import { createTestServices } from '../../test/services.js';

const platform = await createTestServices();
const { services, database, clock } = platform;
const { auth } = services;
const factories = createFactories(platform);
afterAll(platform.close);

const NEW_PASSWORD = 'quite another passphrase';

const change = async (by: SignedIn, newPassword = NEW_PASSWORD, currentPassword = PASSWORD) =>
  auth.changePassword(await auth.authenticateAfresh(by.accessToken), { currentPassword, newPassword });
const login = (by: SignedIn, password: string) =>
  auth.login({ email: by.user.email, password }, { address: '127.0.0.1', userAgent: 'tests' });
const useBoth = async (pair: TokenPair) => [
  await outcomeOf(auth.authenticateAfresh(pair.accessToken)),
  await outcomeOf(auth.refresh(pair)),
];
const openSessionIds = async (by: SignedIn): Promise<string[]> => {
  const isOpen = and(eq(sessions.userId, by.user.id), isNull(sessions.revokedAt));
  return (await database.client.select().from(sessions).where(isOpen)).map((session) => session.id);
};

describe('changePassword', () => {
  it('kills every older token of every session, and keeps this session with the new pair', async () => {
    const here = await factories.account();
    const elsewhere = await factories.login(here);
    const rotated = await auth.refresh(elsewhere);
    for (const pair of [here, rotated]) await auth.authenticate(pair.accessToken);
    clock.advance(1);

    const kept = await change(here);
    for (const pair of [here, rotated]) {
      expect(await outcomeOf(auth.authenticate(pair.accessToken))).toBe('SESSION_REVOKED');
      expect(await useBoth(pair)).toEqual(['SESSION_REVOKED', 'SESSION_REVOKED']);
    }
    expect(await outcomeOf(auth.refresh(elsewhere))).toBe('SESSION_REVOKED');
    expect(await useBoth(kept)).toEqual(['ok', 'ok']);
    expect(decodeJwt(kept.accessToken).sid).toBe(decodeJwt(here.accessToken).sid);
    expect(await openSessionIds(here)).toEqual([decodeJwt(here.accessToken).sid]);
    const reasons = await database.client.select().from(sessions).where(eq(sessions.userId, here.user.id));
    expect(new Set(reasons.map((session) => session.revokedReason))).toEqual(
      new Set([null, 'password_changed']),
    );
  });

  it('makes the new password the only one, and counts as giving it', async () => {
    const account = await factories.account();
    clock.advance(600);
    const kept = await change(account);
    expect(await outcomeOf(login(account, PASSWORD))).toBe('INVALID_CREDENTIALS');
    expect(await outcomeOf(login(account, NEW_PASSWORD))).toBe('ok');
    const { signedInAt } = await auth.authenticate(kept.accessToken);
    expect(signedInAt).toBe(clock.now().toISOString());
  });

  it('changes nothing without the current password, or for one that is too common', async () => {
    const account = await factories.account();
    expect(await outcomeOf(change(account, NEW_PASSWORD, 'not my passphrase'))).toBe('INVALID_CREDENTIALS');
    for (const common of ['password1', account.user.username, account.user.email.toUpperCase()]) {
      const error = await failureOf(change(account, common));
      expect([error.code, error.errors?.[0]?.path], common).toEqual(['VALIDATION_FAILED', 'newPassword']);
    }
    expect(await useBoth(account)).toEqual(['ok', 'ok']);
    expect(await outcomeOf(login(account, PASSWORD))).toBe('ok');
  });

  it('changes nothing for a session that has ended but is still remembered here', async () => {
    const account = await factories.account();
    const identity = await auth.authenticate(account.accessToken);
    await auth.logout(identity, { scope: 'session' });
    const call = auth.changePassword(identity, { currentPassword: PASSWORD, newPassword: NEW_PASSWORD });
    expect(await outcomeOf(call)).toBe('SESSION_REVOKED');
    expect(await outcomeOf(login(account, PASSWORD))).toBe('ok');
  });

  it('is done once when 10 ask for it at the same time', async () => {
    const account = await factories.account();
    const identity = await auth.authenticate(account.accessToken);
    const passwords = Array.from({ length: 10 }, (_, index) => `passphrase number ${index}`);
    const calls = passwords.map((newPassword) =>
      auth.changePassword(identity, { currentPassword: PASSWORD, newPassword }),
    );
    expect((await tally(calls)).ok).toBe(1);
    const logins = await tally(passwords.map((password) => login(account, password)));
    expect(logins).toEqual({ ok: 1, INVALID_CREDENTIALS: 9 });
  });

  it('for a deleted account says that the session has ended', async () => {
    const account = await factories.account();
    const identity = await auth.authenticate(account.accessToken);
    await factories.deleted(account);
    const call = auth.changePassword(identity, { currentPassword: PASSWORD, newPassword: NEW_PASSWORD });
    expect(['SESSION_REVOKED', 'INVALID_CREDENTIALS']).toContain(await outcomeOf(call));
    const [row] = await database.client.select().from(users).where(eq(users.id, account.user.id));
    expect(row?.passwordHash).toBeNull();
  });
});

describe('logins with the old password and refreshes, racing the change', () => {
  it('leave no token that is good and no session that is open but the one that is kept', async () => {
    for (let round = 0; round < scaled({ quick: 20, full: 1000 }); round += 1) {
      const account = await factories.account();
      const other = await factories.login(account);
      const racing = [
        ...Array.from({ length: 3 }, () => login(account, PASSWORD)),
        auth.refresh(account),
        auth.refresh(other),
      ];
      const [kept, ...raced] = await Promise.allSettled([change(account), ...racing]);
      if (kept.status === 'rejected') throw kept.reason;
      for (const result of raced) {
        if (result.status === 'rejected') continue;
        expect(await useBoth(result.value)).toEqual(['SESSION_REVOKED', 'SESSION_REVOKED']);
      }
      expect(await openSessionIds(account)).toEqual([decodeJwt(account.accessToken).sid]);
      expect(await useBoth(kept.value)).toEqual(['ok', 'ok']);
    }
  });
});
