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
import { banned } from '../auth/room-refusals.js';
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

/** Who follows a feed, and over which connection, by which guests are told apart. */
export type Follower = { identity: Identity | null; connectionId: string };

/** Ours: each costs a frame of its own an event, and no page needs more. */
const FEEDS_OF_A_STREAM_MAX = 10;

const tooMany = () =>
  new AppError('RATE_LIMITED', {
    detail: `A socket follows one stream at most ${FEEDS_OF_A_STREAM_MAX} times.`,
  });

/** A feed, from before its follower is admitted; `isFree` while that needed no ticket. */
type Following = Follower & { end: (error: Error) => void; isFree: boolean };

/** The feeds of one stream, by the connection that carries them. */
type Followings = Map<string, Set<Following>>;

const listOf = (followings: Followings | undefined): Following[] =>
  [...(followings?.values() ?? [])].flatMap((own) => [...own]);

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
  const followers = new Map<string, Followings>();

  /** Who comes in, as others see them; null for a guest. Throws ACCESS_REQUIRED, BANNED, SESSION_REVOKED. */
  const admit = async (identity: Identity | null, stream: Stream): Promise<UserSummary | null> => {
    if (!identity) {
      await streams.requireAccess(null, stream);
      return null;
    }
    const viewer = await findViewer(database, { userId: identity.userId, performerId: stream.performer.id });
    if (!viewer) throw new AppError('SESSION_REVOKED');
    await streams.requireAccess({ ...identity, role: viewer.role }, stream);
    if (viewer.isBanned) throw banned();
    return viewer.user;
  };

  /** Ends the feed of whoever may not follow the stream any more; or when that cannot be told now. */
  const readmit = async (following: Following, stream: Stream): Promise<void> => {
    try {
      await admit(following.identity, stream);
      if (stream.isPrivate) following.isFree = false;
    } catch (error) {
      following.end(error as Error);
    }
  };

  /** Looks again at what a user follows whose role or standing has changed, everywhere or `onlyIn` a stream. */
  const readmitUser = async (userId: string, onlyIn?: string): Promise<void> => {
    for (const [streamId, here] of [...followers]) {
      if (onlyIn !== undefined && streamId !== onlyIn) continue;
      const own = listOf(here).filter(({ identity }) => identity?.userId === userId);
      // So that whoever has to go hears why, such as that the show was cancelled.
      if (own.length > 0) await rooms.settle(streamId).catch(() => {});
      const stream = own.length > 0 ? await streams.find(streamId).catch(() => null) : null;
      if (stream) await Promise.all(own.map((following) => readmit(following, stream)));
    }
  };
  bus.subscribe((event) => {
    if (event.type === 'identityChanged') void readmitUser(event.userId);
    if (event.type === 'accessChanged') void readmitUser(event.userId, event.streamId);
  });

  const review = (streamId: string, event: RoomEvent) => {
    const here = listOf(followers.get(streamId));
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
    logger,
    source: {
      now: () => readNow(database),
      listLive: async (limit) => (await streams.list({ status: 'live', sort: 'newest', limit })).items,
      listChanged: streams.listChanged,
      find: streams.find,
    },
  });
  presence.onChange((streamId, event) => rooms.tell(streamId, event));

  const keep = (streamId: string, following: Following): (() => void) => {
    const { connectionId } = following;
    const here = followers.get(streamId) ?? new Map();
    const own = here.get(connectionId) ?? new Set();
    if (own.size >= FEEDS_OF_A_STREAM_MAX) throw tooMany();
    followers.set(streamId, here.set(connectionId, own.add(following)));
    return () => {
      own.delete(following);
      if (own.size === 0) here.delete(connectionId);
      if (here.size === 0) followers.delete(streamId);
    };
  };

  return {
    /**
     * A stream's feed: a snapshot, or what was missed since `lastEventId`, then every event as it happens. Throws
     * NOT_FOUND, ACCESS_REQUIRED, BANNED, RATE_LIMITED; it ends with one of them when the follower's standing changes.
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
      try {
        if (!isOver) forget = keep(streamId, { identity, connectionId, end, isFree: !stream.isPrivate });
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
      followers: [...followers.values()].flatMap(listOf).filter(({ identity }) => identity !== null).length,
      directoryFollowers: directory.followerCount(),
    }),

    start: rooms.start,
    stop: rooms.stop,
  };
};

export type LiveService = ReturnType<typeof createLiveService>;
