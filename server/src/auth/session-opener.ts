import type { SignedIn } from '@versbottomlex/shared';
import { v7 as uuidv7 } from 'uuid';
import { addressPrefixOf } from '../platform/address-prefix.js';
import { addSeconds, type Clock } from '../platform/clock.js';
import { type Account, type NewSession, toOwnUser } from './accounts.queries.js';
import type { Tokens } from './tokens.js';

/** How long a session lives on after its last refresh. */
export const REFRESH_SECONDS = 7 * 24 * 3600;
const SESSION_SECONDS_MAX = 30 * 24 * 3600;
const USER_AGENT_MAX = 300;

/** What is known of the device at the other end. */
export type SessionClient = { address: string; userAgent: string | undefined };

/** Control characters have no place in a log or on a page that lists devices. */
const toUserAgent = (text: string | undefined): string | null =>
  text
    ?.replace(/\p{Cc}/gu, ' ')
    .toWellFormed()
    .slice(0, USER_AGENT_MAX)
    .toWellFormed() ?? null;

/** Makes new sessions, and the answers that hand them to their owners. */
export const createSessionOpener = ({ clock, tokens }: { clock: Clock; tokens: Tokens }) => ({
  /** A session to be stored; with `hasSecondFactor` when its code was given for it just now. */
  create: (client: SessionClient, hasSecondFactor = false): NewSession => {
    const now = clock.now();
    return {
      sessionId: uuidv7(),
      refreshTokenId: uuidv7(),
      userAgent: toUserAgent(client.userAgent),
      addressPrefix: addressPrefixOf(client.address),
      secondFactorAt: hasSecondFactor ? now.toISOString() : null,
      now: now.toISOString(),
      expiresAt: addSeconds(now, REFRESH_SECONDS).toISOString(),
      absoluteExpiresAt: addSeconds(now, SESSION_SECONDS_MAX).toISOString(),
    };
  },

  /** The answer to whoever opened `session`, once it is stored. */
  signedIn: async (account: Account, session: NewSession): Promise<SignedIn> => {
    const { id: userId, tokenVersion } = account;
    const subject = { userId, sessionId: session.sessionId, tokenVersion };
    const pair = await tokens.issue(subject, session.refreshTokenId, new Date(session.expiresAt));
    return { user: toOwnUser(account), ...pair };
  },
});
