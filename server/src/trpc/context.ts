import type { TokenPair } from '@versbottomlex/shared';
import type { Logger } from '../platform/logger.js';
import type { Services } from '../services.js';

/** An answer of what signs in, whose tokens may have gone as cookies instead. */
export type HandedOver<Result extends TokenPair> = Omit<Result, 'accessToken' | 'refreshToken'> &
  Partial<Pick<TokenPair, 'accessToken' | 'refreshToken'>>;

/** A session that a browser keeps in cookies, where no script can read it. */
export type ContextCookies = {
  /** Whether `accessToken` came in a cookie. */
  isCredential: boolean;
  /**
   * Runs what signs in, and answers its tokens as cookies where the client asked for that, or signs in by one: what a
   * script could not read before it cannot read after. Throws MALFORMED_REQUEST where no cookie can be set.
   */
  handOver: <Result extends TokenPair>(
    sign: () => Promise<Result>,
    isByCookie?: boolean,
  ) => Promise<HandedOver<Result>>;
  /**
   * Hands over what `refresh` makes of the token that was sent, or else of the one in the session's cookie; a session
   * that is over is taken out of the browser. Throws VALIDATION_FAILED without a token; ORIGIN_NOT_ALLOWED and
   * CSRF_TOKEN_INVALID for a cookie that another site may have sent.
   */
  refresh: (
    sent: { refreshToken?: string | undefined },
    refresh: (used: { refreshToken: string }) => Promise<TokenPair>,
  ) => Promise<HandedOver<TokenPair>>;
  /** Takes the session out of the browser. */
  clear: () => void;
};

/** What every procedure knows of its call, whichever transport brought it. */
export type Context = {
  requestId: string;
  /** The client's real address, with trusted proxies taken into account. */
  address: string;
  userAgent: string | undefined;
  /** What came after `Bearer`, or else in the session's cookie; undefined when no credentials were sent. */
  accessToken: string | undefined;
  cookies: ContextCookies;
  /** Whether answers may carry the message and the stack of a fault: in development only. */
  showsFaults: boolean;
  /** Names the socket that carries the call, or the request over HTTP. */
  connectionId: string;
  /** Goes on with this access token on the socket that carries the call. Throws SOCKET_REQUIRED over HTTP. */
  renewSocket: (accessToken: string) => Promise<{ expiresAt: string }>;
  /** Whether the transport has counted this call under its limits. */
  isCounted: boolean;
  /** Tells the client how much of a limit is left, in headers of the answer where it has some. */
  showLimit: (count: { used: number; max: number; resetsInMs: number }) => void;
  /** Sets a header of the answer; over a socket there is none, and nothing happens. */
  setHeader: (name: string, value: string) => void;
  services: Services;
  logger: Logger;
};
