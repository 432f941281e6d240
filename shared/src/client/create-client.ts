import { createTRPCClient, httpBatchLink, type TRPCClient } from '@trpc/client';
import type { AppRouter } from '../app-router.js';
import { createSessionLink } from './session-link.js';
import { createMemoryTokenStore, type TokenStore } from './token-store.js';

export type { AppRouter } from '../app-router.js';
export { createMemoryTokenStore, type TokenStore } from './token-store.js';

/** As many calls as the server takes in one request. */
const BATCH_CALLS_MAX = 10;
/** Below what proxies accept in a URL; longer batches of queries are split. */
const URL_LENGTH_MAX = 8000;

export type ClientOptions = {
  /** Where the server is, such as `https://api.example.com`. */
  url: string;
  /** Where tokens are kept; in memory when absent. */
  tokens?: TokenStore;
  /** Stands in for the global `fetch`. */
  fetch?: typeof fetch;
};

/**
 * A typed client of the whole API over HTTP. Calls of one tick share a request; a login or registration is remembered,
 * sent with every call, and renewed when its access token has expired. Failures are `TRPCClientError`s whose
 * `data.appCode` is one of our error codes.
 */
export const createClient = (options: ClientOptions): TRPCClient<AppRouter> => {
  const url = `${options.url.replace(/\/+$/, '')}/trpc`;
  const tokens = options.tokens ?? createMemoryTokenStore();
  const transport = {
    url,
    maxItems: BATCH_CALLS_MAX,
    maxURLLength: URL_LENGTH_MAX,
    ...(options.fetch && { fetch: options.fetch }),
  };

  const plain = createTRPCClient<AppRouter>({ links: [httpBatchLink(transport)] });
  const refresh = (refreshToken: string) => plain.auth.refresh.mutate({ refreshToken });

  const headers = async () => {
    const held = await tokens.load();
    return held ? { authorization: `Bearer ${held.accessToken}` } : {};
  };
  return createTRPCClient<AppRouter>({
    links: [createSessionLink(tokens, refresh), httpBatchLink({ ...transport, headers })],
  });
};
