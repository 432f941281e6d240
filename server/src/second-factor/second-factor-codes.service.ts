import { AppError } from '../platform/app-error.js';
import type { Clock } from '../platform/clock.js';
import type { Database } from '../platform/database.js';
import type { Sealer } from '../platform/sealer.js';
import { stepOfCode } from './one-time-passwords.js';
import { readCode } from './recovery-codes.js';
import { type FoundCode, findSecondFactor, type Spent, spendCode } from './second-factor.queries.js';

/** Throws unless the code was taken; the pause after too many wrong ones is told with when it ends. */
export const requireSpent = ({ outcome, pausedUntil }: Spent, now: Date): void => {
  if (outcome === 'done') return;
  if (outcome !== 'RATE_LIMITED' || pausedUntil === null) throw new AppError(outcome);
  throw new AppError('RATE_LIMITED', {
    detail: 'Too many codes were wrong; a recovery code is taken meanwhile.',
    retryAfterMs: Date.parse(pausedUntil) - now.getTime(),
  });
};

type Deps = { database: Database; clock: Clock; sealer: Sealer };

/** Finds what a typed code is of, and takes it at login. A code is good once, on every node. */
export const createSecondFactorCodesService = ({ database, clock, sealer }: Deps) => {
  /** What `typed` is as a code of this sealed secret. The secret stays sealed for what is none of its codes. */
  const findCode = async (userId: string, secret: string, typed: string): Promise<FoundCode> => {
    const code = readCode(typed, userId);
    if (code.kind === 'recovery') return { secret, step: null, recoveryHash: code.hash };
    if (code.kind === 'none') return { secret, step: null, recoveryHash: null };
    const { text } = await sealer.open(secret, userId);
    return { secret, step: stepOfCode(text, code.code, clock.now()), recoveryHash: null };
  };

  return {
    findCode,

    /**
     * Takes the code that a login needs; false for an account without a second factor. Throws SECOND_FACTOR_REQUIRED,
     * SECOND_FACTOR_INVALID, and RATE_LIMITED after too many wrong ones.
     */
    takeForLogin: async (userId: string, typed: string | undefined): Promise<boolean> => {
      const factor = await findSecondFactor(database, userId);
      if (!factor?.confirmedAt) return false;
      if (typed === undefined) {
        throw new AppError('SECOND_FACTOR_REQUIRED', {
          detail: 'Send the `code` that the authenticator app shows, or a recovery code.',
        });
      }
      const now = clock.now();
      const found = await findCode(userId, factor.secret, typed);
      requireSpent(await spendCode(database, { ...found, userId, now: now.toISOString() }), now);
      return true;
    },
  };
};

export type SecondFactorCodesService = ReturnType<typeof createSecondFactorCodesService>;
