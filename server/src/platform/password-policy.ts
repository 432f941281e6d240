import { dictionary } from '@zxcvbn-ts/language-common';
import { invalidField } from './app-error.js';

/** The 30,000 or so commonest passwords of known leaks, all in lower case. */
const commonest = new Set<string>(dictionary['passwords-common'] as string[]);

const localPart = (email: string) => email.slice(0, email.indexOf('@'));

/**
 * Refuses what guessing tries first (NIST SP 800-63B, 3.1.1.2): the commonest passwords, the username, the e-mail
 * address. Throws VALIDATION_FAILED for `field`. The rules of length are the schema's.
 */
export const requireUncommonPassword = (
  field: string,
  password: string,
  owner: { username: string; email: string },
): void => {
  const folded = password.normalize('NFC').toLowerCase();
  if (commonest.has(folded)) throw invalidField(field, 'is one of the commonest passwords');
  const own = [owner.username, owner.email, localPart(owner.email)].map((text) => text.toLowerCase());
  if (own.includes(folded)) throw invalidField(field, 'is your name or e-mail address');
};
