import type {
  AdministeredUser,
  AuditLogPage,
  ListAuditLogInput,
  SetRoleInput,
  SuspendUserInput,
} from '@versbottomlex/shared';
import { z } from 'zod';
import type { Identity } from '../auth/identity.js';
import { AppError } from '../platform/app-error.js';
import type { Clock } from '../platform/clock.js';
import { decodeCursor, toPage } from '../platform/cursor.js';
import type { Database } from '../platform/database.js';
import type { EventBus } from '../platform/event-bus.js';
import type { Logger } from '../platform/logger.js';
import {
  type AccountAct,
  changeRole,
  clearSecondFactor,
  liftSuspension,
  suspendUser,
} from './account-acts.queries.js';
import { listAuditEntries } from './audit-log.queries.js';

const Place = z.tuple([z.int().positive()]);

const details = {
  NOT_FOUND: 'There is no such user.',
  FORBIDDEN: 'You cannot suspend yourself: another admin has to.',
  LAST_ADMIN: 'Nobody would be left to administer the site; make another admin first.',
};

/** Who acts on an account: an admin, or null for somebody at the server's console. */
type Actor = Pick<Identity, 'userId'> | null;

type Deps = { database: Database; bus: EventBus; clock: Clock; logger: Logger };

/** What admins do to accounts, and the log of what was done. */
export const createAdministrationService = ({ database, bus, clock, logger }: Deps) => {
  /** What is announced ends sockets, feeds and shows on every node. */
  const finish = (id: string, { outcome, ended, result }: AccountAct): AdministeredUser => {
    if (outcome === 'done') {
      bus.publish({ type: 'identityChanged', userId: id });
      for (const streamId of ended) bus.publish({ type: 'streamChanged', streamId });
    }
    if (result !== null) return result;
    if (outcome === 'done' || outcome === 'unchanged') throw new AppError('INTERNAL_ERROR');
    throw new AppError(outcome, { detail: details[outcome] });
  };

  const actedAt = () => clock.now().toISOString();

  return {
    /**
     * Ends the sessions, sockets and streams of an account, which cannot sign in until that is lifted. Throws NOT_FOUND,
     * FORBIDDEN for oneself, LAST_ADMIN.
     */
    suspend: async (actor: Actor, { id, reason }: SuspendUserInput): Promise<AdministeredUser> => {
      const actorId = actor?.userId ?? null;
      const act = await suspendUser(database, { id, actorId, reason: reason ?? null, now: actedAt() });
      const user = finish(id, act);
      if (act.outcome === 'done') logger.info('User suspended', { userId: id, byUserId: actorId });
      return user;
    },

    /** Lets an account sign in again; what was ended stays so. Throws NOT_FOUND. */
    liftSuspension: async (actor: Actor, id: string): Promise<AdministeredUser> => {
      const actorId = actor?.userId ?? null;
      const act = await liftSuspension(database, { id, actorId });
      const user = finish(id, act);
      if (act.outcome === 'done') logger.info('Suspension lifted', { userId: id, byUserId: actorId });
      return user;
    },

    /** Who becomes a viewer loses verification and live streams. Throws NOT_FOUND, LAST_ADMIN. */
    setRole: async (actor: Actor, { id, role }: SetRoleInput): Promise<AdministeredUser> => {
      const actorId = actor?.userId ?? null;
      const act = await changeRole(database, { id, actorId, role, now: actedAt() });
      const user = finish(id, act);
      if (act.outcome === 'done') logger.info('Role changed', { userId: id, role, byUserId: actorId });
      return user;
    },

    /**
     * Lets an owner in who cannot give a code any more: at the console alone, by whoever has made sure who asks. Every
     * session ends. Throws NOT_FOUND, SECOND_FACTOR_NOT_SET_UP.
     */
    clearSecondFactor: async (id: string): Promise<void> => {
      const wasCleared = await clearSecondFactor(database, { id, actorId: null, now: actedAt() });
      if (wasCleared === null) throw new AppError('NOT_FOUND', { detail: details.NOT_FOUND });
      if (!wasCleared) {
        throw new AppError('SECOND_FACTOR_NOT_SET_UP', { detail: 'There is no second factor to remove.' });
      }
      bus.publish({ type: 'identityChanged', userId: id });
      logger.info('Second factor removed', { userId: id, byUserId: null });
    },

    /** Throws VALIDATION_FAILED for a foreign cursor. */
    listAuditLog: async (input: ListAuditLogInput): Promise<AuditLogPage> => {
      const { actorId, subjectId, action, limit, cursor } = input;
      const before = cursor === undefined ? undefined : decodeCursor(cursor, Place)[0];
      const rows = await listAuditEntries(database, { actorId, subjectId, action, before, limit: limit + 1 });
      return toPage(rows, limit, ({ seq }) => [seq]);
    },
  };
};

export type AdministrationService = ReturnType<typeof createAdministrationService>;
