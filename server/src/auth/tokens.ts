import type { TokenPair } from '@versbottomlex/shared';
import { errors, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import type { RotatedSecret, Secrets } from '../config-secrets.js';
import { AppError } from '../platform/app-error.js';
import { addSeconds, type Clock } from '../platform/clock.js';

const ISSUER = 'versbottomlex';
const ALGORITHM = 'HS256';
export const ACCESS_TOKEN_SECONDS = 15 * 60;
const TOKEN_LENGTH_MAX = 4096;
/** About 5 MB of tokens; a node with more users in fifteen minutes verifies some of them twice. */
const CACHED_CLAIMS_MAX = 10_000;

/** RFC 9068 names the type of access tokens; each kind has its own type, audience and key, so none passes for another. */
const kinds = {
  access: { typ: 'at+jwt', audience: 'versbottomlex-api' },
  refresh: { typ: 'rt+jwt', audience: 'versbottomlex-refresh' },
} as const;

const Claims = z.object({
  sub: z.uuid(),
  sid: z.uuid(),
  tv: z.int().nonnegative(),
  jti: z.uuid(),
  exp: z.number(),
});

export type TokenClaims = {
  userId: string;
  sessionId: string;
  tokenVersion: number;
  tokenId: string;
  expiresAt: number;
};

export type TokenSubject = { userId: string; sessionId: string; tokenVersion: number };

const importKey = (secret: string) =>
  crypto.subtle.importKey('raw', new TextEncoder().encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
    'verify',
  ]);

const importKeys = ({ current, previous }: RotatedSecret) => ({
  current: importKey(current),
  previous: previous === undefined ? undefined : importKey(previous),
});

const toClaims = (payload: JWTPayload): TokenClaims => {
  const claims = Claims.parse(payload);
  return {
    userId: claims.sub,
    sessionId: claims.sid,
    tokenVersion: claims.tv,
    tokenId: claims.jti,
    expiresAt: claims.exp * 1000,
  };
};

/**
 * Signs both kinds of token (JWT, HS256), and verifies them, also those that the previous key has signed. Verified
 * access tokens are remembered, since verification costs a trip through the thread pool; their expiry is checked on
 * every call all the same.
 */
export const createTokens = (options: { secrets: Pick<Secrets, 'access' | 'refresh'>; clock: Clock }) => {
  const { clock } = options;
  const keys = {
    access: importKeys(options.secrets.access),
    refresh: importKeys(options.secrets.refresh),
  };
  const verified = new LRUCache<string, TokenClaims>({ max: CACHED_CLAIMS_MAX });

  const sign = async (kind: keyof typeof kinds, subject: TokenSubject, tokenId: string, expiresAt: Date) =>
    new SignJWT({ sid: subject.sessionId, tv: subject.tokenVersion })
      .setProtectedHeader({ alg: ALGORITHM, typ: kinds[kind].typ })
      .setIssuer(ISSUER)
      .setAudience(kinds[kind].audience)
      .setSubject(subject.userId)
      .setJti(tokenId)
      .setIssuedAt(clock.now())
      .setExpirationTime(expiresAt)
      .sign(await keys[kind].current);

  const verifyWith = async (
    key: ReturnType<typeof importKey>,
    kind: keyof typeof kinds,
    token: string,
  ): Promise<TokenClaims> => {
    const { payload } = await jwtVerify(token, await key, {
      algorithms: [ALGORITHM],
      issuer: ISSUER,
      audience: kinds[kind].audience,
      typ: kinds[kind].typ,
      currentDate: clock.now(),
    });
    return toClaims(payload);
  };

  const verify = async (kind: keyof typeof kinds, token: string): Promise<TokenClaims> => {
    if (token.length > TOKEN_LENGTH_MAX) throw new errors.JWTInvalid('too long');
    const { current, previous } = keys[kind];
    try {
      return await verifyWith(current, kind, token);
    } catch (error) {
      const isOfAnotherKey = error instanceof errors.JWSSignatureVerificationFailed;
      if (!isOfAnotherKey || previous === undefined) throw error;
      return verifyWith(previous, kind, token);
    }
  };

  const expired = () => new AppError('ACCESS_TOKEN_EXPIRED');

  return {
    /**
     * A new pair; `refreshTokenId` must be the one that the session's row holds. Where the session ends before a quarter
     * of an hour is over, the access token ends with it.
     */
    issue: async (
      subject: TokenSubject,
      refreshTokenId: string,
      refreshExpiresAt: Date,
    ): Promise<TokenPair> => {
      const now = clock.now();
      const secondsLeft = Math.floor((refreshExpiresAt.getTime() - now.getTime()) / 1000);
      const expiresInSeconds = Math.min(ACCESS_TOKEN_SECONDS, secondsLeft);
      const [accessToken, refreshToken] = await Promise.all([
        sign('access', subject, uuidv7(), addSeconds(now, expiresInSeconds)),
        sign('refresh', subject, refreshTokenId, refreshExpiresAt),
      ]);
      return { accessToken, refreshToken, expiresInSeconds };
    },

    /** Throws ACCESS_TOKEN_EXPIRED or ACCESS_TOKEN_INVALID. */
    verifyAccess: async (token: string): Promise<TokenClaims> => {
      const known = verified.get(token);
      if (known) {
        if (known.expiresAt <= clock.now().getTime()) throw expired();
        return known;
      }
      try {
        const claims = await verify('access', token);
        verified.set(token, claims);
        return claims;
      } catch (cause) {
        throw cause instanceof errors.JWTExpired
          ? expired()
          : new AppError('ACCESS_TOKEN_INVALID', { cause });
      }
    },

    /** Throws REFRESH_TOKEN_INVALID, whatever is wrong. */
    verifyRefresh: (token: string): Promise<TokenClaims> =>
      verify('refresh', token).catch((cause: unknown) => {
        throw new AppError('REFRESH_TOKEN_INVALID', { cause });
      }),
  };
};

export type Tokens = ReturnType<typeof createTokens>;
