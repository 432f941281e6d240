import { AppError } from '../platform/app-error.js';
import { addSeconds, type Clock } from '../platform/clock.js';
import type { Database } from '../platform/database.js';
import type { Logger } from '../platform/logger.js';
import { GRACE_MS } from './crowd.js';
import * as queries from './presence.queries.js';
import type { PresenceRoom } from './presence-room.js';

/**
 * How long a lease holds without being renewed. It is written and compared by the processes' clocks, as tokens are, so
 * that tests can move time: clocks that are 10 s apart still see every renewed lease as valid, and a killed process's
 * as over after 30 s.
 */
const LEASE_SECONDS = 20;
const RENEW_MS = 8000;
const WRITE_INTERVAL_MS = 1000;
const READ_INTERVAL_MS = 2000;
/** With a lease and this, the numbers of a killed process are gone within 30 s, also where nobody else holds them. */
const SWEEP_INTERVAL_MS = 8000;
/** After an outage of the database, the time that every process has to renew its leases before anyone judges them. */
const RECOVERY_MS = 5000;

type Written = { what: number; atMs: number };
const never: Written = { what: -1, atMs: Number.NEGATIVE_INFINITY };

/** A room, and what the database was last told of it. */
export type KeptRoom = { room: PresenceRoom; lease: Written; count: Written };

export const keptRoom = (room: PresenceRoom): KeptRoom => ({ room, lease: never, count: never });

type Deps = {
  database: Database;
  clock: Clock;
  logger: Logger;
  nodeId: string;
  /** The rooms of this process by stream; those that nobody watches any more are removed. */
  rooms: Map<string, KeptRoom>;
  nowMs: () => number;
};

/**
 * Keeps the database and the other processes informed of who watches here, and the rooms of who watches elsewhere. Each
 * kind of news is one statement for all streams. A database that is away costs one WARN, and a round less each time.
 */
export const createLeaseKeeper = ({ database, clock, logger, nodeId, rooms, nowMs }: Deps) => {
  const failing = new Set<string>();
  let failedMs = Number.NEGATIVE_INFINITY;
  let readMs = Number.NEGATIVE_INFINITY;
  let sweptMs = Number.NEGATIVE_INFINITY;

  /** Unchanged news are told again every 8 s, which renews leases and mends what got lost. */
  const isDue = ({ what, atMs }: Written, now: number) => {
    const age = nowMs() - atMs;
    return age >= RENEW_MS || (what !== now && age >= WRITE_INTERVAL_MS);
  };

  const writeLeases = async () => {
    const due = [...rooms].filter(([, { room, lease }]) => isDue(lease, room.crowd.version()));
    if (due.length === 0) return;
    const closed = due.filter(([, { room }]) => room.crowd.isEmptyHere()).map(([streamId]) => streamId);
    const leases = due
      .filter(([, { room }]) => !room.crowd.isEmptyHere())
      .map(([streamId, { room }]) => ({ streamId, ...room.crowd.attendance() }));
    const written = due.map(
      ([, kept]) => [kept, { what: kept.room.crowd.version(), atMs: nowMs() }] as const,
    );
    const expiresAt = addSeconds(clock.now(), LEASE_SECONDS);
    await queries.writeLeases(database, { nodeId, expiresAt, leases, closed });
    for (const [kept, lease] of written) kept.lease = lease;
  };

  const readOthers = async () => {
    const hasUnread = [...rooms.values()].some(({ room }) => !room.isRead());
    const isRecovering = nowMs() - failedMs < RECOVERY_MS;
    if (rooms.size === 0 || isRecovering || !(hasUnread || nowMs() - readMs >= READ_INTERVAL_MS)) return;
    readMs = nowMs();
    const asked = [...rooms];
    const streamIds = asked.map(([streamId]) => streamId);
    const leases = await queries.readOthersLeases(database, { nodeId, now: clock.now(), streamIds });
    const byStream = new Map<string, typeof leases>(streamIds.map((streamId) => [streamId, []]));
    for (const lease of leases) byStream.get(lease.streamId)?.push(lease);
    for (const [streamId, { room }] of asked) room.setElsewhere(byStream.get(streamId) ?? [], nowMs());
  };

  const readNames = async () => {
    const asked = [...rooms.values()].map(({ room }) => ({ room, ids: room.unnamed() }));
    const ids = [...new Set(asked.flatMap((each) => each.ids))];
    if (ids.length === 0) return;
    const users = new Map((await queries.findSummaries(database, ids)).map((user) => [user.id, user]));
    for (const each of asked) each.room.name(users, each.ids);
  };

  const saveCounts = async () => {
    const due = [...rooms].flatMap(([id, kept]) => {
      const { viewerCount } = kept.room.audience();
      return kept.room.isRead() && isDue(kept.count, viewerCount) ? [{ id, kept, count: viewerCount }] : [];
    });
    if (due.length === 0) return;
    const atMs = nowMs();
    await queries.saveCounts(
      database,
      due.map(({ id, count }) => ({ id, count })),
    );
    for (const { kept, count } of due) kept.count = { what: count, atMs };
  };

  const sweep = async () => {
    if (nowMs() - sweptMs < SWEEP_INTERVAL_MS || nowMs() - failedMs < RECOVERY_MS) return;
    sweptMs = nowMs();
    await queries.sweep(database, clock.now());
  };

  /** Forgets rooms that nobody watches here, once the database knows. */
  const closeRooms = () => {
    for (const [streamId, { room, lease, count }] of rooms) {
      const isKnown = lease.what === room.crowd.version() && count.what === room.audience().viewerCount;
      if (room.crowd.isEmptyHere() && isKnown) rooms.delete(streamId);
    }
  };

  /** Whether it worked; the rest of the round waits for the next one otherwise. */
  const attempt = async (task: () => Promise<void>): Promise<boolean> => {
    try {
      await task();
      if (failing.delete(task.name) && failing.size === 0) logger.info('Presence reaches the database again');
      return true;
    } catch (error) {
      failedMs = nowMs();
      if (failing.size === 0) {
        const reason = error instanceof AppError ? error.code : String(error);
        logger.warn('Presence does not reach the database; it goes on with what it knows', { reason });
      }
      failing.add(task.name);
      return false;
    }
  };

  return {
    /** One round of whatever is due. Leases come first, so that a count is never ahead of them. Never throws. */
    round: async (): Promise<void> => {
      for (const task of [writeLeases, readOthers, readNames, saveCounts, sweep]) {
        if (!(await attempt(task))) return;
      }
      closeRooms();
    },

    /**
     * Ends this process's leases with a grace instead of at once, so that viewers who come back through another process,
     * or through the next one, neither leave nor join. Never throws; without the database they expire by themselves.
     */
    handOver: async (): Promise<void> => {
      if (failing.size > 0) return;
      const expiresAt = addSeconds(clock.now(), GRACE_MS / 1000);
      await queries.handOverLeases(database, { nodeId, expiresAt }).catch(() => {});
    },
  };
};
