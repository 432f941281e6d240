/** How long the link of a mail is good; long enough for slow mail servers, short enough for a mailbox left open. */
export const LINK_SECONDS = 3600;

export type Text = { subject: string; text: string };
/** Usernames hold letters, digits and underscores only, so that nobody writes their own text into a mail. */
type Reader = { username: string };

const letter = ({ username }: Reader, ...paragraphs: string[]): string =>
  [`Hello ${username},`, ...paragraphs, 'VersBottomLex.me'].join('\n\n');

const once = 'The link works once, and for one hour.';

/** Where a link leads. The token is behind `#`, which browsers keep from servers and from other sites. */
export const linkTo = (webUrl: string, page: string, token: string): string =>
  `${webUrl}/${page}#token=${token}`;

export const emailVerificationText = (reader: Reader, link: string): Text => ({
  subject: 'Confirm your e-mail address',
  text: letter(
    reader,
    'please confirm that this address is yours:',
    link,
    once,
    'If you have no account here, ignore this mail: somebody typed your address by mistake.',
  ),
});

export const passwordResetText = (reader: Reader, link: string): Text => ({
  subject: 'Set a new password',
  text: letter(
    reader,
    'somebody, probably you, has forgotten the password of your account. Set a new one here:',
    link,
    once,
    'If that was not you, ignore this mail; nothing has changed.',
  ),
});

export const passwordChangedText = (reader: Reader): Text => ({
  subject: 'Your password was changed',
  text: letter(
    reader,
    'the password of your account was changed, and every other device is logged out.',
    'If that was not you, set a new password at once, with "forgotten password" on the login page.',
  ),
});

export const emailChangeText = (reader: Reader, link: string): Text => ({
  subject: 'Confirm your new e-mail address',
  text: letter(
    reader,
    'please confirm that your account shall have this address:',
    link,
    once,
    'If you did not ask for that, ignore this mail: somebody typed your address by mistake.',
  ),
});

export const emailChangeAskedText = (reader: Reader): Text => ({
  subject: 'Your e-mail address is about to change',
  text: letter(
    reader,
    'somebody, probably you, asked with your password that your account shall have another e-mail address. It changes once the new one is confirmed.',
    'If that was not you, change your password at once: that also stops the change.',
  ),
});

export const emailChangedText = (reader: Reader): Text => ({
  subject: 'Your e-mail address was changed',
  text: letter(
    reader,
    'your account has another e-mail address now; this one gets no more mail about it.',
    'If that was not you, write to the operators of the site at once.',
  ),
});
