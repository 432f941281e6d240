import type {
  ChangePasswordInput,
  LoggedOut,
  LoginInput,
  LogoutInput,
  OwnUser,
  RegisterInput,
  SignedIn,
  TokenPair,
} from '@versbottomlex/shared';
import { v7 as uuidv7 } from 'uuid';
import type { LimitsService } from '../limits/limits.service.js';
import { AppError } from '../platform/app-error.js';
import { addSeconds, type Clock } from '../platform/clock.js';
import type { Database } from '../platform/database.js';
import type { EventBus } from '../platform/event-bus.js';
import type { Logger } from '../platform/logger.js';
import type { PasswordHasher } from '../platform/password-hasher.js';
import { requireUncommonPassword } from '../platform/password-policy.js';
import type { AccountMailsService } from '../recovery/account-mails.service.js';
import type { SecondFactorCodesService } from '../second-factor/second-factor-codes.service.js';
import * as accounts from './accounts.queries.js';
import { createAuthenticator } from './authenticator.js';
import type { Identity } from './identity.js';
import { suspended, wrongCredentials, wrongPassword } from './login-refusals.js';
import { requireAge } from './minimum-age.js';
import { createRefresh } from './refresh.js';
import { createSessionFinder } from './session-finder.js';
import { createSessionOpener, REFRESH_SECONDS, type SessionClient } from './session-opener.js';
import * as sessions from './sessions.queries.js';
import { stranger } from './stranger.js';
import type { Tokens } from './tokens.js';

type Deps = {
  database: Database;
  bus: EventBus;
  clock: Clock;
  logger: Logger;
  passwords: PasswordHasher;
  tokens: Tokens;
  limits: Pick<LimitsService, 'tryLogin' | 'requireRefresh'>;
  accountMails: Pick<AccountMailsService, 'verifyEmail' | 'tellPasswordChanged'>;
  codes: Pick<SecondFactorCodesService, 'takeForLogin'>;
  /** In years, of whoever registers. */
  minimumAge: number;
};

/** Accounts' way in and out: registration, login, token rotation, logout. One row of `sessions` is one login. */
export const createAuthService = (deps: Deps) => {
  const { database, bus, clock, logger, passwords, tokens, limits, accountMails, codes } = deps;
  const authenticator = createAuthenticator(deps);

  const opener = createSessionOpener(deps);

  /** What the account is known by, once its password was given. Throws INVALID_CREDENTIALS, OVERLOADED. */
  const requirePassword = async ({ userId }: Identity, password: string) => {
    const found = await accounts.findCredentialsOfUser(database, userId);
    const isRight = await passwords.verify(found?.passwordHash, password);
    if (!found || !isRight) throw wrongPassword();
    return found;
  };

  /** Stores the session of a login, provided that the password is still the one of `found`. */
  const openSession = async (
    found: { id: string; passwordHash: string },
    session: accounts.NewSession,
  ): Promise<SignedIn> => {
    const login = { ...session, userId: found.id, passwordHash: found.passwordHash };
    const opened = await accounts.insertLogin(database, login);
    if (!opened) throw wrongCredentials();
    const { account, supersededIds } = opened;
    for (const sessionId of supersededIds) {
      bus.publish({ type: 'sessionRevoked', userId: account.id, sessionId });
    }
    logger.info('User logged in', { userId: account.id });
    return opener.signedIn(account, session);
  };

  /** Tells of guesses (OWASP ASVS 5.0, 16.3.1) by whose account they are at, and never by what was given. */
  const noteRefusal = (error: unknown, userId: string | null): never => {
    if (error instanceof AppError) logger.warn('Login refused', { userId, code: error.code });
    throw error;
  };

  return {
    ...authenticator,

    findSessionId: createSessionFinder(tokens),
    requirePassword,

    /**
     * Throws EMAIL_TAKEN, USERNAME_TAKEN, TOO_YOUNG, VALIDATION_FAILED for a common password or a birth date that is
     * missing or nobody's, OVERLOADED. Whom the operator registers is asked neither for an age nor to confirm the
     * address.
     */
    register: async (
      input: RegisterInput,
      client: SessionClient,
      { isByOperator = false } = {},
    ): Promise<SignedIn> => {
      requireAge(input.birthDate, isByOperator ? 0 : deps.minimumAge, clock.now());
      requireUncommonPassword('password', input.password, input);
      const passwordHash = await passwords.hash(input.password);
      const session = opener.create(client);
      const { username, email, birthDate = null } = input;
      const account = await accounts.insertAccount(database, {
        ...session,
        id: uuidv7(),
        username,
        email,
        passwordHash,
        birthDate,
      });
      if (!account) throw new AppError('INTERNAL_ERROR');
      logger.info('User registered', { userId: account.id });
      if (!isByOperator) accountMails.verifyEmail({ ...account, passwordHash });
      return opener.signedIn(account, session);
    },

    /**
     * Throws INVALID_CREDENTIALS, after the same time for an unknown name; ACCOUNT_SUSPENDED; OVERLOADED;
     * RATE_LIMITED after too many failures; and after the right password SECOND_FACTOR_REQUIRED, SECOND_FACTOR_INVALID.
     */
    login: async (input: LoginInput, client: SessionClient): Promise<SignedIn> => {
      const found = await accounts.findCredentials(database, input);
      const attempt = limits.tryLogin(found?.id ?? stranger(input), client.address, async () => {
        const isRight = await passwords.verify(found?.passwordHash, input.password);
        if (!found || !isRight) throw wrongCredentials();
        if (found.suspendedAt !== null) throw suspended(found.suspensionReason);
        const session = opener.create(client, await codes.takeForLogin(found.id, input.code));
        return openSession(found, session);
      });
      return attempt.catch((error: unknown) => noteRefusal(error, found?.id ?? null));
    },

    /**
     * Signs in whoever has proven to be this user by what stands for the password and the second factor. Throws
     * INVALID_CREDENTIALS for an account that is gone, ACCOUNT_SUSPENDED.
     */
    signInProven: async (userId: string, client: SessionClient): Promise<SignedIn> => {
      const found = await accounts.findCredentialsOfUser(database, userId);
      if (!found) throw wrongCredentials();
      if (found.suspendedAt !== null) throw suspended(found.suspensionReason);
      return openSession(found, opener.create(client, true));
    },

    refresh: createRefresh(deps),

    me: async (identity: Identity): Promise<OwnUser> => {
      const account = await accounts.findAccount(database, identity.userId);
      if (!account) throw new AppError('SESSION_REVOKED');
      return accounts.toOwnUser(account);
    },

    /** Every older token dies. Throws INVALID_CREDENTIALS, VALIDATION_FAILED, SESSION_REVOKED, OVERLOADED. */
    changePassword: async (identity: Identity, input: ChangePasswordInput): Promise<TokenPair> => {
      const { userId, sessionId } = identity;
      const found = await requirePassword(identity, input.currentPassword);
      requireUncommonPassword('newPassword', input.newPassword, found);
      const passwordHash = await passwords.hash(input.newPassword);
      const now = clock.now();
      const update = {
        userId,
        sessionId,
        verifiedHash: found.passwordHash,
        passwordHash,
        nextTokenId: uuidv7(),
        now: now.toISOString(),
        expiresAt: addSeconds(now, REFRESH_SECONDS).toISOString(),
      };
      const updated = await sessions.updatePassword(database, update);
      if (!updated) throw new AppError('SESSION_REVOKED');
      bus.publish({ type: 'identityChanged', userId });
      logger.info('Password changed', { userId });
      accountMails.tellPasswordChanged(found);
      const subject = { userId, sessionId, tokenVersion: updated.tokenVersion };
      return tokens.issue(subject, update.nextTokenId, new Date(updated.expiresAt));
    },

    /** Ends this session, or all of them together with every token of the account. */
    logout: async (identity: Identity, input: LogoutInput): Promise<LoggedOut> => {
      const { userId, sessionId } = identity;
      const now = clock.now().toISOString();
      if (input.scope === 'everywhere') {
        await sessions.revokeAllSessions(database, { userId, now });
        bus.publish({ type: 'identityChanged', userId });
      } else {
        await sessions.revokeSession(database, { userId, sessionId, now });
        bus.publish({ type: 'sessionRevoked', userId, sessionId });
      }
      return { scope: input.scope };
    },
  };
};

export type AuthService = ReturnType<typeof createAuthService>;
