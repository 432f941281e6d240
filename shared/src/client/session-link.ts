import { TRPCClientError, type TRPCLink } from '@trpc/client';
import { observable } from '@trpc/server/observable';
import type { AppRouter } from '../app-router.js';
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

const codeOf = (error: unknown): string | undefined =>
  error instanceof TRPCClientError ? (error.data?.appCode as string | undefined) : undefined;

/**
 * Keeps a session going: remembers the tokens of a login, renews them once when the access token has expired, and
 * repeats the call that found out. Calls that find out together share one renewal, because a refresh token works once.
 * A session that is over is forgotten, so that its user reads on as a guest.
 */
export const createSessionLink = (store: TokenStore, refresh: RefreshTokens): TRPCLink<AppRouter> => {
  let renewing: Promise<void> | undefined;

  /** Puts `next` in the place of `used`, unless the user has signed in or out meanwhile. */
  const replace = async (used: TokenPair | null, next: TokenPair | null): Promise<void> => {
    const held = await store.load();
    if (held?.refreshToken === used?.refreshToken) await store.save(next);
  };

  const renew = async (used: TokenPair): Promise<void> => {
    try {
      await replace(used, await refresh(used.refreshToken));
    } catch (error) {
      if (SESSION_IS_OVER.has(codeOf(error) ?? '')) await replace(used, null);
      throw error;
    }
  };

  const renewOnce = (used: TokenPair): Promise<void> => {
    renewing ??= renew(used).finally(() => {
      renewing = undefined;
    });
    return renewing;
  };

  const remember = async (path: string, data: unknown): Promise<void> => {
    if (SIGNING_OUT.has(path)) await store.save(null);
    if (SIGNING_IN.has(path)) await store.save(TokenPair.parse(data));
  };

  /** Whether a call that failed with `code`, and was made with `used`, shall be made again. */
  const recover = async (path: string, code: string, used: TokenPair | null): Promise<boolean> => {
    const isSuspended = SIGNING_OUT.has(path) && code === 'ACCOUNT_SUSPENDED';
    if (SESSION_IS_OVER.has(code) || isSuspended) await replace(used, null);
    if (!RENEWABLE.has(code) || !used) return false;
    const held = await store.load();
    if (held?.accessToken === used.accessToken) await renewOnce(used);
    return true;
  };

  return () =>
    ({ op, next }) =>
      observable((observer) => {
        let subscription: { unsubscribe(): void } | undefined;
        let isStopped = false;
        const fail = (cause: unknown) => observer.error(TRPCClientError.from(cause as Error));

        const attempt = async (mayRecover: boolean): Promise<void> => {
          const used = await store.load();
          if (isStopped) return;
          subscription = next(op).subscribe({
            next: (envelope) => {
              const data = 'data' in envelope.result ? envelope.result.data : undefined;
              remember(op.path, data).then(() => {
                observer.next(envelope);
                observer.complete();
              }, fail);
            },
            error: (error) => {
              const code = codeOf(error) ?? '';
              const recovery = mayRecover ? recover(op.path, code, used) : Promise.resolve(false);
              recovery.then(
                (isMended) => (isMended ? attempt(false).catch(fail) : observer.error(error)),
                () => observer.error(error),
              );
            },
          });
        };

        attempt(true).catch(fail);
        return () => {
          isStopped = true;
          subscription?.unsubscribe();
        };
      });
};
