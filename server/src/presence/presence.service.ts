import type { Audience, ListViewersInput, ViewerPage } from '@versbottomlex/shared';
import { z } from 'zod';
import type { Identity } from '../auth/identity.js';
import { onlyModerators } from '../auth/room-refusals.js';
import { AppError } from '../platform/app-error.js';
import type { Clock } from '../platform/clock.js';
import { decodeCursor, toPage } from '../platform/cursor.js';
import type { Database } from '../platform/database.js';
import type { Logger } from '../platform/logger.js';
import { createLeaseKeeper, type KeptRoom, keptRoom } from './lease-keeper.js';
import { findRoomRole, listViewers } from './presence.queries.js';
import { createPresenceRoom, type PresenceEvent, type Viewer } from './presence-room.js';
import { createSteadyTime } from './steady-time.js';

const TICK_MS = 250;

const Place = z.tuple([z.uuid()]);

type Listener = (streamId: string, event: PresenceEvent) => void;

type Deps = {
  database: Database;
  clock: Clock;
  logger: Logger;
  /** Of this process alone, and of each start of it. */
  nodeId: string;
};

/** Who watches what, over all tabs, devices and processes. */
export const createPresenceService = ({ database, clock, logger, nodeId }: Deps) => {
  const listeners = new Set<Listener>();
  const rooms = new Map<string, KeptRoom>();
  const nowMs = createSteadyTime(clock);
  const keeper = createLeaseKeeper({ database, clock, logger, nodeId, rooms, nowMs });
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;

  /** One round at a time; whoever asks during one gets the one after it, which sees what has changed since. */
  const round = (): Promise<void> => {
    next ??= running.then(() => {
      next = undefined;
      running = isStopped ? Promise.resolve() : keeper.round();
      return running;
    });
    return next;
  };

  const roomOf = (streamId: string): KeptRoom => {
    const known = rooms.get(streamId);
    if (known) return known;
    const opened = keptRoom(
      createPresenceRoom(nowMs(), (event) => {
        for (const listener of listeners) listener(streamId, event);
      }),
    );
    rooms.set(streamId, opened);
    void round();
    return opened;
  };

  /** Ends graces, tells what is due, and exchanges news with the other processes. Called by a timer after `start`. */
  const tick = (): Promise<void> => {
    for (const { room } of rooms.values()) room.advance(nowMs());
    return round();
  };

  return {
    tick,

    /**
     * Counts a connection of a viewer in; the function that it returns counts it out, once. Synchronous and cheap. The
     * stream must exist, and the viewer be admitted.
     */
    enter: (streamId: string, viewer: Viewer): (() => void) => {
      const { room } = roomOf(streamId);
      room.enter(viewer, nowMs());
      let isHere = true;
      return () => {
        if (isHere) room.leave(viewer, nowMs());
        isHere = false;
      };
    },

    /** As known here now; nobody for a stream that is not watched through this process. */
    audienceOf: (streamId: string): Audience =>
      rooms.get(streamId)?.room.audience() ?? { viewerCount: 0, guestCount: 0 },

    /**
     * Hears of the streams that are watched through this process: users who join and leave below 50 viewers, and the
     * number of viewers at most once a second, the last one always. Returns the function that ends it.
     */
    onChange: (listener: Listener): (() => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    /**
     * Signed-in viewers over all processes, by id. Throws NOT_FOUND; FORBIDDEN for all but the performer, moderators and
     * admins; VALIDATION_FAILED for a foreign cursor.
     */
    list: async (identity: Identity, { streamId, cursor, limit }: ListViewersInput): Promise<ViewerPage> => {
      const afterId = cursor === undefined ? null : decodeCursor(cursor, Place)[0];
      const role = await findRoomRole(database, { streamId, userId: identity.userId });
      if (role === undefined) throw new AppError('NOT_FOUND', { detail: 'There is no such stream.' });
      if (role === 'viewer') throw onlyModerators();
      const here = rooms.get(streamId)?.room.crowd.attendance().userIds ?? [];
      const own = here
        .filter((userId) => afterId === null || userId > afterId)
        .sort()
        .slice(0, limit + 1);
      const users = await listViewers(database, {
        nodeId,
        now: clock.now(),
        streamId,
        own,
        afterId,
        limit: limit + 1,
      });
      return toPage(users, limit, (user) => [user.id]);
    },

    /** Begins to keep time and to exchange news; keeps no process alive. */
    start: (): void => {
      isStopped = false;
      timer ??= setInterval(() => void tick(), TICK_MS).unref();
    },

    /** Hands this process's viewers over with their grace, so that a restart is silent. Never throws. */
    stop: async (): Promise<void> => {
      clearInterval(timer);
      timer = undefined;
      isStopped = true;
      await running;
      await keeper.handOver();
    },
  };
};

export type PresenceService = ReturnType<typeof createPresenceService>;
