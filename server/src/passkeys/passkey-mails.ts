import type { OwnUser } from '@versbottomlex/shared';
import type { MailService } from '../mail/mail.service.js';

type Deps = { mail: Pick<MailService, 'post'> };
/** Looked up when the mail is written, after the answer, which no failure of it may spoil. */
type FindHolder = () => Promise<Pick<OwnUser, 'username' | 'email'>>;

/** Tells an account's owner what was done to the passkeys, since it may have been somebody else. */
export const createPasskeyMails = ({ mail }: Deps) => {
  const tell = (kind: string, subject: string, find: FindHolder, ...paragraphs: string[]): void =>
    mail.post({
      kind,
      write: async () => {
        const { email, username } = await find();
        const text = [`Hello ${username},`, ...paragraphs, 'VersBottomLex.me'].join('\n\n');
        return { to: email, subject, text };
      },
    });

  return {
    tellAdded: (find: FindHolder): void =>
      tell(
        'passkey_added',
        'Your account has a new passkey',
        find,
        'a passkey was added to your account, and signs in without password and code from now on.',
        'If that was not you, remove it and change your password at once; or set a new one with "forgotten password" on the login page, which removes every passkey.',
      ),

    tellRemoved: (find: FindHolder): void =>
      tell(
        'passkey_removed',
        'A passkey of your account was removed',
        find,
        'a passkey of your account was removed, and does not sign in any more.',
        'If that was not you, change your password at once.',
      ),
  };
};
