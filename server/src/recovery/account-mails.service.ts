import { v7 as uuidv7 } from 'uuid';
import type { MailService } from '../mail/mail.service.js';
import { addSeconds, type Clock } from '../platform/clock.js';
import type { Database } from '../platform/database.js';
import * as texts from './mail-texts.js';
import { createMailedToken } from './mailed-token.js';
import * as queries from './recovery.queries.js';

/**
 * Anyone can ask for a reset of anyone's password. Who asks again within five minutes gets no second mail, so that nobody's
 * mailbox is filled by others, and nobody's link is replaced before there was time to follow it.
 */
const RESET_INTERVAL_SECONDS = 300;

type Reader = { username: string; email: string };
type Holder = Reader & { id: string; passwordHash: string };
type Deps = { database: Database; clock: Clock; mail: Pick<MailService, 'post' | 'tell'>; webUrl: string };

type LinkOptions = {
  purpose: queries.AccountTokenPurpose;
  /** Where the link goes. */
  email: string;
  /** The page of the site that takes the token. */
  page: string;
  /** How old the last token of the purpose must be. */
  intervalSeconds?: number;
};

/** The mails about an account. Each is written, and its token made, after the answer to whoever asked for it. */
export const createAccountMailsService = ({ database, clock, mail, webUrl }: Deps) => {
  /** The link of a new token, which replaces the last of its purpose; null where the account has changed meanwhile. */
  const makeLink = async (
    { id: userId, passwordHash }: Holder,
    { purpose, email, page, intervalSeconds = 0 }: LinkOptions,
  ): Promise<string | null> => {
    const { token, tokenHash } = createMailedToken();
    const now = clock.now();
    const isStored = await queries.storeToken(database, {
      tokenId: uuidv7(),
      userId,
      passwordHash,
      purpose,
      tokenHash,
      email,
      now: now.toISOString(),
      expiresAt: addSeconds(now, texts.LINK_SECONDS).toISOString(),
      replacesUntil: addSeconds(now, -intervalSeconds).toISOString(),
    });
    return isStored ? texts.linkTo(webUrl, page, token) : null;
  };

  const postLink = (holder: Holder, options: LinkOptions, text: (link: string) => texts.Text): void =>
    mail.post({
      kind: options.purpose,
      write: async () => {
        const link = await makeLink(holder, options);
        return link === null ? null : { to: options.email, username: holder.username, ...text(link) };
      },
    });

  const tell = (kind: string, to: Reader, text: texts.Text): void =>
    mail.tell({ kind, find: async () => to, ...text });

  return {
    /** Greets a new account too. */
    verifyEmail: (holder: Holder): void =>
      postLink(
        holder,
        { purpose: 'email_verification', email: holder.email, page: 'verify-email' },
        texts.emailVerificationText,
      ),

    resetPassword: (holder: Holder): void =>
      postLink(
        holder,
        {
          purpose: 'password_reset',
          email: holder.email,
          page: 'reset-password',
          intervalSeconds: RESET_INTERVAL_SECONDS,
        },
        texts.passwordResetText,
      ),

    /** To the address that the account shall have, and a word to the one that it has. */
    changeEmail: (holder: Holder, newEmail: string): void => {
      postLink(
        holder,
        { purpose: 'email_change', email: newEmail, page: 'confirm-email' },
        texts.emailChangeText,
      );
      tell('email_change_asked', holder, texts.emailChangeAskedText);
    },

    tellPasswordChanged: (reader: Reader): void =>
      tell('password_changed', reader, texts.passwordChangedText),

    /** To the address that the account had. */
    tellEmailChanged: (reader: Reader): void => tell('email_changed', reader, texts.emailChangedText),
  };
};

export type AccountMailsService = ReturnType<typeof createAccountMailsService>;
