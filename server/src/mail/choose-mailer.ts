import type { Config } from '../config.js';
import { createFileMailer } from './file-mailer.js';
import { MailError, type Mailer } from './mailer.js';
import { createSmtpMailer } from './smtp-mailer.js';

const noMailer: Mailer = {
  canSend: () => false,
  send: () => Promise.reject(new MailError('ENONE', true)),
  close: () => {},
};

/** What is configured: a mail server, in development a file, or none. */
export const chooseMailer = ({ mail }: Pick<Config, 'mail'>): Mailer => {
  if (mail.smtpUrl !== undefined) return createSmtpMailer({ ...mail, url: mail.smtpUrl });
  return mail.file === undefined ? noMailer : createFileMailer(mail.file);
};
