import type { RoomEvent } from '@versbottomlex/shared';
/** What the parts of the process, and later its peers, tell each other. A hint: the database is the truth. */
export type BusEvent =
  /** The account's role, verification or standing changed, or all its sessions ended. */
  | { type: 'identityChanged'; userId: string }
  /** One session ended. */
  | { type: 'sessionRevoked'; userId: string; sessionId: string }
  /** A stream was created, changed, started or ended. */
  | { type: 'streamChanged'; streamId: string }
  /** Events of a stream's log were committed. `entries` spares the reading of those that it holds; it may be empty. */
  | { type: 'streamLogged'; streamId: string; entries: LogEntry[] }
  /** Money moved into or out of what a user holds. */
  | { type: 'walletChanged'; userId: string }
  /** A user got or lost the ticket of a stream. */
  | { type: 'accessChanged'; userId: string; streamId: string };

/** An event of a stream's log, with its place in it. */
export type LogEntry = { seq: number; event: RoomEvent };

export type EventBus = {
  publish(event: BusEvent): void;
  /** Returns the function that ends the subscription. */
  subscribe(listener: (event: BusEvent) => void): () => void;
};

/** Ends the process by an uncaught exception, since a listener that throws is a fault of ours. */
const crash = (error: unknown): void =>
  queueMicrotask(() => {
    throw error;
  });

/**
 * A bus within this process; listeners are called at once, in the order in which they subscribed. One that throws keeps
 * nobody else from hearing, and does not fail whoever publishes: what they tell of has happened.
 */
export const createEventBus = (onFault: (error: unknown) => void = crash): EventBus => {
  const listeners = new Set<(event: BusEvent) => void>();
  return {
    publish: (event) => {
      for (const listener of listeners) {
        try {
          listener(event);
        } catch (error) {
          onFault(error);
        }
      }
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};
