import { type Audience, REPLAY_EVENTS_MAX, type RoomEvent } from '@versbottomlex/shared';
import type { LogEntry } from '../platform/event-bus.js';
import { parseEventId, toEventId } from './event-id.js';
import type { FanOut, Item, Member } from './fan-out.js';
import { messageTail } from './messages.js';
import { applyEvent, bitOf, type RoomState } from './room-state.js';

/** How long an event may be missing whose successor is here: statements that commit one after the other may answer the other way round. */
const GAP_PATIENCE_MS = 20;
const RETRY_MS = 500;
const READ_MAX = 1000;

/** Where a room is read from. */
export type RoomSource = {
  /** The room as of the end of its log. Throws NOT_FOUND. */
  load(): Promise<{ epoch: number; lastSeq: number; state: RoomState }>;
  /** The events after `seq`, in order, at most `limit`. */
  read(seq: number, limit: number): Promise<LogEntry[]>;
  audience(): Audience;
};

type Logged = Item & { seq: number };

/**
 * A stream's feed in this process: one copy of the room's state, kept up to date from its log, and everybody who follows
 * it. Events are told in the order of their seq, each once, however the hints about them arrive.
 */
export const createRoom = async (deps: {
  source: RoomSource;
  fanOut: FanOut;
  /** Hears every event of the log after it was told. */
  onEvent: (event: RoomEvent) => void;
  onFault: (error: unknown) => void;
}) => {
  const { source, fanOut, onEvent, onFault } = deps;
  let { epoch, lastSeq, state } = await source.load();
  let isClosed = false;
  /** The latest events, one after the other up to `lastSeq`; the first may be later than the log's. */
  let recent: Logged[] = [];
  /** Events that arrived before one with a lower seq. */
  const early = new Map<number, RoomEvent>();
  let reading: Promise<void> | undefined;
  let isReadAgain = false;
  let retry: NodeJS.Timeout | undefined;
  let snapshot: { text: string; seq: number } | undefined;

  const itemOf = (event: RoomEvent, seq: number): Item => ({
    tail: messageTail(toEventId({ epoch, seq }), JSON.stringify(event)),
    bit: bitOf(event.type),
  });

  const tellNext = (event: RoomEvent) => {
    lastSeq += 1;
    applyEvent(state, event);
    const logged = { ...itemOf(event, lastSeq), seq: lastSeq };
    recent.push(logged);
    if (recent.length > 2 * REPLAY_EVENTS_MAX) recent = recent.slice(-REPLAY_EVENTS_MAX);
    fanOut.publish(logged);
    onEvent(event);
  };

  const tellEarly = () => {
    for (let event = early.get(lastSeq + 1); event; event = early.get(lastSeq + 1)) {
      early.delete(lastSeq + 1);
      tellNext(event);
    }
    for (const seq of early.keys()) if (seq <= lastSeq) early.delete(seq);
  };

  const takeIn = (entries: readonly LogEntry[]) => {
    for (const { seq, event } of entries) if (seq > lastSeq) early.set(seq, event);
    tellEarly();
  };

  const readToEnd = async (): Promise<void> => {
    do {
      isReadAgain = false;
      const entries = await source.read(lastSeq, READ_MAX);
      if (isClosed) return;
      takeIn(entries);
      if (entries.length === READ_MAX) isReadAgain = true;
    } while (isReadAgain);
  };

  /** Reads what the log has after `lastSeq`; whoever calls meanwhile has it read once more. */
  const catchUp = (): Promise<void> => {
    if (reading) {
      isReadAgain = true;
      return reading;
    }
    reading = readToEnd().finally(() => {
      reading = undefined;
    });
    return reading;
  };

  const catchUpSoon = (delayMs: number) => {
    if (isClosed || retry) return;
    retry = setTimeout(() => {
      retry = undefined;
      if (delayMs === GAP_PATIENCE_MS && early.size === 0) return;
      catchUp().catch((error: unknown) => {
        onFault(error);
        catchUpSoon(RETRY_MS);
      });
    }, delayMs);
  };

  const itemOfNow = (event: RoomEvent): Item => itemOf(event, lastSeq);

  const snapshotItem = (): Item => {
    const audience = source.audience();
    if (snapshot?.seq !== lastSeq) {
      const { stream, ...rest } = state;
      // Without its last brace; the audience changes more often than the room.
      snapshot = { text: JSON.stringify({ type: 'snapshot', stream, ...rest }).slice(0, -1), seq: lastSeq };
    }
    const { viewerCount, guestCount } = audience;
    const text = `${snapshot.text},"viewerCount":${viewerCount},"guestCount":${guestCount}}`;
    return { tail: messageTail(toEventId({ epoch, seq: lastSeq }), text), bit: bitOf('snapshot') };
  };

  const startAnew = (): Item[] => [itemOfNow({ type: 'resync' }), snapshotItem()];

  /** What a member is sent first, as of now. */
  const opening = (lastEventId: string | undefined): Item[] => {
    if (lastEventId === undefined) return [snapshotItem()];
    const place = parseEventId(lastEventId);
    if (place?.epoch !== epoch || place.seq > lastSeq) return startAnew();
    const missed = lastSeq - place.seq;
    const isCovered = missed <= recent.length && missed <= REPLAY_EVENTS_MAX;
    if (!isCovered) return startAnew();
    const replay = missed === 0 ? [] : recent.slice(-missed);
    return [...replay, itemOfNow({ type: 'viewerCount', ...source.audience() })];
  };

  /** Reads into `recent` what the log has after `seq`, as far as it will be replayed. */
  const reachBack = async (seq: number): Promise<void> => {
    const first = lastSeq - recent.length;
    if (seq >= first || lastSeq - seq > REPLAY_EVENTS_MAX) return;
    const older = (await source.read(seq, first - seq)).filter((entry) => entry.seq <= first);
    if (lastSeq - recent.length !== first) return;
    recent = [...older.map((entry) => ({ ...itemOf(entry.event, entry.seq), seq: entry.seq })), ...recent];
  };

  return {
    get state(): Readonly<RoomState> {
      return state;
    },
    place: () => ({ epoch, seq: lastSeq }),

    /** Takes in a hint: some events of the log, or none, when it is to be read. */
    hear: (entries: readonly LogEntry[]): void => {
      takeIn(entries);
      if (entries.length === 0) catchUp().catch(() => catchUpSoon(RETRY_MS));
      else if (early.size > 0) catchUpSoon(GAP_PATIENCE_MS);
    },

    /** To be told what the log's row says: heals what the bus has lost. */
    compare: (of: { epoch: number; lastSeq: number }): void => {
      if (of.epoch !== epoch) {
        source.load().then((loaded) => {
          ({ epoch, lastSeq, state } = loaded);
          recent = [];
          early.clear();
          snapshot = undefined;
          for (const item of startAnew()) fanOut.publish(item);
        }, onFault);
      } else if (of.lastSeq > lastSeq) catchUp().catch(() => catchUpSoon(RETRY_MS));
    },

    /** Tells what the log does not have: presence. */
    tell: (event: RoomEvent): void => fanOut.publish(itemOfNow(event)),

    /** Makes ready to replay from `lastEventId`, so that `join` need not wait. Throws when the database is away. */
    prepare: async (lastEventId: string): Promise<void> => {
      const place = parseEventId(lastEventId);
      if (place?.epoch !== epoch) return;
      // Another process may have told the client what this one has not heard yet.
      if (place.seq > lastSeq) await catchUp();
      else await reachBack(place.seq);
    },

    /** Sends the opening and then every event to the member; `isGone` says whether it has left meanwhile. */
    join: (member: Member, lastEventId: string | undefined, isGone: () => boolean): void =>
      fanOut.whenWritten(() => {
        if (isGone()) return;
        fanOut.writeTo(member, opening(lastEventId));
        fanOut.add(member);
      }),

    leave: (member: Member): void => fanOut.remove(member),

    /** Sends a notice to one member, who has joined. */
    notify: (member: Member, event: object): void => {
      const tail = messageTail(toEventId({ epoch, seq: lastSeq }), JSON.stringify(event));
      fanOut.whenWritten(() => fanOut.writeTo(member, [{ tail, bit: bitOf('authExpiring') }]));
    },

    close: (): void => {
      isClosed = true;
      clearTimeout(retry);
      fanOut.close();
    },
  };
};

export type Room = Awaited<ReturnType<typeof createRoom>>;
