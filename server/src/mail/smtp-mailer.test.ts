import type { SMTPServerOptions } from 'smtp-server';
import { afterEach, expect, it } from 'vitest';
import { headersOf, openMailServer } from '../../test/mail-server.js';
import { MailError, type Mailer } from './mailer.js';
import { createSmtpMailer } from './smtp-mailer.js';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A mail server of this test's own, and a mailer for it. */
const open = async (
  options: SMTPServerOptions = {},
  { userInfo = '', query = '', requiresTls = false, from = 'Site <no-reply@site.test>' } = {},
) => {
  const { received, port, close } = await openMailServer(options);
  const url = `smtp://${userInfo}127.0.0.1:${port}${query}`;
  const mailer = createSmtpMailer({ url, from, requiresTls });
  closers.push(async () => {
    mailer.close();
    await close();
  });
  return { mailer, received };
};

const mail = { to: 'ada@reader.test', subject: 'Set a new password', text: 'Hello ada,\n\nBye' };

const failureOf = async (mailer: Mailer): Promise<MailError> => {
  const error: unknown = await mailer.send(mail).catch((reason: unknown) => reason);
  return error instanceof MailError ? error : expect.fail('was sent');
};

it('hands a mail over as plain text, which no absence note answers', async () => {
  const { mailer, received } = await open();
  await mailer.send(mail);
  const [got] = received;
  expect(got).toMatchObject({ from: 'no-reply@site.test', to: ['ada@reader.test'] });
  expect(headersOf(got ?? expect.fail())).toEqual(
    expect.arrayContaining([
      'From: Site <no-reply@site.test>',
      'To: ada@reader.test',
      'Subject: Set a new password',
      'Auto-Submitted: auto-generated',
      'Content-Type: text/plain; charset=utf-8',
    ]),
  );
  expect(got?.raw).toContain('\r\n\r\nHello ada,\r\n\r\nBye');
});

it.each([
  ['an address with a line break', { to: 'ada@reader.test\r\nBcc: eve@evil.test' }],
  ['an address with a list in it', { to: 'ada@reader.test, eve@evil.test' }],
  ['a quoted address', { to: '"ada@reader.test, eve@evil.test" <eve@evil.test>' }],
  ['a subject with a line break', { subject: 'Hello\r\nBcc: eve@evil.test' }],
  ['a text with a header', { text: 'Bcc: eve@evil.test\r\n.\r\nMAIL FROM:<eve@evil.test>' }],
])('%s adds neither a reader nor a header', async (_name, given) => {
  const { mailer, received } = await open();
  await mailer.send({ ...mail, ...given }).catch(() => {});
  expect(received.length).toBeLessThan(2);
  for (const got of received) {
    expect(got.to).toHaveLength(1);
    expect(headersOf(got).filter((line) => /^b?cc:/i.test(line))).toEqual([]);
  }
});

it('sends nothing to domains that belong to nobody', async () => {
  const { mailer, received } = await open();
  for (const to of ['ava_live@example.com', 'a@b.example.org', 'a@some.example', 'a@nowhere.invalid'])
    await mailer.send({ ...mail, to });
  expect(received).toEqual([]);
  await mailer.send({ ...mail, to: 'ada@notexample.com' });
  expect(received).toHaveLength(1);
});

it('logs in with what the URL says, percent-encoded or not', async () => {
  const logins: unknown[] = [];
  const { mailer } = await open(
    {
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: ({ username, password }, _session, done) => {
        logins.push([username, password]);
        done(null, { user: username });
      },
    },
    { userInfo: 'site%40host:p%40ss%3Aw%25rd@' },
  );
  await mailer.send(mail);
  expect(logins).toEqual([['site@host', 'p@ss:w%rd']]);
});

it('does not send in the clear where TLS is required', async () => {
  const { mailer, received } = await open({}, { requiresTls: true });
  expect((await failureOf(mailer)).isPermanent).toBe(false);
  expect(received).toEqual([]);

  const inside = await open({}, { requiresTls: true, query: '?requireTLS=false' });
  await inside.mailer.send(mail);
  expect(inside.received).toHaveLength(1);
});

it('does not trust a certificate that nobody vouches for, unless it is told to', async () => {
  const { mailer, received } = await open({ disabledCommands: [] });
  expect((await failureOf(mailer)).isPermanent).toBe(false);
  expect(received).toEqual([]);

  const trusting = { requiresTls: true, query: '?tls.rejectUnauthorized=false' };
  const inside = await open({ disabledCommands: [] }, trusting);
  await inside.mailer.send(mail);
  expect(inside.received).toHaveLength(1);
});

const refusing = (responseCode: number): SMTPServerOptions => ({
  onRcptTo: ({ address }, _session, done) =>
    done(Object.assign(new Error(`no ${address} here`), { responseCode })),
});

it('says of a refusal whether trying again helps, and not to whom the mail was', async () => {
  const later = await failureOf((await open(refusing(451))).mailer);
  expect([later.isPermanent, later.reason]).toEqual([false, 'EENVELOPE 451']);
  const never = await failureOf((await open(refusing(550))).mailer);
  expect([never.isPermanent, never.reason]).toEqual([true, 'EENVELOPE 550']);
  expect(`${never.message} ${never.stack}`).not.toContain('ada');
});

it('may try again after a refused login, and while nobody listens', async () => {
  const { mailer } = await open(
    {
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: (_auth, _session, done) => done(new Error('no')),
    },
    { userInfo: 'site:wrong@' },
  );
  expect(await failureOf(mailer)).toMatchObject({
    isPermanent: false,
    reason: expect.stringMatching(/^EAUTH/),
  });
  const nobody = createSmtpMailer({ url: 'smtp://127.0.0.1:1', from: 'a@b.test', requiresTls: false });
  expect((await failureOf(nobody)).isPermanent).toBe(false);
  nobody.close();
});
