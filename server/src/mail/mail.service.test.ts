import { afterEach, expect, it, vi } from 'vitest';
import { createOutbox } from '../../test/outbox.js';
import { outcomeOf } from '../../test/outcome.js';
import { AppError } from '../platform/app-error.js';
import { createLogger } from '../platform/logger.js';
import { createMailService, type MailService } from './mail.service.js';
import { MailError } from './mailer.js';

const to = 'ada@reader.test';
const subject = 'Set a new password';
const letter = {
  to,
  username: 'ada_r',
  subject,
  paragraphs: ['set a new one here:', 'If not, ignore this.'],
};
const text = 'Hello ada_r,\n\nset a new one here:\n\nIf not, ignore this.\n\nVersBottomLex.me';
const mail = { to, subject, text };
const opened: MailService[] = [];
afterEach(async () => {
  for (const service of opened.splice(0)) await service.stop();
});

const open = ({ retryDelaysMs = [1, 1] }: { retryDelaysMs?: number[] } = {}) => {
  const outbox = createOutbox();
  const logs: { level: string; message: string; data?: Record<string, unknown> }[] = [];
  const logger = createLogger('DEBUG', (line) => logs.push(JSON.parse(line)));
  const service = createMailService({ mailer: outbox.mailer, logger, retryDelaysMs });
  opened.push(service);
  const post = (write: () => Promise<typeof letter | null> = async () => letter) =>
    service.post({ kind: 'password_reset', write });
  const settle = () => vi.waitFor(() => expect(service.countOpen()).toBe(0));
  return { outbox, logs, service, post, settle };
};

it('sends nothing before it is started, nor after it is stopped', async () => {
  const { outbox, service, post, settle } = open();
  post();
  service.start();
  await settle();
  expect(outbox.mails).toEqual([]);
  post();
  await settle();
  await service.stop();
  post();
  await settle();
  expect(outbox.mails).toEqual([mail]);
});

it('says so once, and refuses, where there is no mail', async () => {
  const { outbox, logs, service, post } = open();
  await outbox.whileOff(async () => {
    service.start();
    post();
    expect(await outcomeOf(Promise.resolve().then(service.requireAvailable))).toBe('MAIL_UNAVAILABLE');
  });
  expect(logs).toMatchObject([{ level: 'WARN', message: expect.stringContaining('SMTP_URL is not set') }]);
  expect(service.countOpen()).toBe(0);
});

it('tries again what may yet be taken, and writes it once', async () => {
  const { outbox, logs, service, post, settle } = open();
  const write = vi.fn(async () => letter);
  vi.spyOn(outbox.mailer, 'send')
    .mockRejectedValueOnce(new MailError('ECONNECTION', false))
    .mockRejectedValueOnce(new MailError('EENVELOPE 451', false));
  service.start();
  post(write);
  await settle();
  expect(outbox.mails).toEqual([mail]);
  expect(write).toHaveBeenCalledTimes(1);
  expect(logs.map(({ message, data }) => [message, data?.reason])).toEqual([
    ['Mail could not be sent yet', 'ECONNECTION'],
    ['Mail could not be sent yet', 'EENVELOPE 451'],
    ['Mail sent', undefined],
  ]);
});

it('writes again what could not be written while the database was away', async () => {
  const { outbox, service, post, settle } = open();
  const write = vi.fn(async () => letter).mockRejectedValueOnce(new AppError('DEPENDENCY_UNAVAILABLE'));
  service.start();
  post(write);
  await settle();
  expect([outbox.mails, write.mock.calls.length]).toEqual([[mail], 2]);
});

it.each([
  ['at once what is refused for good', new MailError('EENVELOPE 550', true), 1],
  ['in the end what is never taken', new MailError('ECONNECTION', false), 3],
])('gives up %s, and logs no address', async (_name, error, attempts) => {
  const { outbox, logs, service, post, settle } = open();
  const send = vi.spyOn(outbox.mailer, 'send').mockRejectedValue(error);
  service.start();
  post();
  await settle();
  expect(send).toHaveBeenCalledTimes(attempts);
  expect(logs.at(-1)).toMatchObject({
    level: 'WARN',
    message: 'Mail could not be sent',
    data: { kind: 'password_reset', attempt: attempts, reason: error.reason },
  });
  expect(JSON.stringify(logs)).not.toMatch(/ada|reader/);
});

it('logs a fault of ours, sends nothing, and goes on', async () => {
  const { outbox, logs, service, post, settle } = open();
  service.start();
  post(() => Promise.reject(new Error('a fault')));
  post(async () => null);
  post();
  await settle();
  expect(outbox.mails).toEqual([mail]);
  expect(logs[0]).toMatchObject({ level: 'ERROR', message: 'Mail could not be written' });
});

it('keeps a bounded number, and refuses further ones, while nothing is taken', async () => {
  const { outbox, logs, service, post } = open({ retryDelaysMs: [3_600_000] });
  vi.spyOn(outbox.mailer, 'send').mockRejectedValue(new MailError('ECONNECTION', false));
  service.start();
  for (let sent = 0; sent < 1100; sent += 1) post();
  expect(await outcomeOf(Promise.resolve().then(service.requireAvailable))).toBe('MAIL_UNAVAILABLE');
  expect(service.countOpen()).toBeLessThan(1010);
  expect(logs.filter(({ message }) => message.startsWith('Mail dropped')).length).toBeGreaterThan(90);
  await vi.waitFor(() =>
    expect(logs.filter(({ message }) => message.endsWith('yet')).length).toBeGreaterThan(990),
  );
  await service.stop();
  expect(service.countOpen()).toBe(0);
  expect(logs.at(-1)).toMatchObject({ message: 'Mails lost by a stop', data: { count: expect.any(Number) } });
});

it('ends after the mail that is on its way', async () => {
  const { outbox, service, post } = open();
  let take = () => {};
  vi.spyOn(outbox.mailer, 'send').mockImplementation(
    (taken) =>
      new Promise((resolve) => {
        take = () => {
          outbox.mails.push(taken);
          resolve();
        };
      }),
  );
  service.start();
  post();
  await vi.waitFor(() => expect(outbox.mailer.send).toHaveBeenCalled());
  const stopping = service.stop();
  take();
  await stopping;
  expect(outbox.mails).toEqual([mail]);
});
