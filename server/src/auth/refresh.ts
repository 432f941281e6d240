import type { TokenPair } from '@versbottomlex/shared';
import { v7 as uuidv7 } from 'uuid';
import type { LimitsService } from '../limits/limits.service.js';
import { AppError } from '../platform/app-error.js';
import { addSeconds, type Clock } from '../platform/clock.js';
import type { Database } from '../platform/database.js';
import type { EventBus } from '../platform/event-bus.js';
import type { Logger } from '../platform/logger.js';
import { REFRESH_SECONDS } from './session-opener.js';
import { revokeReusedSession, rotateRefreshToken } from './sessions.queries.js';
import type { TokenClaims, Tokens } from './tokens.js';

type Deps = {
  database: Database;
  bus: EventBus;
  clock: Clock;
  logger: Logger;
  tokens: Tokens;
  limits: Pick<LimitsService, 'requireRefresh'>;
};

/**
 * Spends a refresh token for a new pair. Calls with one token that are under way together in this process share one
 * rotation. Throws REFRESH_TOKEN_INVALID, REFRESH_TOKEN_REUSED (which ends the session), SESSION_REVOKED,
 * RATE_LIMITED.
 */
export const createRefresh = ({ database, bus, clock, logger, tokens, limits }: Deps) => {
  const rotations = new Map<string, Promise<TokenPair>>();

  const rotate = async (claims: TokenClaims): Promise<TokenPair> => {
    const now = clock.now();
    const rotation = {
      ...claims,
      nextTokenId: uuidv7(),
      now: now.toISOString(),
      expiresAt: addSeconds(now, REFRESH_SECONDS).toISOString(),
    };
    const rotated = await rotateRefreshToken(database, rotation);
    if (rotated) return tokens.issue(claims, rotation.nextTokenId, new Date(rotated.expiresAt));
    if (await revokeReusedSession(database, rotation)) {
      bus.publish({ type: 'sessionRevoked', userId: claims.userId, sessionId: claims.sessionId });
      logger.warn('Refresh token reused, session revoked', { userId: claims.userId });
      throw new AppError('REFRESH_TOKEN_REUSED', {
        detail: 'The session was ended for safety; sign in again.',
      });
    }
    throw new AppError('SESSION_REVOKED');
  };

  return ({ refreshToken }: { refreshToken: string }): Promise<TokenPair> => {
    const underWay = rotations.get(refreshToken);
    if (underWay) return underWay;
    // Entered before the token is verified: a call whose verification took longer would find the token spent.
    const rotation = tokens
      .verifyRefresh(refreshToken)
      .then(async (claims) => {
        await limits.requireRefresh(claims.sessionId);
        return rotate(claims);
      })
      .finally(() => rotations.delete(refreshToken));
    rotations.set(refreshToken, rotation);
    return rotation;
  };
};
