import type { Logger } from '../platform/logger.js';
import type { Services } from '../services.js';

/** What a procedure may do with the socket that carries its call. */
export type SocketSession = {
  id: string;
  /** Goes on with this access token instead of the one that was sent at first. Throws as authentication does. */
  renew(accessToken: string): Promise<{ expiresAt: string }>;
};

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
  /** The socket that carries the call; undefined over HTTP. */
  socket: SocketSession | undefined;
  services: Services;
  logger: Logger;
};
