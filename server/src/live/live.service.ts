import type {
  DirectoryEvent,
  EventKind,
  OnDirectoryInput,
  OnEventInput,
  RoomEvent,
  Stream,
  UserSummary,
} from '@versbottomlex/shared';
import type { Identity } from '../auth/identity.js';
import { AppError } from '../platform/app-error.js';
import type { Database } from '../platform/database.js';
import type { EventBus } from '../platform/event-bus.js';
import { createFeed, type Feed, type FeedRequest, type OpenFeed, type Outlet } from '../platform/feed.js';
import type { Logger } from '../platform/logger.js';
import type { PresenceService } from '../presence/presence.service.js';
import type { StreamsService } from '../streams/streams.service.js';
import { createDirectory } from './directory.js';
import type { Member } from './fan-out.js';
import { findViewer, readNow } from './log.queries.js';
import { wantsOf } from './room-state.js';
import { createRooms } from './rooms.js';

const banned = () => new AppError('BANNED', { detail: 'The performer has banned you from this room.' });

/** Who follows a feed, and over which connection, by which guests are told apart. */
export type Follower = { identity: Identity | null; connectionId: string };

/** tRPC's types allow a call without a signal; none of our transports makes one. */
const neverAborted = new AbortController().signal;

type Deps = {
  database: Database;
  bus: EventBus;
  logger: Logger;
  streams: Pick<StreamsService, 'find' | 'requireAccess' | 'list' | 'listChanged'>;
  presence: Pick<PresenceService, 'enter' | 'audienceOf' | 'onChange'>;
};

/** The live feeds of streams: who may follow one, from where on, and when that ends. */
export const createLiveService = ({ database, bus, logger, streams, presence }: Deps) => {
  /** Ends the feeds of one user in one stream; by `<streamId> <userId>`. */
  const followers = new Map<string, Set<(error: Error) => void>>();

  const rooms = createRooms({
    database,
    bus,
    logger,
    findStream: streams.find,
    audienceOf: presence.audienceOf,
    onEvent: (streamId, event) => {
      if (event.type !== 'viewerRestricted' || event.kind !== 'ban') return;
      for (const end of [...(followers.get(`${streamId} ${event.userId}`) ?? [])]) end(banned());
    },
  });
  const directory = createDirectory({
    bus,
    source: {
      now: () => readNow(database),
      listLive: async (limit) => (await streams.list({ status: 'live', sort: 'newest', limit })).items,
      listChanged: streams.listChanged,
      find: streams.find,
    },
  });
  presence.onChange((streamId, event) => rooms.tell(streamId, event));

  /** Who comes in, as others see them; null for a guest. Throws ACCESS_REQUIRED, BANNED, SESSION_REVOKED. */
  const admit = async (identity: Identity | null, stream: Stream): Promise<UserSummary | null> => {
    await streams.requireAccess(identity, stream);
    if (!identity) return null;
    const viewer = await findViewer(database, { userId: identity.userId, performerId: stream.performer.id });
    if (!viewer) throw new AppError('SESSION_REVOKED');
    if (viewer.isBanned) throw banned();
    return viewer.user;
  };

  const keep = (streamId: string, userId: string, end: (error: Error) => void): (() => void) => {
    const key = `${streamId} ${userId}`;
    const ends = followers.get(key) ?? new Set();
    followers.set(key, ends.add(end));
    return () => {
      ends.delete(end);
      if (ends.size === 0) followers.delete(key);
    };
  };

  return {
    /**
     * A stream's feed: a snapshot, or what was missed since `lastEventId`, then every event as it happens. Throws
     * NOT_FOUND, ACCESS_REQUIRED, BANNED; a ban ends it with BANNED.
     */
    follow: async <Event extends RoomEvent>(
      { identity, connectionId }: Follower,
      signal: AbortSignal = neverAborted,
      { streamId, lastEventId }: Pick<OnEventInput, 'streamId' | 'lastEventId'>,
      kinds?: readonly EventKind[],
    ): Promise<Feed<Event>> => {
      const { room, release } = await rooms.enter(streamId);
      const userId = identity?.userId;
      let member: Member | undefined;
      let leave = () => {};
      let forget = () => {};
      let isOver = false;
      const close = () => {
        isOver = true;
        forget();
        leave();
        if (member) room.leave(member);
        release();
      };
      let user: UserSummary | null = null;
      const open = (outlet: Outlet, request: FeedRequest): OpenFeed => {
        const joined: Member = { outlet, request, wants: wantsOf(kinds) };
        member = joined;
        leave = presence.enter(streamId, { key: userId ?? `guest:${connectionId}`, user });
        room.join(joined, lastEventId, () => isOver);
        return { tell: (event) => room.notify(joined, event, () => isOver) };
      };
      const { feed, end } = createFeed<Event>(open, signal, close);
      // Listening for a ban before looking for one, so that none falls between the two.
      if (userId !== undefined && !isOver) forget = keep(streamId, userId, end);
      try {
        user = await admit(identity, room.state.stream);
        if (lastEventId !== undefined) await room.prepare(lastEventId);
      } catch (error) {
        end();
        throw error;
      }
      return feed;
    },

    /** Public streams as they go live, change or end. */
    followDirectory: (
      signal: AbortSignal = neverAborted,
      { lastEventId }: OnDirectoryInput,
    ): Promise<Feed<DirectoryEvent>> => directory.follow(signal, lastEventId),

    /** How much is being followed here; nothing, once every client is gone. */
    load: () => ({
      rooms: rooms.openCount(),
      followers: followers.size,
      directoryFollowers: directory.followerCount(),
    }),

    start: rooms.start,
    stop: rooms.stop,
  };
};

export type LiveService = ReturnType<typeof createLiveService>;
