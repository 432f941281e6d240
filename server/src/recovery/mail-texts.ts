/** How long the link of a mail is good; long enough for slow mail servers, short enough for a mailbox left open. */
export const LINK_SECONDS = 3600;

export type Text = { subject: string; paragraphs: string[] };

const once = 'The link works once, and for one hour.';

/** Where a link leads. The token is behind `#`, which browsers keep from servers and from other sites. */
export const linkTo = (webUrl: string, page: string, token: string): string =>
  `${webUrl}/${page}#token=${token}`;

export const emailVerificationText = (link: string): Text => ({
  subject: 'Confirm your e-mail address',
  paragraphs: [
    'please confirm that this address is yours:',
    link,
    once,
    'If you have no account here, ignore this mail: somebody typed your address by mistake.',
  ],
});

export const passwordResetText = (link: string): Text => ({
  subject: 'Set a new password',
  paragraphs: [
    'somebody, probably you, has forgotten the password of your account. Set a new one here:',
    link,
    once,
    'If that was not you, ignore this mail; nothing has changed.',
  ],
});

export const emailChangeText = (link: string): Text => ({
  subject: 'Confirm your new e-mail address',
  paragraphs: [
    'please confirm that your account shall have this address:',
    link,
    once,
    'If you did not ask for that, ignore this mail: somebody typed your address by mistake.',
  ],
});

export const passwordChangedText: Text = {
  subject: 'Your password was changed',
  paragraphs: [
    'the password of your account was changed, and every other device is logged out.',
    'If that was not you, set a new password at once, with "forgotten password" on the login page.',
  ],
};

export const emailChangeAskedText: Text = {
  subject: 'Your e-mail address is about to change',
  paragraphs: [
    'somebody, probably you, asked with your password that your account shall have another e-mail address. It changes once the new one is confirmed.',
    'If that was not you, change your password at once: that also stops the change.',
  ],
};

export const emailChangedText: Text = {
  subject: 'Your e-mail address was changed',
  paragraphs: [
    'your account has another e-mail address now; this one gets no more mail about it.',
    'If that was not you, write to the operators of the site at once.',
  ],
};
