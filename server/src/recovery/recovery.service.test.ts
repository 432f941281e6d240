import { accountTokens, users } from '@versbottomlex/database';
import type { SignedIn } from '@versbottomlex/shared';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createFactories, PASSWORD } from '../../test/factories.js';
import { tokenIn } from '../../test/outbox.js';
import { failureOf, outcomeOf, tally } from '../../test/outcome.js';
import { createTestServices } from '../../test/services.js';
import type { BusEvent } from '../platform/event-bus.js';

const platform = await createTestServices({ environment: { WEB_URL: 'https://www.site.test/app/' } });
const { services, database, clock, outbox, bus, logs } = platform;
const { recovery, mail, auth } = services;
const given = createFactories(platform);
beforeAll(() => mail.start());
afterAll(async () => {
  await mail.stop();
  await platform.close();
});

const client = { address: '127.0.0.1', userAgent: 'tests' };
const newPassword = 'another passphrase of the tests';
const subjects = {
  verify: 'Confirm your e-mail address',
  reset: 'Set a new password',
  changed: 'Your password was changed',
  change: 'Confirm your new e-mail address',
  changeAsked: 'Your e-mail address is about to change',
  emailChanged: 'Your e-mail address was changed',
};

const settle = () => vi.waitFor(() => expect(mail.countOpen()).toBe(0));
const identityOf = ({ accessToken }: SignedIn) => auth.authenticateAfresh(accessToken);
const login = (email: string, password: string) => auth.login({ email, password }, client);
const mailsTo = (email: string) =>
  outbox.mails.filter(({ to }) => to === email).map(({ subject }) => subject);
const ownUser = async (by: SignedIn) => auth.me(await identityOf(by));

/** Asks for a reset of the account's password, and answers the token of the mail. */
const askReset = async ({ user: { email } }: SignedIn): Promise<string> => {
  // The mail that greets a new account may be on its way.
  await settle();
  const before = mailsTo(email).length;
  await recovery.requestPasswordReset({ email });
  await settle();
  expect(mailsTo(email).slice(before)).toEqual([subjects.reset]);
  return tokenIn(await outbox.mailTo(email, subjects.reset));
};

const askChange = async (by: SignedIn, newEmail: string): Promise<string> => {
  await recovery.requestEmailChange(await identityOf(by), { newEmail, currentPassword: PASSWORD });
  await settle();
  return tokenIn(await outbox.mailTo(newEmail, subjects.change));
};

describe('a new account', () => {
  it('is greeted by one mail, whose link verifies its address', async () => {
    const account = await given.account();
    const { email, username } = account.user;
    const greeting = await outbox.mailTo(email, subjects.verify);
    expect(greeting.text).toContain(`Hello ${username},`);
    expect(greeting.text).toMatch(/\nhttps:\/\/www\.site\.test\/app\/verify-email#token=[\w-]{43}\n/);
    expect(account.user.isEmailVerified).toBe(false);
    const { confirmedAt } = await recovery.verifyEmail({ token: tokenIn(greeting) });
    expect(confirmedAt).toBe(clock.now().toISOString());
    expect((await ownUser(account)).isEmailVerified).toBe(true);
    expect(mailsTo(email)).toEqual([subjects.verify]);
  });

  it('may ask for another such mail, which replaces the first, until it is verified', async () => {
    const account = await given.account();
    const { email } = account.user;
    const first = tokenIn(await outbox.mailTo(email, subjects.verify));
    await recovery.requestEmailVerification(await identityOf(account));
    await settle();
    const second = tokenIn(await outbox.mailTo(email, subjects.verify));
    expect(await outcomeOf(recovery.verifyEmail({ token: first }))).toBe('ACCOUNT_TOKEN_INVALID');
    expect(await outcomeOf(recovery.verifyEmail({ token: second }))).toBe('ok');
    const again = recovery.requestEmailVerification(await identityOf(account));
    expect(await outcomeOf(again)).toBe('EMAIL_ALREADY_VERIFIED');
  });
});

describe('a forgotten password', () => {
  it('is replaced by the token of a mail: every session ends, and the owner is told', async () => {
    const account = await given.account();
    const { id, email } = account.user;
    const elsewhere = await given.login(account);
    const events: BusEvent[] = [];
    const unsubscribe = bus.subscribe((event) => events.push(event));
    const token = await askReset(account);
    await recovery.resetPassword({ token, newPassword });
    unsubscribe();
    expect(events).toEqual([{ type: 'identityChanged', userId: id }]);
    for (const { accessToken, refreshToken } of [account, elsewhere]) {
      expect(await outcomeOf(auth.authenticate(accessToken))).toBe('SESSION_REVOKED');
      expect(await outcomeOf(auth.refresh({ refreshToken }))).toBe('SESSION_REVOKED');
    }
    expect(await outcomeOf(login(email, PASSWORD))).toBe('INVALID_CREDENTIALS');
    expect(await outcomeOf(login(email, newPassword))).toBe('ok');
    await outbox.mailTo(email, subjects.changed);
  });

  it('is reset once, however often and at once the token is sent', async () => {
    for (let round = 0; round < 5; round += 1) {
      const account = await given.account();
      await settle();
      const token = await askReset(account);
      const passwords = Array.from({ length: 8 }, (_, place) => `${newPassword}, the ${place}.`);
      const calls = passwords.map((password) => recovery.resetPassword({ token, newPassword: password }));
      expect(await tally(calls)).toEqual({ ok: 1, ACCOUNT_TOKEN_INVALID: 7 });
      const logins = passwords.map((password) => login(account.user.email, password));
      expect(await tally(logins)).toEqual({ ok: 1, INVALID_CREDENTIALS: 7 });
    }
  });

  it('is not reset after an hour', async () => {
    const account = await given.account();
    await settle();
    const token = await askReset(account);
    clock.advance(3600 - 1);
    const last = await given.account();
    await settle();
    clock.advance(1);
    expect(await outcomeOf(recovery.resetPassword({ token, newPassword }))).toBe('ACCOUNT_TOKEN_INVALID');
    expect(await outcomeOf(login(last.user.email, PASSWORD))).toBe('ok');
    expect(await outcomeOf(login(account.user.email, PASSWORD))).toBe('ok');
  });

  it('fills nobody’s mailbox: who asks again within five minutes gets one mail, and its link stays good', async () => {
    const account = await given.account();
    await settle();
    const token = await askReset(account);
    for (let asked = 0; asked < 20; asked += 1) {
      clock.advance(14);
      await recovery.requestPasswordReset({ email: account.user.email.toUpperCase() });
    }
    await settle();
    expect(mailsTo(account.user.email).filter((subject) => subject === subjects.reset)).toHaveLength(1);
    clock.advance(20);
    const next = await askReset(account);
    expect(await outcomeOf(recovery.resetPassword({ token, newPassword }))).toBe('ACCOUNT_TOKEN_INVALID');
    expect(await outcomeOf(recovery.resetPassword({ token: next, newPassword }))).toBe('ok');
  });

  it('is answered alike for an address that nobody has, to which no mail goes', async () => {
    const account = await given.account();
    const known = await recovery.requestPasswordReset({ email: account.user.email });
    const sent = outbox.mails.length;
    expect(await recovery.requestPasswordReset({ email: 'nobody@reader.test' })).toEqual(known);
    await settle();
    expect(outbox.mails.slice(sent).map(({ to }) => to)).not.toContain('nobody@reader.test');
  });

  it('is replaced by a better one: the commonest and the own name are refused, and the token stays good', async () => {
    const account = await given.account();
    await settle();
    const token = await askReset(account);
    for (const password of ['password1', account.user.username, account.user.email]) {
      const error = await failureOf(recovery.resetPassword({ token, newPassword: password }));
      expect([error.code, error.errors?.[0]?.path]).toEqual(['VALIDATION_FAILED', 'newPassword']);
    }
    expect(await outcomeOf(recovery.resetPassword({ token, newPassword }))).toBe('ok');
  });

  it('cannot be reset any more once it was changed, or the address was', async () => {
    const account = await given.account();
    await settle();
    const token = await askReset(account);
    await auth.changePassword(await identityOf(account), { currentPassword: PASSWORD, newPassword });
    expect(await outcomeOf(recovery.resetPassword({ token, newPassword }))).toBe('ACCOUNT_TOKEN_INVALID');

    const mover = await given.account();
    await settle();
    const old = await askReset(mover);
    const newEmail = `moved-${mover.user.email}`;
    await recovery.confirmEmailChange({ token: await askChange(mover, newEmail) });
    expect(await outcomeOf(recovery.resetPassword({ token: old, newPassword }))).toBe(
      'ACCOUNT_TOKEN_INVALID',
    );
  });

  it('verifies the address too, since its mail was read', async () => {
    const account = await given.account();
    await settle();
    await recovery.resetPassword({ token: await askReset(account), newPassword });
    expect((await login(account.user.email, newPassword)).user.isEmailVerified).toBe(true);
  });

  it('of an account that is deleted meanwhile leaves nothing', async () => {
    for (let round = 0; round < 10; round += 1) {
      const account = await given.account();
      const [asked, deleted] = await Promise.all([
        outcomeOf(recovery.requestPasswordReset({ email: account.user.email })),
        outcomeOf(given.deleted(account)),
      ]);
      expect([asked, deleted]).toEqual(['ok', 'ok']);
      await settle();
      const left = await database.client.$count(accountTokens, eq(accountTokens.userId, account.user.id));
      expect(left).toBe(0);
    }
  });
});

describe('another address', () => {
  it('is taken once its mail is answered; both addresses are told, and sessions go on', async () => {
    const account = await given.account();
    const { email, username } = account.user;
    await settle();
    const newEmail = `new-${email}`;
    const token = await askChange(account, newEmail);
    expect((await ownUser(account)).email).toBe(email);
    await recovery.confirmEmailChange({ token });
    await settle();
    expect(await ownUser(account)).toMatchObject({ email: newEmail, isEmailVerified: true });
    expect(mailsTo(email)).toEqual([subjects.verify, subjects.changeAsked, subjects.emailChanged]);
    expect(mailsTo(newEmail)).toEqual([subjects.change]);
    const toFormer = outbox.mails.filter(({ to }) => to === email);
    expect(JSON.stringify(toFormer)).not.toContain(newEmail);
    expect(JSON.stringify(toFormer)).toContain(username);
    expect(await outcomeOf(login(email, PASSWORD))).toBe('INVALID_CREDENTIALS');
    expect(await outcomeOf(login(newEmail, PASSWORD))).toBe('ok');
  });

  it('needs the password, and is another one', async () => {
    const account = await given.account();
    const identity = await identityOf(account);
    const ask = (newEmail: string, currentPassword: string) =>
      recovery.requestEmailChange(identity, { newEmail, currentPassword });
    expect(await outcomeOf(ask('else@reader.test', 'a wrong one'))).toBe('INVALID_CREDENTIALS');
    expect(await outcomeOf(ask(account.user.email, PASSWORD))).toBe('VALIDATION_FAILED');
    await settle();
    expect(mailsTo('else@reader.test')).toEqual([]);
  });

  it('goes to one of those who ask for it at once', async () => {
    const takers = await Promise.all(Array.from({ length: 6 }, () => given.account()));
    const newEmail = 'wanted@reader.test';
    const tokens = await Promise.all(
      takers.map((taker) => given.mailedToken(taker, 'email_change', newEmail)),
    );
    const calls = tokens.map((token) => recovery.confirmEmailChange({ token }));
    expect(await tally(calls)).toEqual({ ok: 1, EMAIL_TAKEN: 5 });
    expect(await database.client.$count(users, eq(users.email, newEmail))).toBe(1);
  });

  it('is not taken any more once the password was changed, which is what its former owner is told to do', async () => {
    const account = await given.account();
    const token = await askChange(account, 'thief@reader.test');
    await auth.changePassword(await identityOf(account), { currentPassword: PASSWORD, newPassword });
    expect(await outcomeOf(recovery.confirmEmailChange({ token }))).toBe('ACCOUNT_TOKEN_INVALID');
  });
});

describe('a token', () => {
  it('is good for what it was sent for only', async () => {
    const account = await given.account();
    const token = await given.mailedToken(account, 'email_verification');
    expect(await outcomeOf(recovery.resetPassword({ token, newPassword }))).toBe('ACCOUNT_TOKEN_INVALID');
    expect(await outcomeOf(recovery.confirmEmailChange({ token }))).toBe('ACCOUNT_TOKEN_INVALID');
    expect(await outcomeOf(recovery.verifyEmail({ token }))).toBe('ok');
  });

  it('is neither stored nor logged, and no log names an address', async () => {
    const account = await given.account();
    await settle();
    const token = await askReset(account);
    await recovery.resetPassword({ token, newPassword });
    await settle();
    const stored = JSON.stringify(await database.client.select().from(accountTokens));
    expect(stored).not.toContain(token);
    const logged = JSON.stringify(logs);
    expect(logged).not.toContain(token);
    expect(logged).not.toMatch(/@example\.com|@reader\.test/);
    expect(logged).toContain('Mail sent');
  });

  it('of which the hour is over is removed', async () => {
    await given.mailedToken(await given.account(), 'password_reset');
    clock.advance(3600);
    await recovery.sweep();
    expect(await database.client.$count(accountTokens)).toBe(0);
  });
});

it('a change of the password is told to its owner', async () => {
  const account = await given.account();
  await auth.changePassword(await identityOf(account), { currentPassword: PASSWORD, newPassword });
  await outbox.mailTo(account.user.email, subjects.changed);
});

it('where there is no mail, accounts are made all the same, and nobody hears of one that never comes', async () => {
  await outbox.whileOff(async () => {
    const account = await given.account();
    const identity = await identityOf(account);
    const { email } = account.user;
    const changeInput = { newEmail: `new-${email}`, currentPassword: PASSWORD };
    expect(await outcomeOf(recovery.requestPasswordReset({ email }))).toBe('MAIL_UNAVAILABLE');
    expect(await outcomeOf(recovery.requestPasswordReset({ email: 'a@reader.test' }))).toBe(
      'MAIL_UNAVAILABLE',
    );
    expect(await outcomeOf(recovery.requestEmailVerification(identity))).toBe('MAIL_UNAVAILABLE');
    expect(await outcomeOf(recovery.requestEmailChange(identity, changeInput))).toBe('MAIL_UNAVAILABLE');
  });
});
