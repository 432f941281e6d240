import nodemailer from 'nodemailer';
import { MailError, type Mailer } from './mailer.js';

const CONNECTIONS_MAX = 2;
const CONNECT_TIMEOUT_MS = 10_000;
const SILENCE_TIMEOUT_MS = 20_000;

/** Domains that belong to nobody (RFC 2606); demo accounts have addresses there. */
const RESERVED = /@(?:.+\.)?(?:example\.(?:com|net|org)|example|invalid)$/i;

const toMailError = (error: unknown): MailError => {
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown };
  const status = typeof responseCode === 'number' ? responseCode : undefined;
  const name = typeof code === 'string' ? code : 'EUNKNOWN';
  // What else is refused, such as the login, is about us; an operator can mend it meanwhile.
  const isPermanent = status !== undefined && status >= 500 && (name === 'EENVELOPE' || name === 'EMESSAGE');
  return new MailError(status === undefined ? name : `${name} ${status}`, isPermanent);
};

/**
 * Hands mails to the server of an `smtp://` (upgraded by STARTTLS, which `requiresTls` insists on) or `smtps://` URL;
 * nodemailer's options in its query take precedence. Mails to reserved domains are not sent.
 */
export const createSmtpMailer = (options: { url: string; from: string; requiresTls: boolean }): Mailer => {
  const transport = nodemailer.createTransport(
    {
      url: options.url,
      pool: true,
      maxConnections: CONNECTIONS_MAX,
      requireTLS: options.requiresTls && options.url.startsWith('smtp:'),
      connectionTimeout: CONNECT_TIMEOUT_MS,
      greetingTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: SILENCE_TIMEOUT_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
    },
    // RFC 3834: nobody's absence note answers it.
    { from: options.from, headers: { 'Auto-Submitted': 'auto-generated' } },
  );
  return {
    canSend: () => true,
    send: async ({ to, subject, text }) => {
      if (RESERVED.test(to)) return;
      try {
        // As an object, so that an address is never read as a list of addresses.
        await transport.sendMail({ to: { name: '', address: to }, subject, text });
      } catch (error) {
        throw toMailError(error);
      }
    },
    close: () => transport.close(),
  };
};
