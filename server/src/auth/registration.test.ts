import { sessions, users } from '@versbottomlex/database';
import { eq } from 'drizzle-orm';
import { afterAll, describe, expect, it } from 'vitest';
import { createFactories } from '../../test/factories.js';
import { failureOf, outcomeOf, tally } from '../../test/outcome.js';
import { createTestServices } from '../../test/services.js';

const platform = await createTestServices();
const { services, database, clock } = platform;
const factories = createFactories(platform);
afterAll(platform.close);

const inSomeCase = (text: string, round: number) =>
  [...text].map((letter, place) => ((place * 7 + round) % 3 ? letter : letter.toUpperCase())).join('');

describe('register', () => {
  it('makes a viewer with a first session, and signs it in', async () => {
    const input = factories.registration();
    const { user, accessToken } = await services.auth.register(input, {
      address: '127.0.0.1',
      userAgent: 'Firefox',
    });
    const { username, email } = input;
    expect(user).toMatchObject({
      username,
      email,
      displayName: username,
      bio: '',
      role: 'viewer',
      isVerified: false,
      isEmailVerified: false,
    });

    const [account] = await database.client.select().from(users).where(eq(users.id, user.id));
    expect(account).toMatchObject({ tokenVersion: 0, lastLoginAt: clock.now().toISOString() });
    expect(account?.passwordHash).not.toContain(input.password);
    const [session, ...others] = await database.client
      .select()
      .from(sessions)
      .where(eq(sessions.userId, user.id));
    expect(others).toEqual([]);
    expect(session).toMatchObject({
      userAgent: 'Firefox',
      authenticatedAt: clock.now().toISOString(),
      revokedAt: null,
    });
    const identity = await services.auth.authenticate(accessToken);
    expect(await services.auth.me(identity)).toEqual(user);
  });

  it('gives an e-mail address once when 20 ask for it at the same time, in whatever case', async () => {
    const email = 'wanted.by.many@example.com';
    const calls = Array.from({ length: 20 }, (_, round) =>
      services.auth.register(factories.registration({ email: inSomeCase(email, round) }), {
        address: '127.0.0.1',
        userAgent: undefined,
      }),
    );
    expect(await tally(calls)).toEqual({ ok: 1, EMAIL_TAKEN: 19 });
    const accounts = await database.client.select().from(users);
    expect(accounts.filter((account) => account.email?.toLowerCase() === email)).toHaveLength(1);
  });

  it('gives a username once when 20 ask for it at the same time, in whatever case', async () => {
    const calls = Array.from({ length: 20 }, (_, round) =>
      services.auth.register(factories.registration({ username: inSomeCase('wanted_name', round) }), {
        address: '127.0.0.1',
        userAgent: undefined,
      }),
    );
    expect(await tally(calls)).toEqual({ ok: 1, USERNAME_TAKEN: 19 });
    const accounts = await database.client.select().from(users);
    expect(accounts.filter((account) => account.username?.toLowerCase() === 'wanted_name')).toHaveLength(1);
    // Whoever was refused has no session either.
    expect(await database.client.$count(sessions)).toBe(accounts.length);
  });

  it('refuses the commonest passwords, the name and the e-mail address as passwords', async () => {
    const username = 'Longer_Name';
    const email = 'someone.particular@example.com';
    const refused = [
      'password1',
      'PassWord1',
      'longer_name',
      'someone.PARTICULAR',
      'Someone.particular@example.com',
    ];
    for (const password of refused) {
      const error = await failureOf(
        services.auth.register({ username, email, password }, { address: '127.0.0.1', userAgent: undefined }),
      );
      expect([error.code, error.errors?.[0]?.path], password).toEqual(['VALIDATION_FAILED', 'password']);
    }
    const password = 'longer_name and more';
    expect(
      await outcomeOf(
        services.auth.register({ username, email, password }, { address: '127.0.0.1', userAgent: undefined }),
      ),
    ).toBe('ok');
  });

  it('keeps 300 characters of a user agent, without what would break a page or a log', async () => {
    const userAgents = [`a\u0000b\nc\u001b[31m${'x'.repeat(400)}`, `${'y'.repeat(299)}👩`, '\ud800', ''];
    const stored: (string | null | undefined)[] = [];
    for (const userAgent of userAgents) {
      const { user } = await services.auth.register(factories.registration(), {
        address: '127.0.0.1',
        userAgent: userAgent,
      });
      const found = await database.client.select().from(sessions).where(eq(sessions.userId, user.id));
      stored.push(found[0]?.userAgent);
    }
    expect(stored).toEqual([`a b c [31m${'x'.repeat(290)}`, `${'y'.repeat(299)}\ufffd`, '\ufffd', '']);
  });

  it('logs that it happened, without anything personal', async () => {
    const { user, accessToken, refreshToken } = await factories.account();
    const lines = platform.logs.filter((line) => JSON.stringify(line).includes(user.id));
    expect(lines).toMatchObject([{ level: 'INFO', message: 'User registered', data: { userId: user.id } }]);
    const text = JSON.stringify(platform.logs);
    for (const secret of [user.email, user.username, accessToken, refreshToken])
      expect(text).not.toContain(secret);
  });
});
