import { availableParallelism } from 'node:os';
import { hash, verify } from 'argon2';
import pLimit from 'p-limit';
import { AppError } from './app-error.js';

/** OWASP's second choice for argon2id, 19 MiB, two passes, one lane: about 20 ms of one core. */
const ARGON2_OPTIONS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
/** At 20 ms each, the last of these waits about two seconds on two cores; beyond that, saying so is kinder. */
const QUEUE_MAX = 200;
const RETRY_AFTER_MS = 2000;

export type PasswordHasher = {
  hash(password: string): Promise<string>;
  /** False for a wrong password; with `undefined` as hash it takes as long as ever and answers false. */
  verify(hash: string | undefined, password: string): Promise<boolean>;
};

/**
 * argon2id behind a cap of one hash a core, because hashes share the thread pool with token verification. Throws
 * OVERLOADED when more than `queueMax` wait. Passwords are NFC-normalised, so that keyboards agree.
 */
export const createPasswordHasher = (
  concurrency = availableParallelism(),
  queueMax = QUEUE_MAX,
): PasswordHasher => {
  const limit = pLimit(concurrency);
  const run = <T>(work: () => Promise<T>): Promise<T> => {
    if (limit.pendingCount >= queueMax) {
      return Promise.reject(new AppError('OVERLOADED', { retryAfterMs: RETRY_AFTER_MS }));
    }
    return limit(work);
  };
  const hashNow = (password: string) => hash(password.normalize('NFC'), ARGON2_OPTIONS);
  // Made at once, so that the first unknown name does not take longer than the next.
  const decoy = hashNow('the password of nobody');
  return {
    hash: (password) => run(() => hashNow(password)),
    verify: (stored, password) =>
      run(async () => {
        if (stored !== undefined) return verify(stored, password.normalize('NFC'));
        await verify(await decoy, password.normalize('NFC'));
        return false;
      }),
  };
};
