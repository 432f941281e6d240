import type { FeedRequest, Outlet } from '../platform/feed.js';
import { messageHead } from '../platform/trpc-messages.js';
import { textFrame } from '../platform/websocket-frame.js';

/**
 * Events within this time of a write leave together in the next one. Half of it is what an event of a busy room waits at
 * the median; one of a quiet room waits for nothing.
 */
const WINDOW_MS = 40;
/** So many make a write worth its cost, and need not wait any longer. */
const WORTH_A_WRITE = 8;

/** An event, encoded once for everybody. */
export type Item = {
  /** From the event's id on; see messageTail. */
  tail: Buffer;
  /** A bit that tells who wants it; members whose `wants` has it are sent it. */
  bit: number;
};

export type Member = { outlet: Outlet; request: FeedRequest; wants: number };

/** Members that are sent the same bytes: they want the same events, and gave their requests the same id. */
type Group = { head: Buffer; wants: number; outlets: Set<Outlet> };

const keyOf = ({ request, wants }: Member): string =>
  `${wants} ${JSON.stringify(request.id)} ${request.jsonrpc ?? ''}`;

const framesFor = (head: Buffer, wants: number, items: readonly Item[]): Buffer | undefined => {
  const frames = items.filter(({ bit }) => (bit & wants) !== 0).map(({ tail }) => textFrame(head, tail));
  return frames.length > 1 ? Buffer.concat(frames) : frames[0];
};

/**
 * Writes events to many sockets: framed once for each distinct request id, the first at once, and those of a busy time
 * together. The order of `publish` is the order in which every member receives.
 */
export const createFanOut = () => {
  const groups = new Map<string, Group>();
  let pending: Item[] = [];
  let waiting: (() => void)[] = [];
  let window: NodeJS.Timeout | undefined;

  const flush = () => {
    const items = pending;
    pending = [];
    for (const { head, wants, outlets } of groups.values()) {
      const frames = framesFor(head, wants, items);
      if (frames) for (const outlet of outlets) outlet.write(frames);
    }
    const starts = waiting;
    waiting = [];
    for (const start of starts) start();
  };

  const endWindow = () => {
    window = undefined;
    if (pending.length === 0) return;
    flush();
    window = setTimeout(endWindow, WINDOW_MS);
  };

  return {
    /** Items that are known together leave together. */
    publish: (...items: Item[]): void => {
      pending.push(...items);
      if (window && pending.length < WORTH_A_WRITE) return;
      clearTimeout(window);
      flush();
      window = setTimeout(endWindow, WINDOW_MS);
    },

    /** Runs `start` when all that was published has been written: at once, or at the end of the window. */
    whenWritten: (start: () => void): void => {
      if (pending.length === 0) start();
      else waiting.push(start);
    },

    /** Writes to one member alone; not for one that waits to begin. */
    writeTo: ({ outlet, request, wants }: Member, items: readonly Item[]): void => {
      const frames = framesFor(messageHead(request), wants, items);
      if (frames) outlet.write(frames);
    },

    add: (member: Member): void => {
      const key = keyOf(member);
      const group = groups.get(key);
      if (group) group.outlets.add(member.outlet);
      else {
        const head = messageHead(member.request);
        groups.set(key, { head, wants: member.wants, outlets: new Set([member.outlet]) });
      }
    },

    remove: (member: Member): void => {
      const key = keyOf(member);
      const group = groups.get(key);
      group?.outlets.delete(member.outlet);
      if (group?.outlets.size === 0) groups.delete(key);
    },

    /** Forgets everybody and what was not written yet; nobody waits for it any longer. */
    close: (): void => {
      clearTimeout(window);
      window = undefined;
      groups.clear();
      pending = [];
      const starts = waiting;
      waiting = [];
      for (const start of starts) start();
    },
  };
};

export type FanOut = ReturnType<typeof createFanOut>;
