import { closeCodes } from '@versbottomlex/shared';
import type { EventBus } from '../platform/event-bus.js';
import type { Logger } from '../platform/logger.js';
import type { Services } from '../services.js';
import type { Connection } from './connection.js';

const TICK_MS = 500;
/** How often the sessions of all sockets are looked up, for revocations that the bus has lost. */
const SWEEP_INTERVAL_MS = 15_000;
const SESSIONS_A_STATEMENT = 1000;

/** On shutdown, sockets are closed one after the other, so that their clients do not come back all at once. */
const CLOSE_SPREAD_MS_MAX = 5000;
const CLOSE_SPREAD_MS_EACH = 5;
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
  let sweptAtMs = performance.now();

  const ofUser = (userId: string) => [...all].filter(({ identity }) => identity?.userId === userId);

  /** Ends or expires the sockets whose sessions or tokens are no longer good. */
  const review = async (connections: Connection[]): Promise<void> => {
    const signedIn = connections.flatMap((connection) =>
      connection.identity ? [{ connection, identity: connection.identity }] : [],
    );
    for (let start = 0; start < signedIn.length; start += SESSIONS_A_STATEMENT) {
      const part = signedIn.slice(start, start + SESSIONS_A_STATEMENT);
      const living = await auth.listLivingSessions(part.map(({ identity }) => identity.sessionId));
      for (const { connection, identity } of part) {
        const tokenVersion = living.get(identity.sessionId);
        if (tokenVersion === undefined) connection.revoke();
        else if (tokenVersion !== connection.identity?.tokenVersion) connection.expireNow();
      }
    }
  };

  const reviewQuietly = (connections: Connection[]) =>
    review(connections).catch((error: unknown) =>
      logger.warn('Sessions of sockets cannot be read', { error: String(error) }),
    );

  const unsubscribe = bus.subscribe((event) => {
    if (event.type === 'identityChanged') void reviewQuietly(ofUser(event.userId));
    if (event.type === 'sessionRevoked') {
      for (const connection of ofUser(event.userId)) {
        if (connection.identity?.sessionId === event.sessionId) connection.revoke();
      }
    }
  });

  const timer = setInterval(() => {
    for (const connection of all) connection.tick();
    if (performance.now() - sweptAtMs < SWEEP_INTERVAL_MS) return;
    sweptAtMs = performance.now();
    void reviewQuietly([...all]);
  }, TICK_MS);
  timer.unref();

  return {
    add: (connection: Connection): void => {
      all.add(connection);
    },
    remove: (connection: Connection): void => {
      all.delete(connection);
    },
    count: (): number => all.size,
    countOfUser: (userId: string): number => ofUser(userId).length,

    /** Tells every client to reconnect elsewhere, then closes their sockets over at most 5 s. */
    shutDown: async (): Promise<void> => {
      unsubscribe();
      const connections = [...all];
      const spreadMs = Math.min(CLOSE_SPREAD_MS_MAX, connections.length * CLOSE_SPREAD_MS_EACH);
      for (const connection of connections) connection.sendText(RECONNECT_NOTICE);
      await Promise.all(
        connections.map(async (connection) => {
          await delay(Math.random() * spreadMs);
          connection.close(closeCodes.restarting);
        }),
      );
      const deadline = performance.now() + 1000;
      while (all.size > 0 && performance.now() < deadline) await delay(20);
      for (const connection of all) connection.terminate();
      clearInterval(timer);
    },
  };
};

export type Connections = ReturnType<typeof createConnections>;
