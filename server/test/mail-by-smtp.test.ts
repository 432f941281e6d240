import { afterAll, expect, it, vi } from 'vitest';
import { chooseMailer } from '../src/mail/choose-mailer.js';
import { createServices } from '../src/services.js';
import { createFactories } from './factories.js';
import { openMailServer, textOf } from './mail-server.js';
import { createTestServices, fakePasswords } from './services.js';

const parts = await createTestServices({
  environment: { WEB_URL: 'https://www.a-long-name-of-a-site.test' },
});
/** The mail server is away for the first attempt of each mail. */
let refusals = 0;
const server = await openMailServer({
  onMailFrom: (_from, _session, done) => {
    refusals += 1;
    done(refusals % 2 === 1 ? Object.assign(new Error('busy'), { responseCode: 421 }) : null);
  },
});
const smtpUrl = `smtp://127.0.0.1:${server.port}`;
const mailer = chooseMailer({ mail: { ...parts.config.mail, smtpUrl } });
const services = createServices({ ...parts, passwords: fakePasswords }, undefined, mailer);
const given = createFactories({ ...parts, services });
services.mail.start();
afterAll(async () => {
  await services.mail.stop();
  await server.close();
  await parts.close();
});

it('a link goes by SMTP as one piece, at the second attempt if need be, and does what it says', async () => {
  const { user, accessToken } = await given.account({ email: 'ada@reader.test' });
  const [mail] = await vi.waitFor(
    () => {
      expect(server.received).toHaveLength(1);
      return server.received;
    },
    { timeout: 10_000 },
  );
  const text = textOf(mail ?? expect.fail());
  const [, token = ''] =
    /\nhttps:\/\/www\.a-long-name-of-a-site\.test\/verify-email#token=([\w-]{43})\n/.exec(text) ?? [];
  expect(mail?.to).toEqual([user.email]);
  await services.recovery.verifyEmail({ token });
  const identity = await services.auth.authenticate(accessToken);
  expect((await services.auth.me(identity)).isEmailVerified).toBe(true);
  const kinds = parts.logs.map(({ message }) => message);
  expect(kinds).toEqual(expect.arrayContaining(['Mail could not be sent yet', 'Mail sent']));
  expect(JSON.stringify(parts.logs)).not.toMatch(/reader\.test/);
});
