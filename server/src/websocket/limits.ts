/** What one socket may cost. The figures are part of the contract, except where a line says otherwise. */
export const FRAME_BYTES_MAX = 64 * 1024;
export const CALLS_A_FRAME_MAX = 60;
export const SUBSCRIPTIONS_MAX = 50;
export const SOCKETS_A_USER_MAX = 20;
export const UNSENT_BYTES_MAX = 1024 * 1024;
export const AUTHENTICATION_MS = 5000;
export const PING_INTERVAL_MS = 25_000;

/** How long before the end of its token a socket is told, and how long after it the socket stays. */
export const EXPIRING_NOTICE_MS = 60_000;
export const EXPIRED_GRACE_MS = 30_000;

/** Ours: far above what a page does, and enough to resubscribe everything at once after a reconnect. */
export const CALLS_BURST = 300;
export const CALLS_A_SECOND = 30;

/** Ours: what a client that does not read its close frame gets to do so before its connection is dropped. */
export const CLOSING_MS = 5000;

/** Ours: what may arrive while the first frame's token is verified. */
export const EARLY_FRAMES_MAX = 20;
