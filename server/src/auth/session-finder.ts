import type { Tokens } from './tokens.js';

/**
 * Finds the id of the session that one of the tokens, by its signature, belongs to; undefined when neither is good. The
 * session may have ended meanwhile.
 */
export const createSessionFinder =
  (tokens: Pick<Tokens, 'verifyAccess' | 'verifyRefresh'>) =>
  async (given: {
    accessToken: string | undefined;
    refreshToken: string | undefined;
  }): Promise<string | undefined> => {
    const { accessToken = '', refreshToken = '' } = given;
    const found = await tokens
      .verifyRefresh(refreshToken)
      .catch(() => tokens.verifyAccess(accessToken))
      .catch(() => undefined);
    return found?.sessionId;
  };
