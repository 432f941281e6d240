import { recoveryCodes, secondFactors } from '@versbottomlex/database';
import type { SignedIn } from '@versbottomlex/shared';
import { eq } from 'drizzle-orm';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { createFactories, PASSWORD } from '../../test/factories.js';
import { outcomeOf, tally } from '../../test/outcome.js';
import { createTestServices } from '../../test/services.js';
import { createSealer } from '../platform/sealer.js';
import { codeAt } from './one-time-passwords.js';
import { createSecondFactorCodesService } from './second-factor-codes.service.js';

const platform = await createTestServices();
const { services, database, clock } = platform;
const given = createFactories(platform);
afterAll(platform.close);

const identityOf = ({ accessToken }: SignedIn) => services.auth.authenticateAfresh(accessToken);

/** An account whose second factor is set up, and the codes of its app some seconds from now. */
const protect = async () => {
  const owner = await given.account();
  const factor = await given.secondFactor(owner);
  // The code that confirmed it is of a step that is over.
  clock.advance(60);
  const codeIn = (seconds: number) => codeAt(factor.secret, new Date(clock.now().getTime() + seconds * 1000));
  const login = (code?: string) => outcomeOf(given.login(owner, code));
  /** Six digits that no step around now has. */
  const wrongCode = () => {
    const right = [-60, -30, 0, 30, 60].map(codeIn);
    return (
      ['000000', '000001', '000002', '000003', '000004', '000005'].find((code) => !right.includes(code)) ?? ''
    );
  };
  return { ...factor, owner, codeIn, login, wrongCode };
};

describe('a login', () => {
  it('takes the codes of the step before and after, and none further away', async () => {
    for (const [seconds, outcome] of [
      [-30, 'ok'],
      [0, 'ok'],
      [30, 'ok'],
      [-60, 'SECOND_FACTOR_INVALID'],
      [60, 'SECOND_FACTOR_INVALID'],
    ] as const) {
      const { login, codeIn } = await protect();
      expect([seconds, await login(codeIn(seconds))]).toEqual([seconds, outcome]);
    }
  });

  it('takes a code once, however many come with it at the same moment', async () => {
    const { login, codeIn, recoveryCode } = await protect();
    const code = codeIn(0);
    const attempts = (typed: string) => Promise.all(Array.from({ length: 4 }, () => login(typed)));
    expect((await attempts(code)).sort()).toEqual([...Array(3).fill('SECOND_FACTOR_INVALID'), 'ok']);
    expect(await login(code)).toBe('SECOND_FACTOR_INVALID');
    expect((await attempts(recoveryCode)).sort()).toEqual([...Array(3).fill('SECOND_FACTOR_INVALID'), 'ok']);
  });

  it('takes no code of an earlier step than the last', async () => {
    const { login, codeIn } = await protect();
    expect(await login(codeIn(30))).toBe('ok');
    expect(await login(codeIn(0))).toBe('SECOND_FACTOR_INVALID');
  });

  it('stops guesses, from anywhere and at once, and says for how long', async () => {
    const { owner, login, codeIn, wrongCode } = await protect();
    const guesses = Array.from({ length: 12 }, (_, place) =>
      services.auth.login(
        { email: owner.user.email, password: PASSWORD, code: wrongCode() },
        { address: `198.51.100.${place}`, userAgent: undefined },
      ),
    );
    expect(await tally(guesses)).toEqual({ SECOND_FACTOR_INVALID: 5, RATE_LIMITED: 7 });
    await expect(given.login(owner, codeIn(0))).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      retryAfterMs: 30_000,
    });
    clock.advance(30);
    expect(await login(codeIn(0))).toBe('ok');
  });

  it('lets nobody who guesses keep the owner out, who has recovery codes and open sessions', async () => {
    const { owner, login, wrongCode, recoveryCode, codeIn } = await protect();
    for (let guess = 0; guess < 6; guess += 1) await login(wrongCode());
    expect(await login(codeIn(0))).toBe('RATE_LIMITED');
    await services.auth.authenticate(owner.accessToken);
    expect(await login(recoveryCode)).toBe('ok');
    expect(await login(codeIn(0))).toBe('ok');
  });

  it('asks for no code before the password is right', async () => {
    const { owner, codeIn } = await protect();
    const client = { address: '127.0.0.1', userAgent: undefined };
    const login = (code?: string) =>
      outcomeOf(services.auth.login({ email: owner.user.email, password: 'another one', code }, client));
    expect([await login(), await login(codeIn(0)), await login('000000')]).toEqual(
      Array(3).fill('INVALID_CREDENTIALS'),
    );
  });

  it('leaves no session without a code, however it interleaves with the set-up', async () => {
    for (let round = 0; round < 10; round += 1) {
      const owner = await given.account();
      const identity = await identityOf(owner);
      const code = await given.firstCode(owner);
      const [first, confirmation, second] = await Promise.allSettled([
        given.login(owner),
        services.secondFactor.confirm(identity, { code }),
        given.login(owner),
      ]);
      expect(confirmation.status).toBe('fulfilled');
      for (const login of [first, second]) {
        if (login.status === 'rejected')
          expect(login.reason).toMatchObject({ code: 'SECOND_FACTOR_REQUIRED' });
        else expect(await outcomeOf(identityOf(login.value))).toBe('SESSION_REVOKED');
      }
    }
  });
});

describe('a session that has given a code', () => {
  it('changes the password and deletes the account without another one', async () => {
    const { owner } = await protect();
    const newPassword = 'another passphrase of the tests';
    const pair = await services.auth.changePassword(await identityOf(owner), {
      currentPassword: PASSWORD,
      newPassword,
    });
    const identity = await services.auth.authenticateAfresh(pair.accessToken);
    expect(identity.secondFactorAt).not.toBeNull();
    await services.users.delete(identity, owner.user.id);
    const left = await database.client.$count(secondFactors, eq(secondFactors.userId, owner.user.id));
    const codes = await database.client.$count(recoveryCodes, eq(recoveryCodes.userId, owner.user.id));
    expect([left, codes]).toEqual([0, 0]);
  });

  it('keeps it through refreshes', async () => {
    const { owner } = await protect();
    const { accessToken } = await services.auth.refresh({ refreshToken: owner.refreshToken });
    expect((await services.auth.authenticateAfresh(accessToken)).secondFactorAt).not.toBeNull();
  });
});

describe('guesses at the confirmation', () => {
  it('stop as those of logins do', async () => {
    const owner = await given.account();
    const identity = await identityOf(owner);
    const right = await given.firstCode(owner);
    const wrong = right === '000000' ? '000001' : '000000';
    const guesses = Array.from({ length: 7 }, () => services.secondFactor.confirm(identity, { code: wrong }));
    expect(await tally(guesses)).toEqual({ SECOND_FACTOR_INVALID: 5, RATE_LIMITED: 2 });
    expect(await outcomeOf(services.secondFactor.confirm(identity, { code: right }))).toBe('RATE_LIMITED');
  });
});

describe('the key of secrets', () => {
  const oldKey = platform.config.secrets.encryption.current;
  const newKey = 'the next encryption key of the tests';
  const withKeys = (current: string, previous: string | undefined) => {
    const sealer = createSealer({ current, previous }, 'second factor');
    return createSecondFactorCodesService({ database, clock, sealer });
  };

  it('can be changed, while the one before is kept', async () => {
    const { owner, codeIn } = await protect();
    expect(await withKeys(newKey, oldKey).takeForLogin(owner.user.id, codeIn(0))).toBe(true);
  });

  it('that is lost leaves the recovery codes', async () => {
    const { owner, codeIn, recoveryCode } = await protect();
    const codes = withKeys(newKey, undefined);
    await expect(codes.takeForLogin(owner.user.id, codeIn(0))).rejects.toThrow();
    expect(await codes.takeForLogin(owner.user.id, recoveryCode)).toBe(true);
  });
});

it('its owner is told by mail what was done to it, and no code', async () => {
  services.mail.start();
  const { owner, codeIn, recoveryCode } = await protect();
  const identity = await identityOf(owner);
  await services.secondFactor.renewRecoveryCodes(identity, { code: recoveryCode });
  await services.secondFactor.remove(identity, { currentPassword: PASSWORD, code: codeIn(0) });
  await vi.waitFor(() => expect(services.mail.countOpen()).toBe(0));
  const toOwner = platform.outbox.mails.filter(({ to }) => to === owner.user.email);
  // Several are sent at once, so that the greeting is not always the first.
  const mails = toOwner.filter(({ subject }) => subject !== 'Confirm your e-mail address');
  expect(mails.map(({ subject }) => subject).sort()).toEqual([
    'Your account has a second factor',
    'Your account has new recovery codes',
    'Your account has no second factor any more',
  ]);
  expect(JSON.stringify(mails)).not.toMatch(/\d{6}/);
  await services.mail.stop();
});

it('neither codes nor secrets are logged', async () => {
  const { secret, recoveryCodes: codes, code } = await protect();
  const logged = JSON.stringify(platform.logs);
  for (const text of [secret, ...codes, `"${code}"`]) expect(logged).not.toContain(text);
  expect(logged).toContain('Second factor set up');
});
