import { TRPCClientError } from '@trpc/client';

/** Calls whose answer begins or renews a session. */
export const SIGNING_IN: ReadonlySet<string> = new Set([
  'auth.register',
  'auth.login',
  'auth.passkeyLogin',
  'auth.refresh',
  'auth.changePassword',
]);
/** Calls that end the session of whoever makes them. */
const SIGNING_OUT = new Set(['auth.logout']);
/** Failures that a new access token may mend. */
const RENEWABLE = new Set(['ACCESS_TOKEN_EXPIRED', 'ACCESS_TOKEN_INVALID']);
/** Failures after which no refresh can help. */
const SESSION_IS_OVER = new Set(['SESSION_REVOKED', 'REFRESH_TOKEN_INVALID', 'REFRESH_TOKEN_REUSED']);

/** What calls are made with: another one after each login and each renewal. */
export type Grant = {
  version: string;
  /** Undefined where the browser's cookies say who calls. */
  accessToken: string | undefined;
};

/** What a call is, as far as its headers depend on it. */
export type CalledOperation = { type: 'query' | 'mutation' | 'subscription'; path: string };

/** Where a session is kept: by the client itself, or by the browser in cookies. */
export type SessionKeeper = {
  isInCookies: boolean;
  load(): Promise<Grant | null>;
  /** Whether this client knows that its user has signed out. */
  isSignedOut(): Promise<boolean>;
  /** Keeps what a call that signs in has answered. */
  keep(answer: unknown): Promise<void>;
  /** Nothing is left to be kept. */
  drop(): Promise<void>;
  /** Drops a session that the server has ended. */
  discard(): Promise<void>;
  /** The answer of a refresh; undefined when `used` is held no more. */
  refresh(used: Grant): Promise<unknown>;
  /** Whether a call that failed with `code` is to be made again, because what it lacked is now at hand. */
  mend(code: string): boolean;
  headers(operations: CalledOperation[]): Promise<Record<string, string>>;
};

/** The error code of the server's answer; undefined when there was none. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof TRPCClientError ? (error.data?.appCode as string | undefined) : undefined;

/** Whether `error` says that signing in anew is the only way on. */
export const isSessionOver = (error: unknown): boolean => SESSION_IS_OVER.has(codeOf(error) ?? '');

/**
 * The one session of a client, whatever carries its calls: remembers a login, and renews it. Whoever finds out together
 * that it has expired shares one renewal, because a refresh token works once. A session that is over is forgotten, so
 * that its user reads on as a guest.
 */
export const createSession = (keeper: SessionKeeper) => {
  let renewing: Promise<void> | undefined;
  let forgetting: Promise<void> | undefined;
  /** Calls that sign in, and are under way. */
  const signingIn = new Set<Promise<void>>();
  const listeners = new Set<() => void>();

  const save = async (answer: unknown): Promise<void> => {
    await keeper.keep(answer);
    for (const listener of listeners) listener();
  };

  /** Whether `used` is the grant of now: the user may have signed in or out since it was. */
  const isHeld = async (used: Grant | null): Promise<boolean> =>
    (await keeper.load())?.version === used?.version;

  const forget = async (used: Grant | null): Promise<void> => {
    if (!(await isHeld(used))) return;
    forgetting ??= keeper.discard().finally(() => {
      forgetting = undefined;
    });
    await forgetting;
  };

  const exchange = async (used: Grant): Promise<void> => {
    try {
      const answer = await keeper.refresh(used);
      if (answer !== undefined && (await isHeld(used))) await save(answer);
    } catch (error) {
      if (isSessionOver(error) && (await isHeld(used))) await keeper.drop();
      throw error;
    }
  };

  /** Sees to it that another grant than `used` is held, or none. Throws what the refresh threw. */
  const renew = async (used: Grant): Promise<void> => {
    // A changed password is told over the socket before its answer arrives, and has spent what is held until then.
    await Promise.all(signingIn);
    if (!(await isHeld(used))) return;
    renewing ??= exchange(used).finally(() => {
      renewing = undefined;
    });
    await renewing;
  };

  return {
    isInCookies: keeper.isInCookies,
    load: keeper.load,
    isSignedOut: keeper.isSignedOut,
    headers: keeper.headers,
    renew,

    /** To be called when a call begins, and what it returns when it has ended: a renewal waits for one that signs in. */
    begin: (path: string): (() => void) => {
      let end = (): void => {};
      if (!SIGNING_IN.has(path)) return end;
      const call = new Promise<void>((resolve) => {
        end = resolve;
      });
      signingIn.add(call);
      return () => {
        signingIn.delete(call);
        end();
      };
    },

    /** Drops `used`, unless the user has signed in anew since. */
    forget,

    /** Keeps what a call that signs in has answered, and drops it after one that signs out. */
    remember: async (path: string, answer: unknown): Promise<void> => {
      if (SIGNING_OUT.has(path)) await keeper.drop();
      if (SIGNING_IN.has(path)) await save(answer);
    },

    /** Whether a call that failed with `code`, and was made with `used`, shall be made again. */
    recover: async (path: string, code: string, used: Grant | null): Promise<boolean> => {
      const isSuspended = SIGNING_OUT.has(path) && code === 'ACCOUNT_SUSPENDED';
      if (SESSION_IS_OVER.has(code) || isSuspended) await forget(used);
      if (keeper.mend(code)) return true;
      if (!RENEWABLE.has(code) || !used) return false;
      await renew(used);
      return true;
    },

    /** Calls `listener` whenever another grant is held, from now on. */
    onGrant: (listener: () => void): void => {
      listeners.add(listener);
    },
  };
};

export type Session = ReturnType<typeof createSession>;
