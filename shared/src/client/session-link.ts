import { TRPCClientError, type TRPCLink } from '@trpc/client';
import { observable } from '@trpc/server/observable';
import type { AppRouter } from '../app-router.js';
import { TokenPair } from '../auth.js';
import type { TokenStore } from './token-store.js';

/** Calls whose answer holds a new pair of tokens. */
const SIGNING_IN = new Set(['auth.register', 'auth.login', 'auth.refresh', 'auth.changePassword']);
/** Calls that end the session of whoever makes them. */
const SIGNING_OUT = new Set(['auth.logout']);
/** Failures after which no refresh can help. */
const SESSION_IS_OVER = new Set(['SESSION_REVOKED', 'REFRESH_TOKEN_INVALID', 'REFRESH_TOKEN_REUSED']);

/** Exchanges a refresh token for a new pair, outside the client's own links. */
export type RefreshTokens = (refreshToken: string) => Promise<TokenPair>;

const codeOf = (error: unknown): string | undefined =>
  error instanceof TRPCClientError ? (error.data?.appCode as string | undefined) : undefined;

/**
 * Keeps a session going: remembers the tokens of a login, renews them once when the access token has expired, and
 * repeats the call that found out. Calls that find out together share one renewal, because a refresh token works once.
 */
export const createSessionLink = (store: TokenStore, refresh: RefreshTokens): TRPCLink<AppRouter> => {
  let renewing: Promise<void> | undefined;

  const renew = async (): Promise<void> => {
    const tokens = await store.load();
    if (!tokens) throw new Error('There is no session to renew.');
    try {
      await store.save(await refresh(tokens.refreshToken));
    } catch (error) {
      if (SESSION_IS_OVER.has(codeOf(error) ?? '')) await store.save(null);
      throw error;
    }
  };

  const renewOnce = (): Promise<void> => {
    renewing ??= renew().finally(() => {
      renewing = undefined;
    });
    return renewing;
  };

  const remember = async (path: string, data: unknown): Promise<void> => {
    if (SIGNING_OUT.has(path)) await store.save(null);
    if (SIGNING_IN.has(path)) await store.save(TokenPair.parse(data));
  };

  return () =>
    ({ op, next }) =>
      observable((observer) => {
        let subscription: { unsubscribe(): void } | undefined;
        let isStopped = false;
        const attempt = (mayRenew: boolean) => {
          if (isStopped) return;
          subscription = next(op).subscribe({
            next: (envelope) => {
              const data = 'data' in envelope.result ? envelope.result.data : undefined;
              remember(op.path, data).then(
                () => {
                  observer.next(envelope);
                  observer.complete();
                },
                (cause: unknown) => observer.error(TRPCClientError.from(cause as Error)),
              );
            },
            error: (error) => {
              if (!mayRenew || codeOf(error) !== 'ACCESS_TOKEN_EXPIRED') return observer.error(error);
              renewOnce().then(
                () => attempt(false),
                () => observer.error(error),
              );
            },
          });
        };
        attempt(true);
        return () => {
          isStopped = true;
          subscription?.unsubscribe();
        };
      });
};
