import type { DeletedUser, UpdateUserInput, UserProfile, VerifyUserInput } from '@versbottomlex/shared';
import { type Identity, isSelfOrAdmin } from '../auth/identity.js';
import type { LedgerService } from '../ledger/ledger.service.js';
import { AppError } from '../platform/app-error.js';
import { addSeconds, type Clock } from '../platform/clock.js';
import type { Database } from '../platform/database.js';
import type { EventBus } from '../platform/event-bus.js';
import type { Logger } from '../platform/logger.js';
import type { MediaService } from '../uploads/media.service.js';
import { balanceOpen } from './open-money.js';
import * as queries from './users.queries.js';

/** Who deletes an account has given its password this recently. */
const REAUTHENTICATION_SECONDS = 15 * 60;

const notFound = () => new AppError('NOT_FOUND', { detail: 'There is no such user.' });
const forbidden = () => new AppError('FORBIDDEN', { detail: 'Only the user and admins may do this.' });

type Deps = {
  database: Database;
  bus: EventBus;
  clock: Clock;
  logger: Logger;
  ledger: Pick<LedgerService, 'requireSound' | 'noteMoved'>;
  media: Pick<MediaService, 'listOfUser' | 'forget'>;
  /** `auto` verifies whoever asks to perform; `admin` leaves that to an admin. */
  performerApproval: 'auto' | 'admin';
};

/** Profiles, performers and the end of accounts. */
export const createUsersService = (deps: Deps) => {
  const { database, bus, clock, logger, ledger, media, performerApproval } = deps;

  /** Open streams that belong to the account change with it. */
  const announce = (userId: string) => bus.publish({ type: 'identityChanged', userId });

  const requireRecentLogin = (identity: Identity) => {
    const goodSince = addSeconds(clock.now(), -REAUTHENTICATION_SECONDS);
    if (new Date(identity.signedInAt) < goodSince) {
      throw new AppError('REAUTHENTICATION_REQUIRED', {
        detail: 'Deleting an account needs a login of the last 15 minutes; log in again.',
      });
    }
  };

  return {
    /** Throws NOT_FOUND for an unknown or deleted user. */
    get: async (id: string): Promise<UserProfile> => {
      const profile = await queries.findProfile(database, id);
      if (!profile) throw notFound();
      return profile;
    },

    /** Throws FORBIDDEN, NOT_FOUND, USERNAME_TAKEN. */
    update: async (identity: Identity, input: UpdateUserInput): Promise<UserProfile> => {
      if (!isSelfOrAdmin(identity, input.id)) throw forbidden();
      const profile = await queries.updateProfile(database, { ...input, actorId: identity.userId });
      if (!profile) throw notFound();
      announce(input.id);
      return profile;
    },

    /**
     * Anonymises the account for good, and gives up its money where that is asked for. Throws FORBIDDEN,
     * REAUTHENTICATION_REQUIRED, NOT_FOUND, BALANCE_OPEN, LAST_ADMIN; PAYMENTS_HALTED when money would be given up.
     */
    delete: async (identity: Identity, id: string, forfeit = false): Promise<DeletedUser> => {
      if (!isSelfOrAdmin(identity, id)) throw forbidden();
      if (identity.userId === id) requireRecentLogin(identity);
      if (forfeit) ledger.requireSound();
      const pictures = await media.listOfUser(id);
      const deletedAt = clock.now().toISOString();
      const deletion = await queries.deleteAccount(database, {
        id,
        actorId: identity.userId,
        now: deletedAt,
        forfeit,
      });
      if (deletion.outcome === 'NOT_FOUND') throw notFound();
      if (deletion.outcome === 'BALANCE_OPEN') throw balanceOpen(deletion.openMoney);
      if (forfeit) ledger.noteMoved();
      announce(id);
      logger.info('User deleted', { userId: id, byUserId: identity.userId, isBalanceForfeited: forfeit });
      await media.forget(id, pictures);
      return { id, deletedAt };
    },

    /** Throws FORBIDDEN for anyone else, ALREADY_A_PERFORMER. */
    becomePerformer: async (identity: Identity, id: string): Promise<UserProfile> => {
      if (identity.userId !== id)
        throw new AppError('FORBIDDEN', { detail: 'Only the user may ask to perform.' });
      const profile = await queries.becomePerformer(database, {
        id,
        isVerified: performerApproval === 'auto',
      });
      if (!profile) throw new AppError('ALREADY_A_PERFORMER');
      announce(id);
      logger.info('User became performer', { userId: id, isVerified: profile.isVerified });
      return profile;
    },

    /** Makes a verified performer, or takes the verification back. Throws NOT_FOUND. */
    verify: async (identity: Identity, input: VerifyUserInput): Promise<UserProfile> => {
      const profile = await queries.setVerified(database, { ...input, actorId: identity.userId });
      if (!profile) throw notFound();
      announce(input.id);
      logger.info('Verification changed', { ...input, byUserId: identity.userId });
      return profile;
    },
  };
};

export type UsersService = ReturnType<typeof createUsersService>;
