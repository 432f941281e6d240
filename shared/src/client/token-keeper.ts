import { TokenPair } from '../auth.js';
import type { Grant, SessionKeeper } from './session.js';
import type { TokenStore } from './token-store.js';

/** Exchanges a refresh token for a new pair, outside the client's own links. */
type RefreshTokens = (refreshToken: string) => Promise<unknown>;

/** Keeps a session as the pair of its tokens, and sends the access token in a header. */
export const createTokenKeeper = (store: TokenStore, refresh: RefreshTokens): SessionKeeper => {
  const load = async (): Promise<Grant | null> => {
    const tokens = await store.load();
    return tokens && { version: tokens.accessToken, accessToken: tokens.accessToken };
  };
  const drop = async (): Promise<void> => store.save(null);
  return {
    isInCookies: false,
    load,
    isSignedOut: async () => (await store.load()) === null,
    keep: async (answer) => store.save(TokenPair.parse(answer)),
    drop,
    discard: drop,
    refresh: async ({ version }) => {
      const held = await store.load();
      return held?.accessToken === version ? refresh(held.refreshToken) : undefined;
    },
    mend: () => false,
    headers: async (): Promise<Record<string, string>> => {
      const held = await load();
      return held ? { authorization: `Bearer ${held.accessToken}` } : {};
    },
  };
};
