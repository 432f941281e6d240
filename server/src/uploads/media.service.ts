import type { Clock } from '../platform/clock.js';
import type { Database } from '../platform/database.js';
import { logBackgroundFault } from '../platform/fault-log.js';
import type { Logger } from '../platform/logger.js';
import type { ObjectStore } from '../platform/object-store/object-store.js';
import { createSweep } from '../platform/sweep.js';
import { makePictureName, ownerIdIn } from './picture-names.js';
import * as queries from './pictures.queries.js';

const SWEEP_MS = 6 * 3_600_000;
/** A picture is stored before its owner is given it, and no statement takes this long. */
const YOUNG_MS = 3_600_000;

type Deps = { database: Database; clock: Clock; logger: Logger; store: ObjectStore };

/** The files of pictures: stored, served by their URL, and removed once nobody has them. */
export const createMediaService = ({ database, clock, logger, store }: Deps) => {
  /** What cannot be removed now, the sweep removes later. */
  const discard = async (urls: (string | null)[]): Promise<void> => {
    const names = urls.flatMap((url) => (url === null ? [] : (store.nameIn(url) ?? [])));
    await Promise.all(
      names.map((name) =>
        store
          .remove(name)
          .catch((error: unknown) => logBackgroundFault(logger, 'Picture not removed yet', error)),
      ),
    );
  };

  const sweep = async (): Promise<void> => {
    await discard(await queries.forgetDeleted(database));
    for await (const files of store.list()) {
      const storedBefore = clock.now().getTime() - YOUNG_MS;
      const old = files.flatMap(({ name, storedAt }) => {
        const ownerId = ownerIdIn(name);
        return ownerId !== undefined && storedAt.getTime() < storedBefore
          ? [{ ownerId, url: store.urlOf(name) }]
          : [];
      });
      await discard(await queries.listUnused(database, old));
    }
  };

  const { run, start, stop } = createSweep({
    work: sweep,
    intervalMs: SWEEP_MS,
    logger,
    fault: 'Unused pictures not removed',
  });

  return {
    /** Stores a webp of a user or stream, and answers where it is read. Throws DEPENDENCY_UNAVAILABLE. */
    keep: async (ownerId: string, bytes: Uint8Array): Promise<string> => {
      const name = makePictureName(ownerId);
      await store.put({ name, bytes, contentType: 'image/webp' });
      return store.urlOf(name);
    },

    /** Removes files that nobody has any more; those that cannot be removed now are later. */
    discard,

    /** Where the pictures of a user are, to be discarded when the account is gone. */
    listOfUser: (userId: string): Promise<string[]> => queries.listOfUser(database, userId),

    /**
     * Removes the pictures of an account that was deleted: those that it had, and what its streams still show. Never
     * throws.
     */
    forget: async (userId: string, had: string[]): Promise<void> => {
      const shown = await queries.forgetStreamsOf(database, userId).catch((error: unknown) => {
        logBackgroundFault(logger, 'Thumbnails of a deleted account not removed yet', error);
        return [];
      });
      await discard([...had, ...shown]);
    },

    /** Removes what was left over by a crash, or while the storage was away. */
    sweep: run,
    start,
    stop,
  };
};

export type MediaService = ReturnType<typeof createMediaService>;
