import type { ListSessionsInput, RevokedSession, SessionPage } from '@versbottomlex/shared';
import type { Identity } from '../auth/identity.js';
import { AppError } from '../platform/app-error.js';
import type { Clock } from '../platform/clock.js';
import { decodeMomentCursor, toPage } from '../platform/cursor.js';
import type { Database } from '../platform/database.js';
import type { EventBus } from '../platform/event-bus.js';
import type { Logger } from '../platform/logger.js';
import { createDeadSessions } from './dead-sessions.js';
import * as queries from './sessions.queries.js';

type Deps = { database: Database; bus: EventBus; clock: Clock; logger: Logger };

/** What the owner of an account sees of its sessions, and the way to end one from another device. */
export const createSessionsService = (deps: Deps) => {
  const { database, bus, clock } = deps;
  const dead = createDeadSessions(deps);
  return {
    /** Removes what is left of sessions a day after the last of their tokens could end, and stops doing so. */
    start: dead.start,
    stop: dead.stop,
    removeDead: dead.run,

    /** Those that are good, the latest login first. Throws VALIDATION_FAILED for a foreign cursor. */
    list: async (identity: Identity, { limit, cursor }: ListSessionsInput): Promise<SessionPage> => {
      const of = {
        userId: identity.userId,
        currentId: identity.sessionId,
        now: clock.now().toISOString(),
        ...decodeMomentCursor(cursor),
        limit: limit + 1,
      };
      return toPage(await queries.listSessions(database, of), limit, ({ createdAt, id }) => [createdAt, id]);
    },

    /** Its tokens die and its sockets close, also when it is the caller's. Again is the same. Throws NOT_FOUND. */
    revoke: async ({ userId }: Identity, id: string): Promise<RevokedSession> => {
      const now = clock.now().toISOString();
      const isHere = await queries.revokeSession(database, { userId, sessionId: id, now });
      if (!isHere) throw new AppError('NOT_FOUND', { detail: 'You have no such session.' });
      bus.publish({ type: 'sessionRevoked', userId, sessionId: id });
      return { id };
    },
  };
};

export type SessionsService = ReturnType<typeof createSessionsService>;
