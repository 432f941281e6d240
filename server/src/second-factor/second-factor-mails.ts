import type { FindOwner, MailService } from '../mail/mail.service.js';

type Deps = { mail: Pick<MailService, 'tell'> };

/** Tells an account's owner what was done to the second factor, since it may have been somebody else. */
export const createSecondFactorMails = ({ mail }: Deps) => ({
  tellSetUp: (find: FindOwner): void =>
    mail.tell({
      kind: 'second_factor_set_up',
      find,
      subject: 'Your account has a second factor',
      paragraphs: [
        'every login to your account needs a code of your authenticator app from now on, and every other device is logged out. Keep the recovery codes where you find them without your phone.',
        'If that was not you, somebody knows your password: write to the operators of the site at once.',
      ],
    }),

  tellRemoved: (find: FindOwner): void =>
    mail.tell({
      kind: 'second_factor_removed',
      find,
      subject: 'Your account has no second factor any more',
      paragraphs: [
        'logins to your account need no code any more, and payouts are refused until you set up another second factor.',
        'If that was not you, change your password at once.',
      ],
    }),

  tellRecoveryCodes: (find: FindOwner): void =>
    mail.tell({
      kind: 'recovery_codes_renewed',
      find,
      subject: 'Your account has new recovery codes',
      paragraphs: [
        'new recovery codes were made for your account. Those from before are good no more.',
        'If that was not you, change your password at once.',
      ],
    }),
});
