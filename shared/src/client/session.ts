import { TRPCClientError } from '@trpc/client';
import { TokenPair } from '../auth.js';
import type { TokenStore } from './token-store.js';

/** Calls whose answer holds a new pair of tokens. */
const SIGNING_IN = new Set(['auth.register', 'auth.login', 'auth.refresh', 'auth.changePassword']);
/** Calls that end the session of whoever makes them. */
const SIGNING_OUT = new Set(['auth.logout']);
/** Failures that a new access token may mend. */
const RENEWABLE = new Set(['ACCESS_TOKEN_EXPIRED', 'ACCESS_TOKEN_INVALID']);
/** Failures after which no refresh can help. */
const SESSION_IS_OVER = new Set(['SESSION_REVOKED', 'REFRESH_TOKEN_INVALID', 'REFRESH_TOKEN_REUSED']);

/** Exchanges a refresh token for a new pair, outside the client's own links. */
export type RefreshTokens = (refreshToken: string) => Promise<TokenPair>;

/** The error code of the server's answer; undefined when there was none. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof TRPCClientError ? (error.data?.appCode as string | undefined) : undefined;

/** Whether `error` says that signing in anew is the only way on. */
export const isSessionOver = (error: unknown): boolean => SESSION_IS_OVER.has(codeOf(error) ?? '');

/**
 * The one session of a client, whatever carries its calls: remembers the tokens of a login, and renews them. Whoever
 * finds out together that they have expired shares one renewal, because a refresh token works once. A session that is
 * over is forgotten, so that its user reads on as a guest.
 */
export const createSession = (store: TokenStore, refresh: RefreshTokens) => {
  let renewing: Promise<void> | undefined;
  const listeners = new Set<() => void>();

  const save = async (next: TokenPair): Promise<void> => {
    await store.save(next);
    for (const listener of listeners) listener();
  };

  /** Whether `used` are the tokens of now: the user may have signed in or out since they were. */
  const isHeld = async (used: TokenPair | null): Promise<boolean> =>
    (await store.load())?.refreshToken === used?.refreshToken;

  const forget = async (used: TokenPair | null): Promise<void> => {
    if (await isHeld(used)) await store.save(null);
  };

  const exchange = async (used: TokenPair): Promise<void> => {
    try {
      const next = await refresh(used.refreshToken);
      if (await isHeld(used)) await save(next);
    } catch (error) {
      if (isSessionOver(error)) await forget(used);
      throw error;
    }
  };

  /** Sees to it that other tokens than `used` are held, or none. Throws what the refresh threw. */
  const renew = async (used: TokenPair): Promise<void> => {
    if ((await store.load())?.accessToken !== used.accessToken) return;
    renewing ??= exchange(used).finally(() => {
      renewing = undefined;
    });
    await renewing;
  };

  return {
    load: async (): Promise<TokenPair | null> => store.load(),
    renew,

    /** Drops `used`, unless the user has signed in anew since. */
    forget,

    /** Takes the tokens from the answer of a call that signs in, and drops them after one that signs out. */
    remember: async (path: string, answer: unknown): Promise<void> => {
      if (SIGNING_OUT.has(path)) await store.save(null);
      if (SIGNING_IN.has(path)) await save(TokenPair.parse(answer));
    },

    /** Whether a call that failed with `code`, and was made with `used`, shall be made again. */
    recover: async (path: string, code: string, used: TokenPair | null): Promise<boolean> => {
      const isSuspended = SIGNING_OUT.has(path) && code === 'ACCOUNT_SUSPENDED';
      if (SESSION_IS_OVER.has(code) || isSuspended) await forget(used);
      if (!RENEWABLE.has(code) || !used) return false;
      await renew(used);
      return true;
    },

    /** Calls `listener` whenever new tokens are held, from now on. */
    onTokens: (listener: () => void): void => {
      listeners.add(listener);
    },
  };
};

export type Session = ReturnType<typeof createSession>;
