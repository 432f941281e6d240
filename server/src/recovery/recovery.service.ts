import type {
  ConfirmEmailChangeInput,
  MailConfirmed,
  MailRequested,
  RequestEmailChangeInput,
  RequestPasswordResetInput,
  ResetPasswordInput,
  VerifyEmailInput,
} from '@versbottomlex/shared';
import type { AuthService } from '../auth/auth.service.js';
import type { Identity } from '../auth/identity.js';
import type { MailService } from '../mail/mail.service.js';
import { AppError, fieldError, invalidField } from '../platform/app-error.js';
import type { Clock } from '../platform/clock.js';
import type { Database } from '../platform/database.js';
import type { EventBus } from '../platform/event-bus.js';
import type { Logger } from '../platform/logger.js';
import type { PasswordHasher } from '../platform/password-hasher.js';
import { requireUncommonPassword } from '../platform/password-policy.js';
import { createSweep } from '../platform/sweep.js';
import type { SecondFactorCodesService } from '../second-factor/second-factor-codes.service.js';
import type { AccountMailsService } from './account-mails.service.js';
import { LINK_SECONDS } from './mail-texts.js';
import { hashToken } from './mailed-token.js';
import * as queries from './recovery.queries.js';

const SWEEP_INTERVAL_MS = 3_600_000;

const requested: MailRequested = { linkExpiresInSeconds: LINK_SECONDS };

const tokenInvalid = () =>
  fieldError('ACCOUNT_TOKEN_INVALID', 'token', 'is no longer good: ask for another mail');

type Deps = {
  database: Database;
  bus: EventBus;
  clock: Clock;
  logger: Logger;
  passwords: PasswordHasher;
  mail: Pick<MailService, 'requireAvailable'>;
  accountMails: AccountMailsService;
  auth: Pick<AuthService, 'requirePassword'>;
  codes: Pick<SecondFactorCodesService, 'takeForLogin'>;
};

/**
 * What a mail lets an account's owner do: verify the address, set another password, take another address. Its token is
 * good once and for an hour; every method that takes one throws ACCOUNT_TOKEN_INVALID when it is not.
 */
export const createRecoveryService = (deps: Deps) => {
  const { database, bus, clock, logger, passwords, mail, accountMails, auth, codes } = deps;

  const spendingOf = (token: string) => ({
    tokenHash: hashToken(token),
    now: clock.now().toISOString(),
  });

  const confirmed = (now: string): MailConfirmed => ({ confirmedAt: now });

  const sweep = createSweep({
    work: () => queries.deleteExpiredTokens(database, clock.now().toISOString()),
    intervalMs: SWEEP_INTERVAL_MS,
    logger,
    fault: 'Expired tokens could not be removed',
  });

  return {
    /**
     * Sends a mail to the account with this address. The answer is the same, and takes as long, when there is none:
     * what differs is done after it. Throws MAIL_UNAVAILABLE.
     */
    requestPasswordReset: async ({ email }: RequestPasswordResetInput): Promise<MailRequested> => {
      mail.requireAvailable();
      const holder = await queries.findByEmail(database, email);
      if (holder) accountMails.resetPassword(holder);
      return requested;
    },

    /**
     * Sets the password and ends every session; a second factor is needed to sign in as before. Throws
     * ACCOUNT_TOKEN_INVALID, VALIDATION_FAILED for a common password, OVERLOADED.
     */
    resetPassword: async ({ token, newPassword }: ResetPasswordInput): Promise<MailConfirmed> => {
      const spending = spendingOf(token);
      const owner = await queries.findTokenOwner(database, { ...spending, purpose: 'password_reset' });
      if (!owner) throw tokenInvalid();
      requireUncommonPassword('newPassword', newPassword, owner);
      const passwordHash = await passwords.hash(newPassword);
      const reset = await queries.resetPassword(database, { ...spending, passwordHash });
      if (!reset) throw tokenInvalid();
      bus.publish({ type: 'identityChanged', userId: reset.id });
      logger.info('Password reset', { userId: reset.id });
      accountMails.tellPasswordChanged(reset);
      return confirmed(spending.now);
    },

    /** Throws EMAIL_ALREADY_VERIFIED, MAIL_UNAVAILABLE. */
    requestEmailVerification: async (identity: Identity): Promise<MailRequested> => {
      mail.requireAvailable();
      const holder = await queries.findById(database, identity.userId);
      if (!holder) throw new AppError('SESSION_REVOKED');
      if (holder.emailVerifiedAt !== null) throw new AppError('EMAIL_ALREADY_VERIFIED');
      accountMails.verifyEmail(holder);
      return requested;
    },

    /** Throws ACCOUNT_TOKEN_INVALID. */
    verifyEmail: async ({ token }: VerifyEmailInput): Promise<MailConfirmed> => {
      const spending = spendingOf(token);
      if (!(await queries.verifyEmail(database, spending))) throw tokenInvalid();
      return confirmed(spending.now);
    },

    /**
     * Sends a mail to the new address, and tells the old one. Whether the new one is taken is said by
     * `confirmEmailChange`, to whoever reads its mail. Throws INVALID_CREDENTIALS, SECOND_FACTOR_REQUIRED,
     * SECOND_FACTOR_INVALID, RATE_LIMITED, MAIL_UNAVAILABLE, OVERLOADED.
     */
    requestEmailChange: async (
      identity: Identity,
      { newEmail, currentPassword, code }: RequestEmailChangeInput,
    ): Promise<MailRequested> => {
      mail.requireAvailable();
      const holder = await auth.requirePassword(identity, currentPassword);
      if (newEmail === holder.email.toLowerCase()) throw invalidField('newEmail', 'is your address already');
      await codes.takeForLogin(identity.userId, code);
      accountMails.changeEmail(holder, newEmail);
      return requested;
    },

    /**
     * Gives the account the address that the mail went to, which is verified by that, and tells the former one. Sessions
     * go on. Throws ACCOUNT_TOKEN_INVALID, EMAIL_TAKEN.
     */
    confirmEmailChange: async ({ token }: ConfirmEmailChangeInput): Promise<MailConfirmed> => {
      const spending = spendingOf(token);
      const changed = await queries.changeEmail(database, spending);
      if (!changed) throw tokenInvalid();
      logger.info('E-mail address changed', { userId: changed.id });
      accountMails.tellEmailChanged({ email: changed.formerEmail, username: changed.username });
      return confirmed(spending.now);
    },

    /** Removes tokens whose hour is over. */
    sweep: sweep.run,
    start: sweep.start,
    stop: sweep.stop,
  };
};

export type RecoveryService = ReturnType<typeof createRecoveryService>;
