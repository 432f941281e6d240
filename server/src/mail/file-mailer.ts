import { appendFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MailError, type Mailer } from './mailer.js';

/** Appends mails to a file that only its owner may read, for a developer who has no mail server. */
export const createFileMailer = (file: string): Mailer => ({
  canSend: () => true,
  send: async ({ to, subject, text }) => {
    const head = `Date: ${new Date().toISOString()}\nTo: ${to}\nSubject: ${subject}`;
    try {
      await mkdir(dirname(file), { recursive: true });
      await appendFile(file, `${head}\n\n${text}\n\n`, { mode: 0o600 });
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'EUNKNOWN';
      throw new MailError(code, true);
    }
  },
  close: () => {},
});
