import type { DirectoryEvent, Stream } from '@versbottomlex/shared';
import type { EventBus } from '../platform/event-bus.js';
import { createFeed, type Feed, FeedStart } from '../platform/feed.js';
import { createFanOut, type Item, type Member } from './fan-out.js';
import { messageTail } from './messages.js';

/** How often changes are looked for that the bus has not told of; only while somebody follows. */
const POLL_INTERVAL_MS = 2000;
/** Statements commit a little after the time that they write; what changed this recently is looked at once more. */
const OVERLAP_MS = 5000;
const CHANGES_MAX = 200;
const LISTED = 50;
const LISTED_FOR_MS = 1000;

/** The directory has one kind of event. */
const EVERYTHING = 1;

export type DirectorySource = {
  /** Live public streams, newest first. */
  listLive: (limit: number) => Promise<Stream[]>;
  /** Public streams that changed after `since`, oldest change first. */
  listChanged: (since: string, limit: number) => Promise<Stream[]>;
  find: (id: string) => Promise<Stream | null>;
};

const itemOf = (event: DirectoryEvent | object, eventId: string): Item => ({
  tail: messageTail(eventId, JSON.stringify(event)),
  bit: EVERYTHING,
});

/**
 * What went live, changed or ended, among public streams. Every event is the stream as it is now, so that one that comes
 * twice does no harm; ids are the time of the last change, from a little before which a client that comes back is told.
 */
export const createDirectory = ({ source, bus }: { source: DirectorySource; bus: EventBus }) => {
  const fanOut = createFanOut();
  /** When each stream that was told of had last changed; those of the overlap only. */
  const told = new Map<string, string>();
  let latest = new Date().toISOString();
  let followers = 0;
  let timer: NodeJS.Timeout | undefined;
  let listed: { items: Promise<Stream[]>; atMs: number } | undefined;

  const eventId = () => String(Date.parse(latest));
  const before = (moment: string) => new Date(Date.parse(moment) - OVERLAP_MS).toISOString();

  const tell = (stream: Stream) => {
    if (stream.isPrivate || (told.get(stream.id) ?? '') >= stream.updatedAt) return;
    told.set(stream.id, stream.updatedAt);
    if (stream.updatedAt > latest) latest = stream.updatedAt;
    fanOut.publish(itemOf({ type: 'streamUpdate', stream }, eventId()));
  };

  const poll = async () => {
    for (const stream of await source.listChanged(before(latest), CHANGES_MAX)) tell(stream);
    for (const [id, updatedAt] of told) if (updatedAt < before(latest)) told.delete(id);
  };

  const pollAndContinue = () => {
    timer = setTimeout(async () => {
      // What cannot be read now is read next time.
      await poll().catch(() => {});
      if (timer) pollAndContinue();
    }, POLL_INTERVAL_MS);
    timer.unref();
  };

  bus.subscribe((event) => {
    if (event.type !== 'streamChanged' || followers === 0) return;
    source.find(event.streamId).then(
      (stream) => stream && tell(stream),
      () => {},
    );
  });

  const listLive = (): Promise<Stream[]> => {
    if (!listed || performance.now() - listed.atMs > LISTED_FOR_MS) {
      listed = { items: source.listLive(LISTED), atMs: performance.now() };
      listed.items.catch(() => {
        listed = undefined;
      });
    }
    return listed.items;
  };

  /** What changed since the client was here last; undefined when that cannot be told. */
  const missed = async (lastEventId: string | undefined): Promise<Stream[] | undefined> => {
    if (lastEventId === undefined || !/^\d{1,15}$/.test(lastEventId)) return undefined;
    const since = before(new Date(Number(lastEventId)).toISOString());
    const changed = await source.listChanged(since, CHANGES_MAX + 1);
    return changed.length > CHANGES_MAX ? undefined : changed;
  };

  const enter = () => {
    followers += 1;
    if (followers > 1) return;
    latest = new Date().toISOString();
    pollAndContinue();
  };

  const leave = () => {
    followers -= 1;
    if (followers > 0) return;
    clearTimeout(timer);
    timer = undefined;
    told.clear();
  };

  return {
    /** A snapshot, or what changed since `lastEventId`, then every change. */
    follow: async (signal: AbortSignal, lastEventId: string | undefined): Promise<Feed<DirectoryEvent>> => {
      let member: Member | undefined;
      let isOver = false;
      let opening: Item[] = [];
      const start = new FeedStart((outlet, request) => {
        const joined: Member = { outlet, request, wants: EVERYTHING };
        member = joined;
        fanOut.whenWritten(() => {
          if (isOver) return;
          fanOut.writeTo(joined, opening);
          fanOut.add(joined);
        });
        return {
          tell: (event) => fanOut.whenWritten(() => fanOut.writeTo(joined, [itemOf(event, eventId())])),
        };
      });
      // Counted before reading, so that the polls cover what changes meanwhile.
      enter();
      const { feed, end } = createFeed<DirectoryEvent>(start, signal, () => {
        isOver = true;
        leave();
        if (member) fanOut.remove(member);
      });
      try {
        const changed = await missed(lastEventId);
        const isResumed = lastEventId !== undefined;
        const streams = changed ?? (await listLive());
        const events: DirectoryEvent[] = changed
          ? changed.map((stream) => ({ type: 'streamUpdate', stream }))
          : [...(isResumed ? [{ type: 'resync' } as const] : []), { type: 'directory', streams }];
        opening = events.map((event) => itemOf(event, eventId()));
      } catch (error) {
        end();
        throw error;
      }
      return feed;
    },
  };
};

export type Directory = ReturnType<typeof createDirectory>;
