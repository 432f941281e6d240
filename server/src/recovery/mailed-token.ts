import { createHash, randomBytes } from 'node:crypto';

const TOKEN_BYTES = 32;

/** What is stored of a token. A plain hash is enough for 256 random bits, which nobody guesses. */
export const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex');

/** A token for a link, in 43 characters of base64url, and its hash. */
export const createMailedToken = (): { token: string; tokenHash: string } => {
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  return { token, tokenHash: hashToken(token) };
};
