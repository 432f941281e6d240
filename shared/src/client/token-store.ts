import type { TokenPair } from '../auth.js';

/** Where a client keeps its tokens between calls; both may be asynchronous. `null` means signed out. */
export type TokenStore = {
  load(): TokenPair | null | Promise<TokenPair | null>;
  save(tokens: TokenPair | null): void | Promise<void>;
};

/** Keeps the tokens as long as the page or the process lives, and where no other script finds them. */
export const createMemoryTokenStore = (initial: TokenPair | null = null): TokenStore => {
  let tokens = initial;
  return {
    load: () => tokens,
    save: (next) => {
      tokens = next;
    },
  };
};
