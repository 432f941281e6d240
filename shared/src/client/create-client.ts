import { createTRPCClient, httpBatchLink, splitLink, type TRPCClient } from '@trpc/client';
import type { AppRouter } from '../app-router.js';
import { createCookieKeeper } from './cookie-keeper.js';
import { idempotencyLinks } from './idempotency-link.js';
import { createLiveLink } from './live-link.js';
import type { WebSocketClass } from './live-socket.js';
import { createSession, type SessionKeeper } from './session.js';
import { createSessionLink } from './session-link.js';
import { createTokenKeeper } from './token-keeper.js';
import { createMemoryTokenStore, type TokenStore } from './token-store.js';

export type { AppRouter } from '../app-router.js';
export type { WebSocketClass } from './live-socket.js';
export { createMemoryTokenStore, type TokenStore } from './token-store.js';

/** As many calls as the server takes in one request. */
const BATCH_CALLS_MAX = 10;
/** Below what proxies accept in a URL; longer batches of queries are split. */
const URL_LENGTH_MAX = 8000;

export type ClientOptions = {
  /** Where the server is, such as `https://api.example.com`. */
  url: string;
  /**
   * Where a login is kept. In `cookies`, a page's scripts cannot read it, and it outlives the page; for pages of the
   * server's `PUBLIC_URL` and `WEB_ORIGINS`, on the same site as the server. `tokens`, which is the default, works
   * everywhere.
   */
  session?: 'tokens' | 'cookies';
  /** Where tokens are kept; in memory when absent. */
  tokens?: TokenStore;
  /** Stands in for the global `fetch`. */
  fetch?: typeof fetch;
  /** Stands in for the global `WebSocket`, which Node has from version 22 on; only subscriptions need it. */
  WebSocket?: WebSocketClass;
  /** Once aborted, the socket closes, every subscription completes, and no other begins; calls over HTTP go on. */
  signal?: AbortSignal;
};

/**
 * A typed client of the whole API. Queries and mutations go over HTTP, those of one tick in one request; subscriptions go
 * over one WebSocket, which is opened for the first, closed 5 s after the last, and opened again when it was lost, going
 * on where it was. A login or registration is remembered, sent with every call, known to the open socket, and renewed
 * before or when its access token has expired; a login in cookies is also guarded by a CSRF token. Tips, top-ups, tickets
 * and payouts carry an idempotency key, and are sent again when no answer came, so that they happen once.
 *
 * Failures are `TRPCClientError`s whose `data.appCode` is one of our error codes. A subscription fails only with those
 * that coming back does not mend, such as SESSION_REVOKED, ACCOUNT_SUSPENDED, BANNED or ACCESS_REQUIRED.
 */
export const createClient = (options: ClientOptions): TRPCClient<AppRouter> => {
  const server = options.url.replace(/\/+$/, '');
  const isInCookies = options.session === 'cookies';
  const { fetch: send = (input, init) => fetch(input, init) } = options;
  const request: typeof fetch = isInCookies
    ? (input, init) => send(input, { ...init, credentials: 'include' })
    : send;
  const transport = {
    url: `${server}/trpc`,
    maxItems: BATCH_CALLS_MAX,
    maxURLLength: URL_LENGTH_MAX,
    fetch: request,
  };

  const plain = createTRPCClient<AppRouter>({
    links: [
      httpBatchLink({ ...transport, headers: ({ opList }) => (isInCookies ? keeper.headers(opList) : {}) }),
    ],
  });
  const keeper: SessionKeeper = isInCookies
    ? createCookieKeeper({ url: server, fetch: request, refresh: () => plain.auth.refresh.mutate() })
    : createTokenKeeper(options.tokens ?? createMemoryTokenStore(), (refreshToken) =>
        plain.auth.refresh.mutate({ refreshToken }),
      );
  const session = createSession(keeper);
  const live = createLiveLink({
    url: transport.url,
    WebSocket: options.WebSocket ?? globalThis.WebSocket,
    session,
    signal: options.signal,
  });
  return createTRPCClient<AppRouter>({
    links: [
      splitLink({
        // Renewing a socket is a call about the socket that carries it.
        condition: ({ type, path }) => type === 'subscription' || path === 'auth.renewSocket',
        true: live,
        false: [
          ...idempotencyLinks,
          createSessionLink(session),
          httpBatchLink({ ...transport, headers: ({ opList }) => session.headers(opList) }),
        ],
      }),
    ],
  });
};
