import { REPLAY_EVENTS_MAX, type RoomEvent } from '@versbottomlex/shared';
import type { LogEntry } from '../platform/event-bus.js';
import { eventOfTail, messageTail } from '../platform/trpc-messages.js';
import { type EventPlace, toEventId } from './event-id.js';
import type { Item } from './fan-out.js';
import { bitOf, withoutText } from './room-state.js';

/** An event as it is sent, with the id of `place`. */
export const toItem = (event: RoomEvent, place: EventPlace): Item => ({
  tail: messageTail(toEventId(place), JSON.stringify(event)),
  bit: bitOf(event.type),
});

/**
 * The latest events of a log, ready to be sent again: one after the other, up to its end. At least as many as are
 * replayed, where so many have been here.
 */
export const createRecentEvents = (epoch: number, lastSeq: number) => {
  let items: Item[] = [];
  let end = lastSeq;
  /** Up to here there is no text of the chat left. */
  let clearedSeq = 0;

  const encode = ({ seq, event }: LogEntry): Item => toItem(event, { epoch, seq });
  const start = () => end - items.length;

  return {
    /** The seq after which it holds everything. */
    start,
    end: (): number => end,

    /** Adds the event that follows, and returns it as it is sent. */
    add: (event: RoomEvent): Item => {
      end += 1;
      const item = encode({ seq: end, event });
      items.push(item);
      if (items.length > 2 * REPLAY_EVENTS_MAX) items = items.slice(-REPLAY_EVENTS_MAX);
      return item;
    },

    /** Adds what comes right before its start. */
    prepend: (entries: readonly LogEntry[]): void => {
      items = [...entries.map(encode), ...items];
    },

    /** What came after `seq`; undefined when not all of it is here, or there is no such seq yet. */
    after: (seq: number): Item[] | undefined =>
      seq >= start() && seq <= end ? items.slice(items.length - (end - seq)) : undefined,

    /** Takes out of what is sent again what `later`, the event that follows, takes away. */
    forget: (later: RoomEvent): void => {
      if (later.type !== 'messageDeleted' && later.type !== 'chatCleared') return;
      const first = start() + 1;
      const isMeant = ({ tail, bit }: Item, seq: number) =>
        later.type === 'messageDeleted'
          ? tail.includes(later.messageId)
          : seq > clearedSeq && bit === bitOf('chatMessage');
      items = items.map((item, index) => {
        const seq = first + index;
        return isMeant(item, seq) ? encode({ seq, event: withoutText(eventOfTail(item.tail), later) }) : item;
      });
      if (later.type === 'chatCleared') clearedSeq = end;
    },
  };
};

export type RecentEvents = ReturnType<typeof createRecentEvents>;
