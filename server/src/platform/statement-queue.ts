import { AppError } from './app-error.js';

/** Far more than a node can serve within the deadline; beyond it, waiting would only end in a time-out. */
const WAITING_MAX = 5000;
const RETRY_AFTER_MS = 1000;

export type StatementQueue = {
  /**
   * Starts the statement when fewer than `activeMax` run, and settles as it does, or with `tooLate()` after
   * `deadlineMs`. A statement that is too late before it started never starts.
   */
  run<T>(start: () => Promise<T>): Promise<T>;
};

/**
 * Holds statements back in this process instead of in the driver, whose queue nobody can leave: when the database is
 * away, what callers gave up on must not be carried out after it has returned.
 */
export const createStatementQueue = (options: {
  activeMax: number;
  deadlineMs: number;
  tooLate: () => Error;
}): StatementQueue => {
  const waiting: (() => void)[] = [];
  let active = 0;

  const startNext = () => {
    active -= 1;
    waiting.shift()?.();
  };

  const run = <T>(start: () => Promise<T>): Promise<T> => {
    if (waiting.length >= WAITING_MAX) {
      return Promise.reject(new AppError('OVERLOADED', { retryAfterMs: RETRY_AFTER_MS }));
    }
    return new Promise<T>((resolve, reject) => {
      const begin = async () => {
        active += 1;
        try {
          resolve(await start());
        } catch (error) {
          reject(error);
        } finally {
          clearTimeout(timer);
          startNext();
        }
      };
      const timer = setTimeout(() => {
        const place = waiting.indexOf(begin);
        if (place >= 0) waiting.splice(place, 1);
        reject(options.tooLate());
      }, options.deadlineMs);
      if (active < options.activeMax) void begin();
      else waiting.push(begin);
    });
  };
  return { run };
};
