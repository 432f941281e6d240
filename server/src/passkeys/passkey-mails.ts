import type { FindOwner, MailService } from '../mail/mail.service.js';

type Deps = { mail: Pick<MailService, 'tell'> };

/** Tells an account's owner what was done to the passkeys, since it may have been somebody else. */
export const createPasskeyMails = ({ mail }: Deps) => ({
  tellAdded: (find: FindOwner): void =>
    mail.tell({
      kind: 'passkey_added',
      find,
      subject: 'Your account has a new passkey',
      paragraphs: [
        'a passkey was added to your account, and signs in without password and code from now on.',
        'If that was not you, remove it and change your password at once; or set a new one with "forgotten password" on the login page, which removes every passkey.',
      ],
    }),

  tellRemoved: (find: FindOwner): void =>
    mail.tell({
      kind: 'passkey_removed',
      find,
      subject: 'A passkey of your account was removed',
      paragraphs: [
        'a passkey of your account was removed, and does not sign in any more.',
        'If that was not you, change your password at once.',
      ],
    }),
});
