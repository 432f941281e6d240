import { setTimeout as sleep } from 'node:timers/promises';
import { addressPrefixOf } from '../platform/address-prefix.js';
import { AppError } from '../platform/app-error.js';
import type { CreateCounter } from './counter.js';
import { isOver, rateLimited } from './rate-limited.js';

const WINDOW_SECONDS = 15 * 60;
const FIRST_DELAY_MS = 250;
const DELAY_MAX_MS = 10_000;
/** Each costs some kilobytes, and holds neither a thread nor a connection of the database. */
const WAITING_MAX = 5000;

const FAILURES = new Set(['INVALID_CREDENTIALS', 'SECOND_FACTOR_INVALID']);

const isFailure = (error: unknown): boolean => error instanceof AppError && FAILURES.has(error.code);

type Deps = {
  createCounter: CreateCounter;
  failuresMax: number;
  /** Resolves after so many milliseconds. */
  wait?: (ms: number) => Promise<unknown>;
  waitingMax?: number;
};

/**
 * Slows down those who guess a password, without a way to lock its owner out: failures are limited for an account and a
 * network together, and over all networks they only make logins of the account wait, ten seconds at most.
 */
export const createLoginGuard = (deps: Deps) => {
  const { createCounter, failuresMax, wait = sleep, waitingMax = WAITING_MAX } = deps;
  const pairs = createCounter('login-failures', failuresMax, WINDOW_SECONDS);
  const accounts = createCounter('login-failures-of-account', failuresMax, WINDOW_SECONDS);
  let waitingCount = 0;

  const delay = async (failures: number): Promise<void> => {
    if (failures <= 0) return;
    if (waitingCount >= waitingMax) throw new AppError('OVERLOADED', { retryAfterMs: DELAY_MAX_MS });
    waitingCount += 1;
    try {
      await wait(Math.min(FIRST_DELAY_MS * 2 ** (failures - 1), DELAY_MAX_MS));
    } finally {
      waitingCount -= 1;
    }
  };

  return {
    /**
     * Tries to log in to `account`, which is one name for all the ways to write it. Counted before it is known how the
     * try ends, so that tries at once are no way around. Throws what `login` does, RATE_LIMITED, OVERLOADED.
     */
    tryLogin: async <T>(account: string, address: string, login: () => Promise<T>): Promise<T> => {
      const pair = `${account} ${addressPrefixOf(address) ?? address}`;
      const ofPair = await pairs.add(pair);
      if (isOver(ofPair)) {
        throw rateLimited(ofPair, 'Too many failed logins to this account from your network.');
      }
      const ofAccount = await accounts.add(account);
      try {
        await delay(ofAccount.used - ofAccount.max);
        const answer = await login();
        await Promise.all([pairs.forget(pair), accounts.forget(account)]);
        return answer;
      } catch (error) {
        if (!isFailure(error)) await Promise.all([pairs.takeBack(pair), accounts.takeBack(account)]);
        throw error;
      }
    },
  };
};
