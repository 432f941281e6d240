import { REPLAY_EVENTS_MAX, type RoomEvent } from '@versbottomlex/shared';
import type { LogEntry } from '../platform/event-bus.js';
import { type EventPlace, toEventId } from './event-id.js';
import type { Item } from './fan-out.js';
import { eventOfTail, messageTail } from './messages.js';
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

    /** Takes a deleted message's text out of what is sent again. */
    forget: (messageId: string, deletedAt: string): void => {
      const first = start() + 1;
      items = items.map((item, index) => {
        if (!item.tail.includes(messageId)) return item;
        const event = eventOfTail(item.tail);
        return encode({ seq: first + index, event: withoutText(event, messageId, deletedAt) });
      });
    },
  };
};

export type RecentEvents = ReturnType<typeof createRecentEvents>;
