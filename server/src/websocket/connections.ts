import { closeCodes } from '@versbottomlex/shared';
import { AppError } from '../platform/app-error.js';
import type { EventBus } from '../platform/event-bus.js';
import type { Logger } from '../platform/logger.js';
import type { Services } from '../services.js';
import type { Connection } from './connection.js';
import { SOCKETS_A_USER_MAX } from './limits.js';

const TICK_MS = 500;
/** How often the sessions of all sockets are looked up, for revocations that the bus has lost. */
const SWEEP_INTERVAL_MS = 15_000;
const SESSIONS_A_STATEMENT = 1000;

/** On shutdown, sockets are closed one after the other, so that their clients do not come back all at once. */
const CLOSE_SPREAD_MS_MAX = 4800;
const CLOSE_SPREAD_MS_EACH = 5;
/** What a client gets to open its next socket before this one is closed. */
const NOTICE_MS = 200;
/** What the last of them get to read their close frame. */
const LAST_CLOSE_MS = 700;
const RECONNECT_NOTICE = '{"id":null,"method":"reconnect"}';

const delay = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** All sockets of this process, and what ends them from outside: time, revocation, shutdown. */
export const createConnections = (deps: {
  auth: Pick<Services['auth'], 'listLivingSessions'>;
  bus: EventBus;
  logger: Logger;
}) => {
  const { auth, bus, logger } = deps;
  const all = new Set<Connection>();
  const byUser = new Map<string, Set<Connection>>();
  let revocations = 0;
  let sweptAtMs = performance.now();
  let isSweeping = false;
  let isStopping = false;

  const ofUser = (userId: string): Connection[] => [...(byUser.get(userId) ?? [])];

  /** Ends or expires the sockets whose sessions or tokens are no longer good. */
  const review = async (connections: Connection[]): Promise<void> => {
    const signedIn = connections.flatMap((connection) =>
      connection.identity ? [{ connection, sessionId: connection.identity.sessionId }] : [],
    );
    for (let start = 0; start < signedIn.length; start += SESSIONS_A_STATEMENT) {
      const part = signedIn.slice(start, start + SESSIONS_A_STATEMENT);
      const living = await auth.listLivingSessions(part.map(({ sessionId }) => sessionId));
      for (const { connection, sessionId } of part) {
        const { identity } = connection;
        // Renewed with another session meanwhile, of which nothing was asked.
        if (identity?.sessionId !== sessionId) continue;
        const tokenVersion = living.get(sessionId);
        if (tokenVersion === undefined) connection.revoke();
        else if (tokenVersion > identity.tokenVersion) connection.expireNow();
      }
    }
  };

  const reviewQuietly = (connections: Connection[]): Promise<void> =>
    review(connections).catch((error: unknown) =>
      logger.warn('Sessions of sockets cannot be read', { error: String(error) }),
    );

  const unsubscribe = bus.subscribe((event) => {
    if (event.type !== 'identityChanged' && event.type !== 'sessionRevoked') return;
    revocations += 1;
    if (event.type === 'identityChanged') return void reviewQuietly(ofUser(event.userId));
    const ended = ofUser(event.userId).filter(({ identity }) => identity?.sessionId === event.sessionId);
    // A moment later, so that a logout that came over one of them is answered before.
    setImmediate(() => {
      for (const connection of ended) connection.revoke();
    });
  });

  const sweep = async () => {
    if (isSweeping) return;
    isSweeping = true;
    await reviewQuietly([...all]);
    isSweeping = false;
  };

  const timer = setInterval(() => {
    for (const connection of all) connection.tick();
    if (performance.now() - sweptAtMs < SWEEP_INTERVAL_MS) return;
    sweptAtMs = performance.now();
    void sweep();
  }, TICK_MS);
  timer.unref();

  const noneLeftBy = async (deadlineMs: number) => {
    while (all.size > 0 && performance.now() < deadlineMs) await delay(20);
  };

  return {
    add: (connection: Connection): void => {
      all.add(connection);
    },
    remove: (connection: Connection): void => {
      all.delete(connection);
      const userId = connection.identity?.userId;
      const own = userId === undefined ? undefined : byUser.get(userId);
      own?.delete(connection);
      if (userId !== undefined && own?.size === 0) byUser.delete(userId);
    },
    count: (): number => all.size,

    /** Counts the socket among those of a user. Throws RATE_LIMITED when there are too many. */
    countIn: (connection: Connection, userId: string): void => {
      // One that closed while it was authenticated.
      if (!all.has(connection)) return;
      const own = byUser.get(userId) ?? new Set();
      if (own.size >= SOCKETS_A_USER_MAX) {
        throw new AppError('RATE_LIMITED', {
          detail: `An account has at most ${SOCKETS_A_USER_MAX} sockets.`,
        });
      }
      byUser.set(userId, own.add(connection));
    },

    /** Grows with every revocation, so that one can tell whether there was any meanwhile. */
    revocationCount: (): number => revocations,

    isStopping: (): boolean => isStopping,

    /** Tells every client to reconnect elsewhere, then closes their sockets over at most 5 s. */
    shutDown: async (): Promise<void> => {
      isStopping = true;
      const connections = [...all];
      const spreadMs = Math.min(CLOSE_SPREAD_MS_MAX, connections.length * CLOSE_SPREAD_MS_EACH);
      await Promise.all(
        connections.map(async (connection) => {
          await delay(Math.random() * spreadMs);
          // Spread too: clients of tRPC reconnect as soon as they read it.
          connection.sendText(RECONNECT_NOTICE);
          await delay(NOTICE_MS);
          connection.close(closeCodes.restarting);
        }),
      );
      await noneLeftBy(performance.now() + LAST_CLOSE_MS);
      unsubscribe();
      clearInterval(timer);
    },
  };
};

export type Connections = ReturnType<typeof createConnections>;
