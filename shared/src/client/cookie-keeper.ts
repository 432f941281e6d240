import { type CalledOperation, codeOf, type SessionKeeper, SIGNING_IN } from './session.js';

/** Calls that say by themselves who makes them. */
const OPEN = new Set(['auth.register', 'auth.login', 'auth.passkeyLogin']);

type Locks = { request<Result>(name: string, work: () => Promise<Result>): Promise<Result> };

/** All pages of a browser share its cookies, so that two that refreshed at once would spend one token twice. */
const onePageAtATime = <Result>(name: string, work: () => Promise<Result>): Promise<Result> => {
  const { locks } = (globalThis as { navigator?: { locks?: Locks } }).navigator ?? {};
  return locks ? locks.request(name, work) : work();
};

/**
 * Keeps a session in the browser's cookies, which no script can read: what is known of it here is only when it changed.
 * The CSRF token is fetched before the first change, and anew when the server refuses it, as after a login elsewhere.
 */
export const createCookieKeeper = (deps: {
  /** Of the server, without a path. */
  url: string;
  /** Sends cookies along. */
  fetch: typeof fetch;
  /** Refreshes by the cookie, outside the client's own links. */
  refresh: () => Promise<unknown>;
}): SessionKeeper => {
  const { url, fetch, refresh } = deps;
  let version = 0;
  let isSignedOut = false;
  let csrfToken: Promise<string | undefined> | undefined;

  const begin = (hasSignedOut: boolean): void => {
    version += 1;
    isSignedOut = hasSignedOut;
    csrfToken = undefined;
  };

  const fetchCsrfToken = async (): Promise<string | undefined> => {
    const answer = await fetch(`${url}/api/csrf-token`);
    // A guest has none, and needs none.
    if (answer.status === 401) return undefined;
    if (!answer.ok) throw new Error(`The CSRF token could not be had: ${answer.status}`);
    return ((await answer.json()) as { csrfToken: string }).csrfToken;
  };

  const findCsrfToken = (): Promise<string | undefined> => {
    const found = csrfToken ?? fetchCsrfToken();
    csrfToken = found;
    found.catch(() => {
      if (csrfToken === found) csrfToken = undefined;
    });
    return found;
  };

  const mend = (code: string): boolean => {
    if (code !== 'CSRF_TOKEN_INVALID') return false;
    csrfToken = undefined;
    return true;
  };

  const renew = (): Promise<unknown> =>
    onePageAtATime(`session of ${url}`, () =>
      refresh().catch((error: unknown) => {
        if (mend(codeOf(error) ?? '')) return refresh();
        throw error;
      }),
    );

  return {
    isInCookies: true,
    load: async () => ({ version: String(version), accessToken: undefined }),
    isSignedOut: async () => isSignedOut,
    keep: async () => begin(false),
    drop: async () => begin(true),
    discard: async () => {
      // Only the server can take the cookies away, which it does when it refuses to refresh by them.
      const isAlive = await renew().then(
        () => true,
        () => false,
      );
      begin(!isAlive);
    },
    refresh: renew,
    mend,
    headers: async (operations: CalledOperation[]): Promise<Record<string, string>> => {
      const changes = operations.some(({ type, path }) => type === 'mutation' && !OPEN.has(path));
      const token = changes ? await findCsrfToken() : undefined;
      const signsIn = operations.some(({ path }) => SIGNING_IN.has(path));
      return {
        ...(signsIn && { 'x-session': 'cookie' }),
        ...(token !== undefined && { 'x-csrf-token': token }),
      };
    },
  };
};
