import type { Logger } from '../platform/logger.js';
import type { Services } from '../services.js';

/** What every procedure knows of its call, whichever transport brought it. */
export type Context = {
  requestId: string;
  /** The client's real address, with trusted proxies taken into account. */
  address: string;
  userAgent: string | undefined;
  /** What came after `Bearer`; undefined when no credentials were sent. */
  accessToken: string | undefined;
  /** Whether answers may carry the message and the stack of a fault: in development only. */
  showsFaults: boolean;
  /** Names the socket that carries the call, or the request over HTTP. */
  connectionId: string;
  /** Goes on with this access token on the socket that carries the call. Throws SOCKET_REQUIRED over HTTP. */
  renewSocket: (accessToken: string) => Promise<{ expiresAt: string }>;
  /** Sets a header of the answer; over a socket there is none, and nothing happens. */
  setHeader: (name: string, value: string) => void;
  services: Services;
  logger: Logger;
};
