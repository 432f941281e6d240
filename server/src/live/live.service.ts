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

/** A feed, from before its follower is admitted; `isFree` while that needed no ticket. */
type Following = { identity: Identity | null; end: (error: Error) => void; isFree: boolean };

const signedInOf = (followings: Iterable<Following>): number =>
  [...followings].filter(({ identity }) => identity !== null).length;

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
  /** Who follows which stream, or is about to. */
  const followers = new Map<string, Set<Following>>();

  /** Ends the feed of whoever may not follow the stream any more; or when that cannot be told now. */
  const readmit = async (following: Following, stream: Stream): Promise<void> => {
    try {
      await streams.requireAccess(following.identity, stream);
      following.isFree = false;
    } catch (error) {
      following.end(error as Error);
    }
  };

  const review = (streamId: string, event: RoomEvent) => {
    const here = [...(followers.get(streamId) ?? [])];
    if (event.type === 'viewerRestricted' && event.kind === 'ban') {
      for (const { identity, end } of here) if (identity?.userId === event.userId) end(banned());
    }
    // It was public when they came.
    if (event.type === 'streamUpdate' && event.stream.isPrivate) {
      for (const following of here) if (following.isFree) void readmit(following, event.stream);
    }
  };

  const rooms = createRooms({
    database,
    bus,
    logger,
    findStream: streams.find,
    audienceOf: presence.audienceOf,
    onEvent: review,
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

  const keep = (streamId: string, following: Following): (() => void) => {
    const here = followers.get(streamId) ?? new Set();
    followers.set(streamId, here.add(following));
    return () => {
      here.delete(following);
      if (here.size === 0) followers.delete(streamId);
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
      const { stream } = room.state;
      // Listening for a ban before looking for one, so that none falls between the two; so for what else bars the way.
      if (!isOver) forget = keep(streamId, { identity, end, isFree: !stream.isPrivate });
      try {
        user = await admit(identity, stream);
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

    /** How much is being followed here, `followers` by feeds of users; nothing, once every client is gone. */
    load: () => ({
      rooms: rooms.openCount(),
      followers: [...followers.values()].reduce((sum, here) => sum + signedInOf(here), 0),
      directoryFollowers: directory.followerCount(),
    }),

    start: rooms.start,
    stop: rooms.stop,
  };
};

export type LiveService = ReturnType<typeof createLiveService>;
