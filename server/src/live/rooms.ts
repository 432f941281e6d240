import type { Audience, RoomEvent, Stream } from '@versbottomlex/shared';
import { AppError } from '../platform/app-error.js';
import type { Database } from '../platform/database.js';
import type { EventBus, LogEntry } from '../platform/event-bus.js';
import type { Logger } from '../platform/logger.js';
import { createFanOut } from './fan-out.js';
import * as log from './log.queries.js';
import { createRoom, type Room, type RoomSource } from './room.js';
import { whenCleared } from './room-state.js';

/** How often the ends of the open rooms' logs are compared, for what the bus has lost; one statement for all of them. */
const COMPARE_INTERVAL_MS = 1000;

const notFound = () => new AppError('NOT_FOUND', { detail: 'There is no such stream.' });

type OpenRoom = {
  room: Promise<Room>;
  /** The room once it is loaded. */
  ready: Room | undefined;
  users: number;
  /** Whether the log grew while the room was being loaded. */
  hasHeard: boolean;
};

type Deps = {
  database: Database;
  bus: EventBus;
  logger: Logger;
  findStream: (id: string) => Promise<Stream | null>;
  audienceOf: (streamId: string) => Audience;
  onEvent: (streamId: string, event: RoomEvent) => void;
};

/** The rooms that somebody of this process follows: opened for the first, closed after the last. */
export const createRooms = (deps: Deps) => {
  const { database, bus, logger, findStream, audienceOf, onEvent } = deps;
  const rooms = new Map<string, OpenRoom>();
  let timer: NodeJS.Timeout | undefined;
  let isComparing = false;
  let isAway = false;

  const requireStream = async (streamId: string): Promise<Stream> => {
    const stream = await findStream(streamId);
    if (!stream) throw notFound();
    return stream;
  };

  const toEvent = (streamId: string, row: log.LogRow, stream: Stream | undefined): RoomEvent => {
    const { type, payload, message, tip } = row;
    switch (type) {
      case 'chatMessage':
        if (!message) throw new Error(`the log of ${streamId} names no message at ${row.seq}`);
        return { type, message };
      case 'messagePinned':
        return { type, message };
      case 'messageDeleted':
        if (!message?.deletedAt) throw new Error(`the log of ${streamId} names no message at ${row.seq}`);
        return { type, messageId: message.id, deletedAt: message.deletedAt };
      case 'tipReceived':
        if (!tip) throw new Error(`the log of ${streamId} names no tip at ${row.seq}`);
        return { type, tip };
      case 'streamUpdate':
        if (!stream) throw notFound();
        return { type, stream };
      default:
        // What our own SQL functions wrote: the members of the event.
        return { type, ...payload } as RoomEvent;
    }
  };

  /** One line when reading fails, and one when it works again. */
  const watched = async <T>(work: Promise<T>): Promise<T> => {
    try {
      const result = await work;
      if (isAway) logger.info('Live feeds are read again');
      isAway = false;
      return result;
    } catch (error) {
      const isExpected = error instanceof AppError && error.code === 'NOT_FOUND';
      if (!isAway && !isExpected) logger.warn('Live feeds cannot be read', { error: String(error) });
      if (!isExpected) isAway = true;
      throw error;
    }
  };

  const load = async (streamId: string) => {
    const room = await log.findRoom(database, streamId);
    if (!room) throw notFound();
    // Read after the end of the log, so that no change of the stream falls between the two.
    const stream = await requireStream(streamId);
    const { epoch, lastSeq, ...state } = room;
    return { epoch, lastSeq, state: { stream, ...state } };
  };

  const read = async (streamId: string, seq: number, limit: number): Promise<LogEntry[]> => {
    const rows = await log.readLog(database, { streamId, seq, limit });
    // A change is told as the stream is now, however many there were.
    const isChanged = rows.some(({ type }) => type === 'streamUpdate');
    const stream = isChanged ? await requireStream(streamId) : undefined;
    return rows.map((row) => {
      const event = toEvent(streamId, row, stream);
      return { seq: row.seq, event: row.isCleared ? whenCleared(event) : event };
    });
  };

  const sourceOf = (streamId: string): RoomSource => ({
    load: () => watched(load(streamId)),
    read: (seq, limit) => watched(read(streamId, seq, limit)),
    audience: () => audienceOf(streamId),
  });

  const forget = (streamId: string, opened: OpenRoom) => {
    if (rooms.get(streamId) === opened) rooms.delete(streamId);
  };

  const open = (streamId: string): OpenRoom => {
    const known = rooms.get(streamId);
    if (known) return known;
    const room = createRoom({
      source: sourceOf(streamId),
      fanOut: createFanOut(),
      onEvent: (event) => onEvent(streamId, event),
    });
    const opened: OpenRoom = { room, ready: undefined, users: 0, hasHeard: false };
    // Entered before the room is read, so that no event falls between the two.
    rooms.set(streamId, opened);
    room.then(
      (ready) => {
        opened.ready = ready;
        if (opened.hasHeard) ready.hear([]);
      },
      () => forget(streamId, opened),
    );
    return opened;
  };

  const release = (streamId: string, opened: OpenRoom) => {
    opened.users -= 1;
    if (opened.users > 0) return;
    forget(streamId, opened);
    opened.room.then(
      (room) => room.close(),
      () => {},
    );
  };

  const hear = (streamId: string, entries: LogEntry[]) => {
    const opened = rooms.get(streamId);
    if (opened?.ready) opened.ready.hear(entries);
    else if (opened) opened.hasHeard = true;
  };

  const compare = async () => {
    const streamIds = [...rooms.keys()];
    if (streamIds.length === 0) return;
    const ends = await watched(log.listLogEnds(database, streamIds));
    for (const { streamId, ...end } of ends) rooms.get(streamId)?.ready?.compare(end);
  };

  const compareQuietly = async () => {
    if (isComparing) return;
    isComparing = true;
    // What cannot be read now is read next time.
    await compare().catch(() => {});
    isComparing = false;
  };

  bus.subscribe((event) => {
    if (event.type === 'streamLogged') hear(event.streamId, event.entries);
    if (event.type === 'streamChanged') hear(event.streamId, []);
  });

  return {
    /** A loaded room, held until `release` is called. Throws NOT_FOUND. */
    enter: async (streamId: string): Promise<{ room: Room; release: () => void }> => {
      const opened = open(streamId);
      opened.users += 1;
      try {
        return { room: await opened.room, release: () => release(streamId, opened) };
      } catch (error) {
        release(streamId, opened);
        throw error;
      }
    },

    /** Tells whoever follows the stream here what its log does not have. */
    tell: (streamId: string, event: RoomEvent): void => rooms.get(streamId)?.ready?.tell(event),

    /** Resolves when whoever follows the stream here was told all that is in its log by now. */
    settle: async (streamId: string): Promise<void> => rooms.get(streamId)?.ready?.settle(),

    openCount: (): number => rooms.size,

    start: (): void => {
      timer ??= setInterval(() => void compareQuietly(), COMPARE_INTERVAL_MS).unref();
    },
    stop: (): void => {
      clearInterval(timer);
      timer = undefined;
    },
  };
};

export type Rooms = ReturnType<typeof createRooms>;
