import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../platform/app-error.js';
import type { IncomingFile } from '../platform/incoming-file.js';

/** Of a file that is uploaded. */
const FILE_BYTES_MAX = 5 * 1024 * 1024;
/** Together half a gigabyte of disk at most, and no memory to speak of, however slowly they come. */
const AT_ONCE_MAX = 100;
/** Nobody needs more at once, and nobody takes the places of others. */
const AT_ONCE_OF_ONE_MAX = 3;
const RETRY_AFTER_MS = 1000;

/** Takes files to disk while they arrive, a bounded number at once, and leaves none behind. */
export const createReceiving = (atOnceMax = AT_ONCE_MAX, directory = tmpdir()) => {
  const underWay = new Map<string, number>();
  let total = 0;

  const enter = (userId: string): void => {
    if (total >= atOnceMax) throw new AppError('OVERLOADED', { retryAfterMs: RETRY_AFTER_MS });
    const own = underWay.get(userId) ?? 0;
    if (own >= AT_ONCE_OF_ONE_MAX) {
      throw new AppError('RATE_LIMITED', {
        detail: `At most ${AT_ONCE_OF_ONE_MAX} uploads of a user at once.`,
        retryAfterMs: RETRY_AFTER_MS,
      });
    }
    total += 1;
    underWay.set(userId, own + 1);
  };

  const leave = (userId: string): void => {
    total -= 1;
    const own = (underWay.get(userId) ?? 1) - 1;
    if (own === 0) underWay.delete(userId);
    else underWay.set(userId, own);
  };

  return {
    /**
     * What `use` makes of the file, which is at the path that it is given until then. Throws OVERLOADED, RATE_LIMITED,
     * and what `writeTo` and `use` throw.
     */
    receive: async <T>(userId: string, file: IncomingFile, use: (path: string) => Promise<T>): Promise<T> => {
      enter(userId);
      const path = join(directory, `versbottomlex-upload-${randomUUID()}`);
      try {
        await file.writeTo(path, FILE_BYTES_MAX);
        return await use(path);
      } finally {
        leave(userId);
        await rm(path, { force: true });
      }
    },
  };
};
