import type { OwnUser } from '@versbottomlex/shared';
import type { MailService } from '../mail/mail.service.js';

type Deps = { mail: Pick<MailService, 'post'> };
/** Looked up when the mail is written, after the answer: no failure of it may cost somebody the recovery codes. */
type FindHolder = () => Promise<Pick<OwnUser, 'username' | 'email'>>;

/** Tells an account's owner what was done to the second factor, since it may have been somebody else. */
export const createSecondFactorMails = ({ mail }: Deps) => {
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
    tellSetUp: (find: FindHolder): void =>
      tell(
        'second_factor_set_up',
        'Your account has a second factor',
        find,
        'every login to your account needs a code of your authenticator app from now on, and every other device is logged out. Keep the recovery codes where you find them without your phone.',
        'If that was not you, somebody knows your password: write to the operators of the site at once.',
      ),

    tellRemoved: (find: FindHolder): void =>
      tell(
        'second_factor_removed',
        'Your account has no second factor any more',
        find,
        'logins to your account need no code any more, and payouts are refused until you set up another second factor.',
        'If that was not you, change your password at once.',
      ),

    tellRecoveryCodes: (find: FindHolder): void =>
      tell(
        'recovery_codes_renewed',
        'Your account has new recovery codes',
        find,
        'new recovery codes were made for your account. Those from before are good no more.',
        'If that was not you, change your password at once.',
      ),
  };
};
