import { sessions, users } from '@versbottomlex/database';
import { LoginInput } from '@versbottomlex/shared';
import { and, eq, isNull } from 'drizzle-orm';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createFactories, PASSWORD } from '../../test/factories.js';
import { failureOf, outcomeOf } from '../../test/outcome.js';
import { createTestServices, fakePasswords } from '../../test/services.js';
import type { PasswordHasher } from '../platform/password-hasher.js';

/** Counts verifications, and can hold the next one back once it is done. */
const verified: (string | undefined)[] = [];
let afterVerification = async (): Promise<void> => {};
const passwords: PasswordHasher = {
  ...fakePasswords,
  verify: async (hash, password) => {
    verified.push(hash);
    const isRight = await fakePasswords.verify(hash, password);
    const wait = afterVerification;
    afterVerification = async () => {};
    await wait();
    return isRight;
  },
};

const platform = await createTestServices({ passwords });
const { services, database, clock } = platform;
const factories = createFactories(platform);
afterAll(platform.close);
beforeEach(() => {
  verified.length = 0;
});

const login = (by: Omit<LoginInput, 'password'>, password = PASSWORD) =>
  services.auth.login({ ...by, password }, { address: '127.0.0.1', userAgent: 'tests' });
const openSessions = (userId: string) =>
  database.client.$count(sessions, and(eq(sessions.userId, userId), isNull(sessions.revokedAt)));

describe('login', () => {
  it('takes the e-mail address or the username, in whatever case', async () => {
    const { user } = await factories.account();
    const ways = [
      { email: user.email },
      { email: user.email.toUpperCase() },
      { username: user.username },
      { username: user.username.toUpperCase() },
      { username: user.username.toLowerCase() },
    ];
    for (const by of ways) expect((await login(by)).user.id).toBe(user.id);
    expect(await openSessions(user.id)).toBe(1 + ways.length);
  });

  it('takes the same password from keyboards that compose letters differently', async () => {
    const { user } = await factories.account({ password: 'cafe\u0301 passphrase' });
    expect((await login({ email: user.email }, 'caf\u00e9 passphrase')).user.id).toBe(user.id);
  });

  it('notes when it was', async () => {
    const { user } = await factories.account();
    clock.advance(60);
    await login({ email: user.email });
    const [account] = await database.client.select().from(users).where(eq(users.id, user.id));
    expect(account?.lastLoginAt).toBe(clock.now().toISOString());
  });

  it('answers an unknown name and a wrong password alike, after one verification each', async () => {
    const { user } = await factories.account();
    const wrong = await failureOf(login({ email: user.email }, 'another passphrase'));
    const unknown = await failureOf(login({ email: 'nobody@example.com' }));
    expect(verified).toEqual([expect.any(String), undefined]);
    expect([unknown.code, unknown.message]).toEqual(['INVALID_CREDENTIALS', wrong.message]);
    expect(wrong.code).toBe('INVALID_CREDENTIALS');
    expect(await openSessions(user.id)).toBe(1);
  });

  it('takes neither an e-mail address as username nor the other way round', async () => {
    const { user } = await factories.account();
    expect(await outcomeOf(login({ username: user.email }))).toBe('INVALID_CREDENTIALS');
    expect(await outcomeOf(login({ email: user.username }))).toBe('INVALID_CREDENTIALS');
  });

  it('finds nobody by patterns and odd characters', async () => {
    await factories.account();
    for (const username of ['%', 'Person__', "' or 1=1 --", '\ud800', '👩', 'a'.repeat(254)]) {
      const input = LoginInput.parse({ username, password: PASSWORD });
      expect(
        await outcomeOf(services.auth.login(input, { address: '127.0.0.1', userAgent: 'tests' })),
        username,
      ).toBe('INVALID_CREDENTIALS');
    }
    // PostgreSQL stores no NUL in a text and would fail on one.
    expect(LoginInput.safeParse({ username: 'a\0b', password: PASSWORD }).success).toBe(false);
  });

  it('tells a suspended account so, and only after the right password', async () => {
    const { user } = await factories.suspended();
    expect(await outcomeOf(login({ email: user.email }, 'another passphrase'))).toBe('INVALID_CREDENTIALS');
    expect(await outcomeOf(login({ email: user.email }))).toBe('ACCOUNT_SUSPENDED');
    expect(await openSessions(user.id)).toBe(1);
  });

  it('knows a deleted account no more', async () => {
    const account = await factories.account();
    await factories.deleted(account);
    expect(await outcomeOf(login({ email: account.user.email }))).toBe('INVALID_CREDENTIALS');
    expect(await outcomeOf(login({ username: account.user.username }))).toBe('INVALID_CREDENTIALS');
  });

  it('opens no session with a password that was changed while it was verified', async () => {
    const { user, accessToken } = await factories.account();
    const identity = await services.auth.authenticate(accessToken);
    const input = { currentPassword: PASSWORD, newPassword: 'quite another passphrase' };
    afterVerification = async () => {
      await services.auth.changePassword(identity, input);
    };
    expect(await outcomeOf(login({ email: user.email }))).toBe('INVALID_CREDENTIALS');
    expect(await openSessions(user.id)).toBe(1);
    expect(await outcomeOf(login({ email: user.email }, input.newPassword))).toBe('ok');
  });

  it('opens no session of an account that was deleted while its password was verified', async () => {
    const account = await factories.account();
    afterVerification = () => factories.deleted(account);
    expect(await outcomeOf(login({ email: account.user.email }))).toBe('INVALID_CREDENTIALS');
    expect(await openSessions(account.user.id)).toBe(0);
  });

  it('opens no session of an account that was suspended while its password was verified', async () => {
    const { user } = await factories.account();
    const now = await openSessions(user.id);
    afterVerification = async () => {
      await database.client
        .update(users)
        .set({ suspendedAt: clock.now().toISOString() })
        .where(eq(users.id, user.id));
    };
    expect(await outcomeOf(login({ email: user.email }))).toBe('INVALID_CREDENTIALS');
    expect(await openSessions(user.id)).toBe(now);
    expect(await outcomeOf(login({ email: user.email }))).toBe('ACCOUNT_SUSPENDED');
  });
});
