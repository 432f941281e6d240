import { AppError } from '../platform/app-error.js';
import { databaseUnavailable } from '../platform/database-errors.js';

/** What one statement appends at most; longer ones would keep everybody waiting for the first. */
const BATCH_MAX = 200;
/** Over all rooms; beyond it, waiting would only end in a time-out. */
const WAITING_MAX = 5000;
/** As long as a caller waits for the database anywhere. */
const DEADLINE_MS = 3000;
const RETRY_AFTER_MS = 1000;

type Entry<Item, Result> = {
  item: Item;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
  timer: NodeJS.Timeout;
};

type Options<Item, Result> = {
  /** Appends all items in one statement, and answers for each, in their order. */
  append: (room: string, items: Item[]) => Promise<Result[]>;
  batchMax?: number;
  waitingMax?: number;
  deadlineMs?: number;
};

/**
 * Appends to each room one statement at a time. The first item goes at once; what arrives while its statement is under
 * way goes together in the next, in the order of arrival. Each caller gets its own answer, or the error of its batch;
 * OVERLOADED when too many wait, and DEPENDENCY_UNAVAILABLE after 3 s, when only what has begun may still be appended.
 */
export const createAppendQueue = <Item, Result>(options: Options<Item, Result>) => {
  const { append, batchMax = BATCH_MAX, waitingMax = WAITING_MAX, deadlineMs = DEADLINE_MS } = options;
  /** A room is here exactly while a statement of its own is under way, with what waits for it. */
  const rooms = new Map<string, Entry<Item, Result>[]>();
  let waitingCount = 0;

  const beginNext = (room: string, waiting: Entry<Item, Result>[]): void => {
    const batch = waiting.splice(0, batchMax);
    if (batch.length === 0) {
      rooms.delete(room);
      return;
    }
    waitingCount -= batch.length;
    // The next statement is on its way before anybody hears of this one.
    const settle = (tell: (entry: Entry<Item, Result>, index: number) => void) => {
      beginNext(room, waiting);
      for (const [index, entry] of batch.entries()) {
        clearTimeout(entry.timer);
        tell(entry, index);
      }
    };
    append(
      room,
      batch.map(({ item }) => item),
    ).then(
      (results) => settle(({ resolve }, index) => resolve(results[index] as Result)),
      (error: unknown) => settle(({ reject }) => reject(error)),
    );
  };

  const giveUp = (waiting: Entry<Item, Result>[], entry: Entry<Item, Result>) => {
    const place = waiting.indexOf(entry);
    if (place >= 0) {
      waiting.splice(place, 1);
      waitingCount -= 1;
    }
    entry.reject(databaseUnavailable());
  };

  return {
    push: (room: string, item: Item): Promise<Result> => {
      if (waitingCount >= waitingMax) {
        return Promise.reject(new AppError('OVERLOADED', { retryAfterMs: RETRY_AFTER_MS }));
      }
      const busy = rooms.get(room);
      const waiting = busy ?? [];
      const answer = new Promise<Result>((resolve, reject) => {
        const entry: Entry<Item, Result> = {
          item,
          resolve,
          reject,
          timer: setTimeout(() => giveUp(waiting, entry), deadlineMs),
        };
        waiting.push(entry);
      });
      waitingCount += 1;
      if (!busy) {
        rooms.set(room, waiting);
        beginNext(room, waiting);
      }
      return answer;
    },
    /** How many rooms have a statement under way, and how many items wait for the one of their room. */
    size: () => ({ rooms: rooms.size, waiting: waitingCount }),
  };
};
