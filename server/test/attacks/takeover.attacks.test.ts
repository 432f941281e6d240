import type { SignedIn } from '@versbottomlex/shared';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthenticator } from '../authenticator.js';
import { createFactories, type Factories, PASSWORD, SITE } from '../factories.js';
import { createTestApp, type TestApp } from '../harness.js';
import { outcomeOf, tally } from '../outcome.js';

const newPassword = 'another passphrase of the tests';
const client = { address: '127.0.0.1', userAgent: undefined };

let test: TestApp;
let given: Factories;
beforeAll(async () => {
  test = await createTestApp({ environment: { RATE_LIMIT_PASSWORDS_PER_HOUR: '5' } });
  given = createFactories(test);
});
afterAll(() => test.close());

const post = async (path: string, payload: unknown, { accessToken }: Pick<SignedIn, 'accessToken'>) => {
  const answer = await test.app.inject({
    method: 'POST',
    url: `/api/auth/${path}`,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${accessToken}` },
    payload: JSON.stringify(payload),
  });
  return { status: answer.statusCode, body: answer.json() };
};

const identityOf = ({ accessToken }: SignedIn) => test.services.auth.authenticateAfresh(accessToken);
const passkeyLogin = async (authenticator: ReturnType<typeof createAuthenticator>) => {
  const credential = authenticator.get(await given.passkeyLogin());
  return outcomeOf(test.services.passkeys.login({ credential }, client));
};

describe('a thief with a session', () => {
  it('guesses the password no more often by one procedure than by another', async () => {
    const owner = await given.account();
    const guesses = ['change-password', 'email-change', 'second-factor', 'passkeys/begin', 'passkeys/begin'];
    const inputs: Record<string, object> = {
      'change-password': { newPassword },
      'email-change': { newEmail: 'thief@reader.test' },
    };
    const guess = (path: string) => post(path, { currentPassword: 'a guess', ...inputs[path] }, owner);
    for (const path of guesses) expect([path, (await guess(path)).status]).toEqual([path, 401]);
    for (const path of guesses) expect([path, (await guess(path)).status]).toEqual([path, 429]);
  });

  it('and the password leaves no passkey in an account with a second factor', async () => {
    const owner = await given.account();
    const { recoveryCode } = await given.secondFactor(owner);
    const begin = (code?: string) => post('passkeys/begin', { currentPassword: PASSWORD, code }, owner);
    expect((await begin()).body.code).toBe('SECOND_FACTOR_REQUIRED');
    expect((await begin('000000')).body.code).toBe('SECOND_FACTOR_INVALID');
    expect((await begin(recoveryCode)).status).toBe(200);
    expect((await begin(recoveryCode)).body.code).toBe('SECOND_FACTOR_INVALID');
  });

  it('and the password takes no account with a second factor away from its address', async () => {
    const owner = await given.account();
    await given.secondFactor(owner);
    const change = { newEmail: 'thief@reader.test', currentPassword: PASSWORD };
    expect((await post('email-change', change, owner)).body.code).toBe('SECOND_FACTOR_REQUIRED');
  });

  it('adds no passkey once that session has ended, however late the check was', async () => {
    const owner = await given.account();
    const identity = await identityOf(owner);
    const credential = await given.newPasskey(owner);
    await test.services.auth.logout(identity, { scope: 'everywhere' });
    const add = test.services.passkeys.add(identity, { name: 'Laptop', credential });
    expect(await outcomeOf(add)).toBe('SESSION_REVOKED');
  });
});

describe('a passkey of somebody else', () => {
  it('is gone with a reset of the password, which is what the owner of an address can do', async () => {
    const theirs = await given.account({ email: 'mine@reader.test' });
    const { authenticator } = await given.passkey(theirs);
    expect(await passkeyLogin(authenticator)).toBe('ok');
    const token = await given.mailedToken(theirs, 'password_reset');
    await test.services.recovery.resetPassword({ token, newPassword });
    expect(await passkeyLogin(authenticator)).toBe('INVALID_CREDENTIALS');
  });

  it('is told to the owner by mail, and its end too', async () => {
    const owner = await given.account();
    const { passkey } = await given.passkey(owner);
    await test.outbox.mailTo(owner.user.email, 'Your account has a new passkey');
    await test.services.passkeys.remove(await identityOf(owner), passkey.id);
    await test.outbox.mailTo(owner.user.email, 'A passkey of your account was removed');
  });

  it.each([
    ['an id', { idBytes: 1200 }],
    ['a key', { keyBytes: 4000 }],
  ])(
    'with %s larger than authenticators make is refused, as any other that is no good',
    async (_name, sizes) => {
      const owner = await given.account();
      const identity = await identityOf(owner);
      const { options } = await test.services.passkeys.beginAdding(identity, { currentPassword: PASSWORD });
      const credential = createAuthenticator(SITE, sizes).create(options);
      const answer = await post('passkeys', { name: 'Laptop', credential }, owner);
      expect([answer.status, answer.body.code]).toEqual([422, 'VALIDATION_FAILED']);
    },
  );
});

describe('a second factor of somebody else', () => {
  it('keeps the owner out until the operator removes it, which is noted and ends every session', async () => {
    const theirs = await given.account({ email: 'squatted@reader.test' });
    await given.secondFactor(theirs);
    const token = await given.mailedToken(theirs, 'password_reset');
    await test.services.recovery.resetPassword({ token, newPassword });
    const { id, email } = theirs.user;
    const login = () => outcomeOf(test.services.auth.login({ email, password: newPassword }, client));
    expect(await login()).toBe('SECOND_FACTOR_REQUIRED');
    const { administration } = test.services;
    await administration.clearSecondFactor(id);
    expect(await outcomeOf(administration.clearSecondFactor(id))).toBe('SECOND_FACTOR_NOT_SET_UP');
    expect(await login()).toBe('ok');
    const { items } = await administration.listAuditLog({ subjectId: id, limit: 20 });
    expect(items.map(({ action, actor }) => [action, actor])).toContainEqual(['second_factor_removed', null]);
  });
});

describe('the last admins', () => {
  it('do not delete one another at the same moment', async () => {
    const [one, other] = [await given.admin(), await given.admin()];
    const [first, second] = [await identityOf(one), await identityOf(other)];
    const { users } = test.services;
    const outcomes = await tally([users.delete(first, other.user.id), users.delete(second, one.user.id)]);
    expect(outcomes).toEqual({ ok: 1, LAST_ADMIN: 1 });
  });
});
