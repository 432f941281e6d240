import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../app-error.js';
import { addressesBelow, FILE_NAME, type ObjectStore, type StoredFile } from './object-store.js';

const BATCH = 500;
/** No write takes this long: what is still in the making then was left by a process that died. */
const UNFINISHED_MS = 3_600_000;
const RETRY_AFTER_MS = 5000;
const UNFINISHED = '.part';

const isMissing = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOENT';

const unavailable = (cause: unknown) =>
  new AppError('DEPENDENCY_UNAVAILABLE', {
    detail: 'The file could not be stored.',
    retryAfterMs: RETRY_AFTER_MS,
    cause,
  });

/** Keeps files in `directory`, which is made when the first comes, and says that `baseUrl` serves it. */
export const createLocalStore = ({
  directory,
  baseUrl,
}: {
  directory: string;
  baseUrl: string;
}): ObjectStore => {
  const pathOf = (name: string): string => {
    if (!FILE_NAME.test(name)) throw new Error('not a name of a stored file');
    return join(directory, name);
  };

  const describe = async (name: string): Promise<StoredFile[]> => {
    try {
      return [{ name, storedAt: (await stat(pathOf(name))).mtime }];
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  };

  const removeUnfinished = async (names: string[]): Promise<void> => {
    for (const name of names) {
      const [file] = await describe(name);
      if (file && file.storedAt.getTime() < Date.now() - UNFINISHED_MS)
        await rm(pathOf(name), { force: true });
    }
  };

  return {
    ...addressesBelow(baseUrl),
    put: async ({ name, bytes }) => {
      const path = pathOf(name);
      const unfinished = pathOf(`${randomUUID()}${UNFINISHED}`);
      try {
        await mkdir(directory, { recursive: true });
        // Renamed when it is whole, so that nobody is served a part of it.
        await writeFile(unfinished, bytes, { flag: 'wx', mode: 0o644 });
        await rename(unfinished, path);
      } catch (error) {
        await rm(unfinished, { force: true }).catch(() => {});
        throw unavailable(error);
      }
    },
    remove: async (name) => rm(pathOf(name), { force: true }),
    list: async function* () {
      const entries = await readdir(directory).catch((error: unknown) => {
        if (isMissing(error)) return [];
        throw error;
      });
      const names = entries.filter((name) => FILE_NAME.test(name));
      await removeUnfinished(names.filter((name) => name.endsWith(UNFINISHED)));
      const whole = names.filter((name) => !name.endsWith(UNFINISHED));
      for (let start = 0; start < whole.length; start += BATCH) {
        yield (await Promise.all(whole.slice(start, start + BATCH).map(describe))).flat();
      }
    },
  };
};
