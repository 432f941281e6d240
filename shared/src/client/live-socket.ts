import {
  createTRPCClient,
  createWSClient,
  type TRPCClientError,
  type TRPCLink,
  type TRPCWebSocketClient,
  wsLink,
} from '@trpc/client';
import type { AppRouter } from '../app-router.js';
import { closeCodes } from '../live.js';
import { retryDelayMs } from './retry-delay.js';
import { codeOf, type Grant, isSessionOver, type Session } from './session.js';
import { type Closing, toSocketError } from './socket-error.js';

/** How long the socket stays open after its last subscription, for the next page to use. */
const IDLE_MS = 5000;
/** How often a quiet socket is tried, and how long the server gets to answer: browsers hide RFC 6455's own pings. */
const KEEP_ALIVE_MS = 30_000;
const PONG_MS_MAX = 10_000;

/** What stands in for the browser's `WebSocket`, such as that of the `ws` package. */
export type WebSocketClass = {
  new (url: string): { readonly readyState: number; send(data: string): void; close(): void };
  readonly OPEN: number;
};

const pageUrl = () => (globalThis as { location?: { href: string } }).location?.href;

/** The address of the socket; a relative one is the page's. */
const socketUrlOf = (url: string): string =>
  (/^https?:/.test(url) ? url : new URL(url, pageUrl()).href).replace(/^http/, 'ws');

type Deps = {
  /** The same as over HTTP. */
  url: string;
  WebSocket: WebSocketClass;
  session: Session;
  /** Coming back would change nothing: the subscriptions are to leave at once, and to hear why. */
  onEnd: (error: TRPCClientError<AppRouter>, grant: Grant | null) => void;
};

/**
 * tRPC's own WebSocket client, with what our close codes mean (docs/live.md): it renews the session before it comes back
 * from 4401, ends on 4400 and 4403, and comes back from everything else after a random pause.
 */
export const createLiveSocket = ({ url, WebSocket, session, onEnd }: Deps) => {
  const socketUrl = socketUrlOf(url);
  /** What the server knows this socket by. */
  let grant: Grant | null = null;
  /** The server has refused it. */
  let isRenewalDue = false;
  /** It is new because of that, and the server has not said yet whether it takes it. */
  let isRenewed = false;
  /** The next attempt is to come at once: the wait is for the renewal alone. */
  let isHurried = false;
  /** Sockets in a row that were closed before the server had answered anything. */
  let failures = 0;
  let hasAnswered = false;
  let isEnded = false;
  let renewing = Promise.resolve();

  const end = (error: TRPCClientError<AppRouter>): void => {
    if (isEnded) return;
    isEnded = true;
    onEnd(error, grant);
    void client.close();
  };

  /** Before a socket is opened, so that the 5 s in which it must send its token are not spent on renewing it. */
  const renewSession = async (): Promise<void> => {
    isHurried = false;
    if (!isRenewalDue || !grant) return;
    try {
      await session.renew(grant);
      // Signed out meanwhile: whoever is watching shall hear of it, and not become a guest unawares.
      if (await session.isSignedOut()) throw toSocketError({ code: closeCodes.revoked, reason: '' });
    } catch (error) {
      if (isSessionOver(error)) end(error as TRPCClientError<AppRouter>);
      throw error;
    }
    isRenewalDue = false;
    isRenewed = true;
  };

  const judge = (closing: Closing): void => {
    const { code, reason } = closing;
    const isRefused = code === closeCodes.notAuthenticated && reason !== 'NOT_AUTHENTICATED';
    const isUseless = isRefused && isRenewed && !hasAnswered;
    if (code === closeCodes.badParameters || code === closeCodes.revoked || isUseless) {
      end(toSocketError(closing));
      return;
    }
    if (isRefused && grant) {
      isRenewalDue = true;
      isHurried = true;
    }
    if (!isRefused) isRenewed = false;
    const isBusy = code === closeCodes.overloaded || code === closeCodes.tooMany;
    if (!hasAnswered || isBusy) failures += 1;
    hasAnswered = false;
  };

  const pauseMs = (attempt: number): number =>
    isEnded || isHurried ? 0 : retryDelayMs(Math.max(attempt, failures));

  const nameUs = async () => {
    grant = await session.load();
    return grant && { accessToken: grant.accessToken ?? '' };
  };

  const client: TRPCWebSocketClient = createWSClient({
    url: async () => {
      await renewSession();
      // A browser sends the cookies of now with the handshake.
      if (session.isInCookies) grant = await session.load();
      return socketUrl;
    },
    WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
    lazy: { enabled: true, closeMs: IDLE_MS },
    keepAlive: { enabled: true, intervalMs: KEEP_ALIVE_MS, pongTimeoutMs: PONG_MS_MAX },
    ...(!session.isInCookies && { connectionParams: nameUs }),
    retryDelayMs: pauseMs,
    onClose: (event?: Partial<Closing>) => judge({ code: event?.code ?? 0, reason: event?.reason ?? '' }),
  });
  const link: TRPCLink<AppRouter> = wsLink({ client });
  const { auth } = createTRPCClient<AppRouter>({ links: [link] });

  const renewInBand = async (): Promise<void> => {
    const held = await session.load();
    const { state, ws } = client.connection ?? {};
    if (state !== 'open' || held === null || held.version === grant?.version) return;
    if (held.accessToken === undefined) {
      // Only a handshake carries cookies; after a logout the server closes the socket, and says why.
      if (await session.isSignedOut()) return;
      isHurried = true;
      return ws?.close();
    }
    try {
      await auth.renewSocket.mutate({ accessToken: held.accessToken });
      grant = held;
    } catch (error) {
      // A socket stays with its account, so that another one needs another socket.
      if (codeOf(error) === 'FORBIDDEN') ws?.close();
    }
  };

  return {
    request: link({}),
    get grant(): Grant | null {
      return grant;
    },
    isOpen: (): boolean => client.connection?.state === 'open',
    /** Resolves when the socket, which is not open, is not about to close either, so that it is known why it did. */
    whenGone: async (): Promise<void> => {
      const { state, ws } = client.connection ?? {};
      if (state === 'closed') await new Promise((resolve) => ws?.addEventListener('close', resolve));
    },
    /** How long to wait before asking again for what a lost socket did not take, in milliseconds. */
    pauseMs: (): number => pauseMs(0),
    /** To be called whenever the server has answered: the socket is of use. */
    heard: (): void => {
      hasAnswered = true;
      isRenewed = false;
      failures = 0;
    },
    /**
     * Goes on by the grant that is held now, if the server knows another: in band, or with another handshake. Resolves
     * when that is done or failed.
     */
    renew: (): Promise<void> => {
      renewing = renewing.then(renewInBand).catch(() => {});
      return renewing;
    },
    close: (): void => {
      isEnded = true;
      void client.close();
    },
  };
};

export type LiveSocket = ReturnType<typeof createLiveSocket>;
