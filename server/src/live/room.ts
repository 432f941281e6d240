import { type Audience, REPLAY_EVENTS_MAX, type RoomEvent } from '@versbottomlex/shared';
import type { LogEntry } from '../platform/event-bus.js';
import { eventOfTail, messageTail } from '../platform/trpc-messages.js';
import { type EventPlace, parseEventId, toEventId } from './event-id.js';
import type { FanOut, Item, Member } from './fan-out.js';
import { createRecentEvents, toItem } from './recent-events.js';
import { applyEvent, bitOf, type RoomState, withoutText } from './room-state.js';
import { type SnapshotText, toSnapshotText, withAudience } from './snapshot.js';

/** How long an event may be missing whose successor is here: statements that commit one after the other may answer the other way round. */
const GAP_PATIENCE_MS = 20;
const RETRY_MS = 500;
const READ_MAX = 1000;
/** How many events are kept while one before them is missing. */
const EARLY_MAX = 1000;

/** Where a room is read from. */
export type RoomSource = {
  /** The room as of the end of its log. Throws NOT_FOUND. */
  load(): Promise<{ epoch: number; lastSeq: number; state: RoomState }>;
  /** The events after `seq`, in order and without a gap, at most `limit`. */
  read(seq: number, limit: number): Promise<LogEntry[]>;
  audience(): Audience;
};

/**
 * A stream's feed in this process: one copy of the room's state, kept up to date from its log, and everybody who follows
 * it. Events are told in the order of their seq, each once, however the hints about them arrive.
 */
export const createRoom = async (deps: {
  source: RoomSource;
  fanOut: FanOut;
  /** Hears every event of the log after it was told. */
  onEvent: (event: RoomEvent) => void;
}) => {
  const { source, fanOut, onEvent } = deps;
  const loaded = await source.load();
  let { epoch, state } = loaded;
  let recent = createRecentEvents(epoch, loaded.lastSeq);
  let isClosed = false;
  /** Events that arrived before one with a lower seq. */
  const early = new Map<number, RoomEvent>();
  let reading: Promise<void> | undefined;
  let isReadAgain = false;
  /** Whether the log is another than the one that was read. */
  let isReplaced = false;
  let reachingBack: Promise<void> | undefined;
  let retry: NodeJS.Timeout | undefined;
  let snapshot: { text: SnapshotText; place: string } | undefined;

  const place = (): EventPlace => ({ epoch, seq: recent.end() });

  const add = (event: RoomEvent): Item => {
    applyEvent(state, event);
    recent.forget(event);
    return recent.add(event);
  };

  const takeIn = (entries: readonly LogEntry[]) => {
    for (const { seq, event } of entries) if (seq > recent.end()) early.set(seq, event);
    const next: { event: RoomEvent; item: Item }[] = [];
    for (let event = early.get(recent.end() + 1); event; event = early.get(recent.end() + 1)) {
      early.delete(recent.end() + 1);
      next.push({ event, item: add(event) });
    }
    if (next.length > 0) fanOut.publish(...next.map(({ item }) => item));
    for (const { event } of next) onEvent(event);
    for (const seq of early.keys()) if (seq <= recent.end()) early.delete(seq);
  };

  const snapshotItem = (): Item => {
    const id = toEventId(place());
    if (snapshot?.place !== id) snapshot = { text: toSnapshotText(state), place: id };
    return { tail: messageTail(id, withAudience(snapshot.text, source.audience())), bit: bitOf('snapshot') };
  };

  const startAnew = (): Item[] => [toItem({ type: 'resync' }, place()), snapshotItem()];

  const load = async () => {
    const found = await source.load();
    if (isClosed) return;
    isReplaced = false;
    // What was committed meanwhile was not taken in.
    isReadAgain = true;
    if (found.epoch === epoch) return;
    ({ epoch, state } = found);
    recent = createRecentEvents(epoch, found.lastSeq);
    early.clear();
    fanOut.publish(...startAnew());
  };

  const read = async () => {
    const entries = await source.read(recent.end(), READ_MAX);
    if (isClosed) return;
    takeIn(entries);
    if (entries.length === READ_MAX) isReadAgain = true;
  };

  const readToEnd = async (): Promise<void> => {
    do {
      isReadAgain = false;
      await (isReplaced ? load() : read());
    } while (isReadAgain && !isClosed);
  };

  /** Reads what the log has beyond what was told; whoever calls meanwhile has it read once more. */
  const catchUp = (): Promise<void> => {
    isReadAgain = true;
    reading ??= readToEnd().finally(() => {
      reading = undefined;
    });
    return reading;
  };

  const catchUpInTime = () => {
    if (!isClosed) catchUp().catch(() => catchUpSoon(RETRY_MS));
  };

  const catchUpSoon = (delayMs: number) => {
    if (isClosed || retry) return;
    retry = setTimeout(() => {
      retry = undefined;
      if (delayMs !== GAP_PATIENCE_MS || early.size > 0) catchUpInTime();
    }, delayMs);
  };

  /** What a member is sent first, as of now. */
  const opening = (lastEventId: string | undefined): Item[] => {
    if (lastEventId === undefined) return [snapshotItem()];
    const seen = parseEventId(lastEventId);
    const missed = seen?.epoch === epoch ? recent.after(seen.seq) : undefined;
    if (!missed || missed.length > REPLAY_EVENTS_MAX) return startAnew();
    return [...missed, toItem({ type: 'viewerCount', ...source.audience() }, place())];
  };

  const readBack = async (seq: number): Promise<void> => {
    const into = recent;
    const start = into.start();
    const end = into.end();
    const older = await source.read(seq, start - seq);
    if (older.length < start - seq) throw new Error(`the log ends before ${start}`);
    // Its start may have moved on meanwhile; then it is looked for again.
    if (into.start() !== start) return;
    // What was taken away while they were read may have been in them.
    const later = (into.after(end) ?? []).map(({ tail }) => eventOfTail(tail));
    into.prepend(older.map((entry) => ({ ...entry, event: later.reduce(withoutText, entry.event) })));
  };

  /** Has what the log holds after `seq` at hand, as far as it is replayed; one statement for all who come at once. */
  const reachBack = async (seq: number): Promise<void> => {
    const isWanted = () => seq < recent.start() && recent.end() - seq <= REPLAY_EVENTS_MAX && !isClosed;
    while (isWanted()) {
      reachingBack ??= readBack(seq).finally(() => {
        reachingBack = undefined;
      });
      await reachingBack;
    }
  };

  return {
    get state(): Readonly<RoomState> {
      return state;
    },
    place,

    /** Takes in a hint: some events of the log, or none, when it is to be read. */
    hear: (entries: readonly LogEntry[]): void => {
      takeIn(entries);
      const isFarBehind = early.size > EARLY_MAX;
      // The log has them all.
      if (isFarBehind) early.clear();
      if (entries.length === 0 || isFarBehind) catchUpInTime();
      else if (early.size > 0) catchUpSoon(GAP_PATIENCE_MS);
    },

    /** To be told what the log's row says: heals what the bus has lost, and starts anew when the log is another. */
    compare: (of: { epoch: number; lastSeq: number }): void => {
      if (of.epoch !== epoch) isReplaced = true;
      if (isReplaced || of.lastSeq > recent.end()) catchUpInTime();
    },

    /** Resolves when all that is in the log by now was told. */
    settle: async (): Promise<void> => {
      await catchUp();
      await new Promise<void>((resolve) => fanOut.whenWritten(resolve));
    },

    /** Tells what the log does not have: presence. */
    tell: (event: RoomEvent): void => fanOut.publish(toItem(event, place())),

    /** Makes ready to replay from `lastEventId`, so that `join` need not wait. Throws when the database is away. */
    prepare: async (lastEventId: string): Promise<void> => {
      const seen = parseEventId(lastEventId);
      if (seen?.epoch !== epoch) return;
      // Another process may have told the client what this one has not heard yet.
      if (seen.seq > recent.end()) await catchUp();
      await reachBack(seen.seq);
    },

    /** Sends the opening and then every event to the member; `isGone` says whether it has left meanwhile. */
    join: (member: Member, lastEventId: string | undefined, isGone: () => boolean): void =>
      fanOut.whenWritten(() => {
        if (isGone()) return;
        fanOut.writeTo(member, opening(lastEventId));
        fanOut.add(member);
      }),

    leave: (member: Member): void => fanOut.remove(member),

    /** Sends a notice to one member, who has joined, unless it has left meanwhile. */
    notify: (member: Member, event: object, isGone: () => boolean): void =>
      fanOut.whenWritten(() => {
        const tail = messageTail(toEventId(place()), JSON.stringify(event));
        if (!isGone()) fanOut.writeTo(member, [{ tail, bit: bitOf('authExpiring') }]);
      }),

    close: (): void => {
      isClosed = true;
      clearTimeout(retry);
      fanOut.close();
    },
  };
};

export type Room = Awaited<ReturnType<typeof createRoom>>;
