import type {
  ChangePasswordInput,
  LoggedOut,
  LoginInput,
  LogoutInput,
  OwnUser,
  RefreshInput,
  RegisterInput,
  SignedIn,
  TokenPair,
} from '@versbottomlex/shared';
import { v7 as uuidv7 } from 'uuid';
import { AppError } from '../platform/app-error.js';
import { addSeconds, type Clock } from '../platform/clock.js';
import type { Database } from '../platform/database.js';
import type { EventBus } from '../platform/event-bus.js';
import type { Logger } from '../platform/logger.js';
import type { PasswordHasher } from '../platform/password-hasher.js';
import * as accounts from './accounts.queries.js';
import { createAuthenticator } from './authenticator.js';
import type { Identity } from './identity.js';
import { requireUncommonPassword } from './password-policy.js';
import * as sessions from './sessions.queries.js';
import type { TokenClaims, Tokens } from './tokens.js';

const REFRESH_SECONDS = 7 * 24 * 3600;
const SESSION_SECONDS_MAX = 30 * 24 * 3600;
const USER_AGENT_MAX = 300;

const wrongCredentials = () =>
  new AppError('INVALID_CREDENTIALS', { detail: 'The name and the password do not match.' });

/** Control characters have no place in a log or on a page that lists devices. */
const toUserAgent = (text: string | undefined): string | null =>
  text
    ?.replace(/\p{Cc}/gu, ' ')
    .toWellFormed()
    .slice(0, USER_AGENT_MAX)
    .toWellFormed() ?? null;

/** What the owner may see of an account. */
const toOwnUser = ({ tokenVersion: _, ...user }: accounts.Account): OwnUser => user;

type Deps = {
  database: Database;
  bus: EventBus;
  clock: Clock;
  logger: Logger;
  passwords: PasswordHasher;
  tokens: Tokens;
};

/** Accounts' way in and out: registration, login, token rotation, logout. One row of `sessions` is one login. */
export const createAuthService = (deps: Deps) => {
  const { database, bus, clock, logger, passwords, tokens } = deps;
  const rotations = new Map<string, Promise<TokenPair>>();
  const authenticator = createAuthenticator(deps);

  const newSession = (userAgent: string | undefined): accounts.NewSession => {
    const now = clock.now();
    return {
      sessionId: uuidv7(),
      refreshTokenId: uuidv7(),
      userAgent: toUserAgent(userAgent),
      now: now.toISOString(),
      expiresAt: addSeconds(now, REFRESH_SECONDS).toISOString(),
      absoluteExpiresAt: addSeconds(now, SESSION_SECONDS_MAX).toISOString(),
    };
  };

  const signedIn = async (account: accounts.Account, session: accounts.NewSession): Promise<SignedIn> => {
    const { id: userId, tokenVersion } = account;
    const user = toOwnUser(account);
    const subject = { userId, sessionId: session.sessionId, tokenVersion };
    return { user, ...(await tokens.issue(subject, session.refreshTokenId, new Date(session.expiresAt))) };
  };

  const rotate = async (claims: TokenClaims): Promise<TokenPair> => {
    const now = clock.now();
    const rotation = {
      ...claims,
      nextTokenId: uuidv7(),
      now: now.toISOString(),
      expiresAt: addSeconds(now, REFRESH_SECONDS).toISOString(),
    };
    const rotated = await sessions.rotateRefreshToken(database, rotation);
    if (rotated) return tokens.issue(claims, rotation.nextTokenId, new Date(rotated.expiresAt));
    if (await sessions.revokeReusedSession(database, rotation)) {
      bus.publish({ type: 'sessionRevoked', userId: claims.userId, sessionId: claims.sessionId });
      logger.warn('Refresh token reused, session revoked', { userId: claims.userId });
      throw new AppError('REFRESH_TOKEN_REUSED', {
        detail: 'The session was ended for safety; sign in again.',
      });
    }
    throw new AppError('SESSION_REVOKED');
  };

  return {
    ...authenticator,

    /** Throws EMAIL_TAKEN, USERNAME_TAKEN, VALIDATION_FAILED for a common password, OVERLOADED. */
    register: async (input: RegisterInput, userAgent: string | undefined): Promise<SignedIn> => {
      requireUncommonPassword('password', input.password, input);
      const passwordHash = await passwords.hash(input.password);
      const session = newSession(userAgent);
      const { username, email } = input;
      const account = await accounts.insertAccount(database, {
        ...session,
        id: uuidv7(),
        username,
        email,
        passwordHash,
      });
      if (!account) throw new AppError('INTERNAL_ERROR');
      logger.info('User registered', { userId: account.id });
      return signedIn(account, session);
    },

    /** Throws INVALID_CREDENTIALS, after the same time for an unknown name; ACCOUNT_SUSPENDED; OVERLOADED. */
    login: async (input: LoginInput, userAgent: string | undefined): Promise<SignedIn> => {
      const found = await accounts.findCredentials(database, input);
      const isRight = await passwords.verify(found?.passwordHash, input.password);
      if (!found || !isRight) throw wrongCredentials();
      if (found.suspendedAt !== null) throw new AppError('ACCOUNT_SUSPENDED');
      const session = newSession(userAgent);
      const login = { ...session, userId: found.id, passwordHash: found.passwordHash };
      const account = await accounts.insertLogin(database, login);
      if (!account) throw wrongCredentials();
      logger.info('User logged in', { userId: account.id });
      return signedIn(account, session);
    },

    /**
     * Spends the refresh token for a new pair. Calls with one token that are under way together in this process share
     * one rotation. Throws REFRESH_TOKEN_INVALID, REFRESH_TOKEN_REUSED (which ends the session), SESSION_REVOKED.
     */
    refresh: ({ refreshToken }: RefreshInput): Promise<TokenPair> => {
      const underWay = rotations.get(refreshToken);
      if (underWay) return underWay;
      // Entered before the token is verified: a call whose verification took longer would find the token spent.
      const rotation = tokens
        .verifyRefresh(refreshToken)
        .then(rotate)
        .finally(() => rotations.delete(refreshToken));
      rotations.set(refreshToken, rotation);
      return rotation;
    },

    me: async (identity: Identity): Promise<OwnUser> => {
      const account = await accounts.findAccount(database, identity.userId);
      if (!account) throw new AppError('SESSION_REVOKED');
      return toOwnUser(account);
    },

    /** Every older token dies. Throws INVALID_CREDENTIALS, VALIDATION_FAILED, SESSION_REVOKED, OVERLOADED. */
    changePassword: async (identity: Identity, input: ChangePasswordInput): Promise<TokenPair> => {
      const { userId, sessionId } = identity;
      const found = await accounts.findCredentialsOfUser(database, userId);
      if (!(await passwords.verify(found?.passwordHash, input.currentPassword)) || !found)
        throw wrongCredentials();
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
