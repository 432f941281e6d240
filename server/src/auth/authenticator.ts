import { LRUCache } from 'lru-cache';
import { AppError } from '../platform/app-error.js';
import type { Clock } from '../platform/clock.js';
import type { Database } from '../platform/database.js';
import type { EventBus } from '../platform/event-bus.js';
import type { Logger } from '../platform/logger.js';
import type { Identity } from './identity.js';
import { createSessionUse } from './session-use.js';
import { findSessionIdentity, listLivingSessions, type SessionIdentity } from './sessions.queries.js';
import type { TokenClaims, Tokens } from './tokens.js';

/** How long a revocation may go unnoticed when the bus loses it. */
const IDENTITY_TTL_MS = 5000;
const CACHED_USERS_MAX = 20_000;

type Loaded = { identity: Promise<SessionIdentity | undefined>; loadedAtMs: number };

const isFresh = ({ loadedAtMs }: Loaded, nowMs: number): boolean => nowMs - loadedAtMs < IDENTITY_TTL_MS;

/**
 * Turns an access token into an identity: the token by its signature, the session and the token version by the
 * database, remembered for 5 s and forgotten at once when the bus says so. Throws ACCESS_TOKEN_EXPIRED,
 * ACCESS_TOKEN_INVALID, SESSION_REVOKED or ACCOUNT_SUSPENDED.
 */
export const createAuthenticator = (deps: {
  database: Database;
  bus: EventBus;
  clock: Clock;
  logger: Logger;
  tokens: Tokens;
}) => {
  const { database, bus, clock, tokens } = deps;
  const use = createSessionUse(deps);
  // By user, so that what ends all sessions of a user is one deletion.
  const users = new LRUCache<string, Map<string, Loaded>>({ max: CACHED_USERS_MAX });

  bus.subscribe((event) => {
    if (event.type === 'identityChanged') users.delete(event.userId);
    if (event.type === 'sessionRevoked') users.get(event.userId)?.delete(event.sessionId);
  });

  const load = (claims: TokenClaims): Promise<SessionIdentity | undefined> => {
    const identity = findSessionIdentity(database, claims);
    const sessions = users.get(claims.userId) ?? new Map<string, Loaded>();
    users.set(claims.userId, sessions);
    const loadedAtMs = clock.now().getTime();
    // Whoever logs in again and again leaves nothing behind.
    for (const [sessionId, known] of sessions) if (!isFresh(known, loadedAtMs)) sessions.delete(sessionId);
    sessions.set(claims.sessionId, { identity, loadedAtMs });
    identity.then(
      (found) => found && use.note(found),
      // A failure is told to whoever waits for it, and to nobody later.
      () => sessions.delete(claims.sessionId),
    );
    return identity;
  };

  const recall = (claims: TokenClaims): Promise<SessionIdentity | undefined> => {
    const known = users.get(claims.userId)?.get(claims.sessionId);
    return known && isFresh(known, clock.now().getTime()) ? known.identity : load(claims);
  };

  const admit = (claims: TokenClaims, found: SessionIdentity | undefined): Identity => {
    if (!found || found.tokenVersion !== claims.tokenVersion) throw new AppError('SESSION_REVOKED');
    if (found.suspendedAt !== null) throw new AppError('ACCOUNT_SUSPENDED');
    return found;
  };

  return {
    /** When the token ends, in milliseconds since 1970. Throws ACCESS_TOKEN_EXPIRED or ACCESS_TOKEN_INVALID. */
    expiryOf: async (accessToken: string): Promise<number> =>
      (await tokens.verifyAccess(accessToken)).expiresAt,

    /** Those of the sessions that are still good, with the version that their tokens must have. */
    listLivingSessions: (sessionIds: string[]): Promise<Map<string, number>> =>
      listLivingSessions(database, sessionIds),

    /** As of 5 s ago at most. */
    authenticate: async (accessToken: string): Promise<Identity> => {
      const claims = await tokens.verifyAccess(accessToken);
      return admit(claims, await recall(claims));
    },
    /** As of now: for money and administration. */
    authenticateAfresh: async (accessToken: string): Promise<Identity> => {
      const claims = await tokens.verifyAccess(accessToken);
      return admit(claims, await load(claims));
    },
  };
};
