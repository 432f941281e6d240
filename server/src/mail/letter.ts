import type { Mail } from './mailer.js';

/**
 * What an account's owner is told. Usernames hold letters, digits and underscores only, so that nobody writes their own
 * text into a mail.
 */
export type Letter = { to: string; username: string; subject: string; paragraphs: readonly string[] };

/** The letter as plain text, with whom it greets and who signs it. */
export const toMail = ({ to, username, subject, paragraphs }: Letter): Mail => ({
  to,
  subject,
  text: [`Hello ${username},`, ...paragraphs, 'VersBottomLex.me'].join('\n\n'),
});
