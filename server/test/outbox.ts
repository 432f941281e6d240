import { vi } from 'vitest';
import type { Mail, Mailer } from '../src/mail/mailer.js';

/** Takes mails for the tests to read, or none while it is off. */
export const createOutbox = () => {
  const mails: Mail[] = [];
  let isOff = false;
  const mailer: Mailer = {
    canSend: () => !isOff,
    send: async (mail) => {
      mails.push(mail);
    },
    close: () => {},
  };
  return {
    mailer,
    mails,
    whileOff: async <Result>(work: () => Promise<Result>): Promise<Result> => {
      isOff = true;
      return work().finally(() => {
        isOff = false;
      });
    },
    /** The mail to `to` about `subject`, once it is sent. */
    mailTo: (to: string, subject: string): Promise<Mail> =>
      vi.waitFor(() => {
        const found = mails.findLast((mail) => mail.to === to && mail.subject === subject);
        if (!found) throw new Error(`no mail to ${to} about ${subject}`);
        return found;
      }),
  };
};
export type Outbox = ReturnType<typeof createOutbox>;

/** What the link of a mail holds behind `#token=`. */
export const tokenIn = ({ text }: Mail): string => /#token=([\w-]{43})\n/.exec(text)?.[1] ?? '';
