import type { DirectoryEvent, Stream } from '@versbottomlex/shared';
import type { EventBus } from '../platform/event-bus.js';
import { createFeed, type Feed, type FeedRequest, type OpenFeed, type Outlet } from '../platform/feed.js';
import type { Logger } from '../platform/logger.js';
import { createSweep } from '../platform/sweep.js';
import { messageTail } from '../platform/trpc-messages.js';
import { createFanOut, type Item, type Member } from './fan-out.js';

/** How often changes are looked for that the bus has not told of; only while somebody follows. */
const POLL_INTERVAL_MS = 2000;
/** Statements commit a little after the time that they write; what changed this recently is looked at once more. */
const OVERLAP_MS = 5000;
/** Whoever missed more starts anew. */
const CHANGES_MAX = 200;
const LISTED = 50;
const LISTED_FOR_MS = 1000;

/** The directory has one kind of event. */
const EVERYTHING = 1;

export type DirectorySource = {
  /** The time by which streams say when they changed. */
  now: () => Promise<string>;
  /** Live public streams, newest first. */
  listLive: (limit: number) => Promise<Stream[]>;
  /** Public streams that changed after `since`, oldest change first. */
  listChanged: (since: string, limit: number) => Promise<Stream[]>;
  find: (id: string) => Promise<Stream | null>;
};

type Deps = { source: DirectorySource; bus: EventBus; logger: Logger };

/** What a stream says of itself, apart from its audience, which changes all the time and is no change of the stream. */
const contentOf = (stream: Stream): string =>
  JSON.stringify({ ...stream, viewerCount: 0, peakViewerCount: 0 });

const before = (moment: string) => new Date(Date.parse(moment) - OVERLAP_MS).toISOString();

/** The moment that an event's id stands for; undefined for a text that is no id of ours. */
const momentOf = (eventId: string): string | undefined =>
  /^\d{1,13}$/.test(eventId) ? new Date(Number(eventId)).toISOString() : undefined;

/**
 * What went live, changed or ended, among public streams. Every event is the stream as it is now, so that one that comes
 * twice does no harm; ids are the time of the last change, from a little before which a client that comes back is told.
 */
export const createDirectory = ({ source, bus, logger }: Deps) => {
  const fanOut = createFanOut();
  /** The streams that were told of, as long as they may be read once more. */
  const told = new Map<string, { stream: Stream; content: string }>();
  /** The latest change that was told of, or when the first follower came; empty before that is known. */
  let latest = '';
  let followers = 0;
  let listed: { items: Promise<Stream[]>; atMs: number } | undefined;

  const encode = (event: object): Item => ({
    tail: messageTail(String(Date.parse(latest)), JSON.stringify(event)),
    bit: EVERYTHING,
  });
  const itemOf = (event: DirectoryEvent): Item => encode(event);

  const tell = (stream: Stream) => {
    if (stream.isPrivate || followers === 0 || latest === '') return;
    const known = told.get(stream.id);
    const content = contentOf(stream);
    if (known && (known.stream.updatedAt > stream.updatedAt || known.content === content)) return;
    told.set(stream.id, { stream, content });
    if (stream.updatedAt > latest) latest = stream.updatedAt;
    fanOut.publish(itemOf({ type: 'streamUpdate', stream }));
  };

  /** All that changed since shortly before `latest`, of which most has been told. */
  const listRecent = async (): Promise<Stream[]> => {
    const since = before(latest);
    for (let limit = CHANGES_MAX; ; limit *= 4) {
      const changed = await source.listChanged(since, limit);
      if (changed.length < limit) return changed;
    }
  };

  const poll = createSweep({
    work: async () => {
      if (latest === '') return;
      for (const stream of await listRecent()) tell(stream);
      for (const [id, { stream }] of told) if (stream.updatedAt < before(latest)) told.delete(id);
    },
    intervalMs: POLL_INTERVAL_MS,
    logger,
    fault: 'Changes of public streams not read',
  });

  bus.subscribe((event) => {
    if (event.type !== 'streamChanged' || followers === 0) return;
    source.find(event.streamId).then(
      (stream) => stream && tell(stream),
      () => {},
    );
  });

  const listLive = (): Promise<Stream[]> => {
    if (!listed || performance.now() - listed.atMs > LISTED_FOR_MS) {
      const items = source.listLive(LISTED);
      listed = { items, atMs: performance.now() };
      items.catch(() => {
        if (listed?.items === items) listed = undefined;
      });
    }
    return listed.items;
  };

  /** What changed since the client was here last; undefined when that cannot be told. */
  const missed = async (lastEventId: string, now: string): Promise<Stream[] | undefined> => {
    const seenAt = momentOf(lastEventId);
    // A client that comes from another process may have been told of what this one hears of next.
    if (seenAt === undefined || before(seenAt) > now) return undefined;
    const changed = await source.listChanged(before(seenAt), CHANGES_MAX + 1);
    return changed.length > CHANGES_MAX ? undefined : changed;
  };

  const startingPoint = async (lastEventId: string | undefined) => {
    const now = await source.now();
    // Unless the follower who asks has left meanwhile, as the last one.
    if (latest === '' && followers > 0) latest = now;
    const changed = lastEventId === undefined ? undefined : await missed(lastEventId, now);
    return { changed, streams: changed ?? (await listLive()) };
  };

  type Start = Awaited<ReturnType<typeof startingPoint>> & { isResumed: boolean };

  /** The first events of a follower who joins now: what was read, and what has been told of since. */
  const opening = ({ changed, streams, isResumed }: Start): Item[] => {
    const read = new Map(streams.map((stream) => [stream.id, stream.updatedAt]));
    const newer = [...told.values()]
      .map(({ stream }) => stream)
      .filter(({ id, updatedAt }) => (read.get(id) ?? '') < updatedAt);
    const updates = [...(changed ?? []), ...newer];
    const anew: DirectoryEvent[] = [
      ...(isResumed ? [{ type: 'resync' } as const] : []),
      { type: 'directory', streams },
    ];
    const events: DirectoryEvent[] = [
      ...(changed ? [] : anew),
      ...updates.map((stream) => ({ type: 'streamUpdate', stream }) as const),
    ];
    return events.map(itemOf);
  };

  const enter = () => {
    followers += 1;
    poll.start();
  };

  const leave = () => {
    followers -= 1;
    if (followers > 0) return;
    void poll.stop();
    latest = '';
    told.clear();
  };

  return {
    followerCount: (): number => followers,

    /** A snapshot, or what changed since `lastEventId`, then every change. */
    follow: async (signal: AbortSignal, lastEventId: string | undefined): Promise<Feed<DirectoryEvent>> => {
      let member: Member | undefined;
      let isOver = false;
      let start: Start | undefined;
      const open = (outlet: Outlet, request: FeedRequest): OpenFeed => {
        const joined: Member = { outlet, request, wants: EVERYTHING };
        member = joined;
        fanOut.whenWritten(() => {
          if (isOver || !start) return;
          fanOut.writeTo(joined, opening(start));
          fanOut.add(joined);
        });
        return {
          tell: (notice) =>
            fanOut.whenWritten(() => {
              if (!isOver) fanOut.writeTo(joined, [encode(notice)]);
            }),
        };
      };
      // Counted before reading, so that the polls cover what changes meanwhile.
      enter();
      const { feed, end } = createFeed<DirectoryEvent>(open, signal, () => {
        isOver = true;
        leave();
        if (member) fanOut.remove(member);
      });
      try {
        start = { ...(await startingPoint(lastEventId)), isResumed: lastEventId !== undefined };
      } catch (error) {
        end();
        throw error;
      }
      return feed;
    },
  };
};

export type Directory = ReturnType<typeof createDirectory>;
