import type {
  BeginSecondFactorInput,
  ConfirmSecondFactorInput,
  RecoveryCodes,
  RemoveSecondFactorInput,
  RenewRecoveryCodesInput,
  SecondFactor,
  SecondFactorSecret,
} from '@versbottomlex/shared';
import type { AuthService } from '../auth/auth.service.js';
import type { Identity } from '../auth/identity.js';
import type { MailService } from '../mail/mail.service.js';
import { AppError } from '../platform/app-error.js';
import type { Clock } from '../platform/clock.js';
import type { Database } from '../platform/database.js';
import type { EventBus } from '../platform/event-bus.js';
import type { Logger } from '../platform/logger.js';
import type { Sealer } from '../platform/sealer.js';
import { makeSecret, uriOf } from './one-time-passwords.js';
import { hashRecoveryCode, makeRecoveryCodes } from './recovery-codes.js';
import * as queries from './second-factor.queries.js';
import { requireSpent, type SecondFactorCodesService } from './second-factor-codes.service.js';
import { createSecondFactorMails } from './second-factor-mails.js';

type Deps = {
  database: Database;
  bus: EventBus;
  clock: Clock;
  logger: Logger;
  sealer: Sealer;
  codes: SecondFactorCodesService;
  auth: Pick<AuthService, 'requirePassword' | 'me'>;
  mail: Pick<MailService, 'tell'>;
  /** What authenticator apps list the account under. */
  issuer: string;
};

/** One-time passwords as a second factor (RFC 6238), with recovery codes. Whatever a code is taken for, it is gone. */
export const createSecondFactorService = (deps: Deps) => {
  const { database, bus, clock, logger, sealer, codes, auth, issuer } = deps;
  const mails = createSecondFactorMails(deps);

  /** The found code, with whose it is and when, for an account whose second factor is confirmed. */
  const findOwnCode = async ({ userId, sessionId }: Identity, typed: string) => {
    const factor = await queries.findSecondFactor(database, userId);
    if (!factor?.confirmedAt) throw new AppError('SECOND_FACTOR_NOT_SET_UP');
    const now = clock.now();
    return {
      ...(await codes.findCode(userId, factor.secret, typed)),
      userId,
      sessionId,
      now: now.toISOString(),
    };
  };

  const makeHashedCodes = (userId: string) => {
    const recoveryCodes = makeRecoveryCodes();
    return { recoveryCodes, hashes: recoveryCodes.map((code) => hashRecoveryCode(code, userId)) };
  };

  return {
    get: async ({ userId }: Identity): Promise<SecondFactor> => {
      const factor = await queries.findSecondFactor(database, userId);
      if (!factor?.confirmedAt) return { isSetUp: false, recoveryCodesLeft: 0 };
      return { isSetUp: true, recoveryCodesLeft: await queries.countRecoveryCodes(database, userId) };
    },

    /**
     * Makes a secret, which is asked for once its first code has confirmed it; an earlier one that was not is gone.
     * Throws INVALID_CREDENTIALS, SECOND_FACTOR_ALREADY_SET_UP, OVERLOADED.
     */
    beginSetUp: async (identity: Identity, input: BeginSecondFactorInput): Promise<SecondFactorSecret> => {
      const { userId } = identity;
      const { username } = await auth.requirePassword(identity, input.currentPassword);
      const secret = makeSecret();
      const sealed = await sealer.seal(secret, userId);
      const now = clock.now().toISOString();
      if (!(await queries.beginSecondFactor(database, { userId, secret: sealed, now }))) {
        throw new AppError('SECOND_FACTOR_ALREADY_SET_UP');
      }
      return { secret, uri: uriOf(secret, { issuer, label: username }) };
    },

    /**
     * The account has a second factor from now on: this session has given it, the others end. Throws
     * SECOND_FACTOR_INVALID, SECOND_FACTOR_NOT_SET_UP before it was begun, SECOND_FACTOR_ALREADY_SET_UP, RATE_LIMITED.
     */
    confirm: async (identity: Identity, input: ConfirmSecondFactorInput): Promise<RecoveryCodes> => {
      const { userId, sessionId } = identity;
      const factor = await queries.findSecondFactor(database, userId);
      if (!factor) throw new AppError('SECOND_FACTOR_NOT_SET_UP');
      const now = clock.now();
      const found = await codes.findCode(userId, factor.secret, input.code);
      const { recoveryCodes, hashes } = makeHashedCodes(userId);
      const act = { ...found, userId, sessionId, hashes, now: now.toISOString() };
      requireSpent(await queries.confirmSecondFactor(database, act), now);
      bus.publish({ type: 'identityChanged', userId });
      logger.info('Second factor set up', { userId });
      mails.tellSetUp(() => auth.me(identity));
      return { recoveryCodes };
    },

    /** Throws SECOND_FACTOR_INVALID, SECOND_FACTOR_NOT_SET_UP, RATE_LIMITED. */
    renewRecoveryCodes: async (
      identity: Identity,
      input: RenewRecoveryCodesInput,
    ): Promise<RecoveryCodes> => {
      const act = await findOwnCode(identity, input.code);
      const { recoveryCodes, hashes } = makeHashedCodes(identity.userId);
      requireSpent(await queries.renewRecoveryCodes(database, { ...act, hashes }), clock.now());
      logger.info('Recovery codes renewed', { userId: identity.userId });
      mails.tellRecoveryCodes(() => auth.me(identity));
      return { recoveryCodes };
    },

    /** Ends the other sessions. Throws INVALID_CREDENTIALS and as renewRecoveryCodes does; OVERLOADED. */
    remove: async (identity: Identity, input: RemoveSecondFactorInput): Promise<SecondFactor> => {
      const { userId } = identity;
      await auth.requirePassword(identity, input.currentPassword);
      const act = await findOwnCode(identity, input.code);
      requireSpent(await queries.removeSecondFactor(database, act), clock.now());
      bus.publish({ type: 'identityChanged', userId });
      logger.info('Second factor removed', { userId });
      mails.tellRemoved(() => auth.me(identity));
      return { isSetUp: false, recoveryCodesLeft: 0 };
    },
  };
};

export type SecondFactorService = ReturnType<typeof createSecondFactorService>;
