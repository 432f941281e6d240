import type { RateLimits } from '../config-limits.js';
import type { LimitName } from '../platform/limit-name.js';
import { addressKeyOf } from './address-key.js';
import type { Count, Counter, CreateCounter } from './counter.js';
import { isOver, rateLimited } from './rate-limited.js';

const MINUTE = 60;
const HOUR = 3600;

/** One call of a procedure, or a request that does what one would. */
export type CountedCall = {
  /** The client's real address. */
  address: string;
  /** Undefined for whoever is signed out, and for what does not ask who calls. */
  userId: string | undefined;
  isRead: boolean;
  limit?: LimitName | undefined;
};

const remainingOf = ({ used, max }: Count): number => Math.max(0, max - used);

/** Of the counts that are nearest to their limit, the one that stays there longest. */
const tightestOf = (counts: Count[]): Count | undefined =>
  counts.reduce<Count | undefined>((tightest, count) => {
    if (!tightest) return count;
    const difference =
      remainingOf(count) - remainingOf(tightest) || Number(isOver(tightest)) - Number(isOver(count));
    return difference < 0 || (difference === 0 && count.resetsInMs > tightest.resetsInMs) ? count : tightest;
  }, undefined);

/** Counts calls under every limit that they fall under, whichever transport brings them. */
export const createCallLimits = (create: CreateCounter, limits: RateLimits) => {
  const all = create('all', limits.globalPerMinute, MINUTE);
  const anonymous = create('anonymous', limits.anonymousPerMinute, MINUTE);
  const reads = create('reads', limits.readsPerMinute, MINUTE);
  const writes = create('writes', limits.writesPerMinute, MINUTE);
  const named: Record<LimitName, { counter: Counter; by: 'address' | 'userId' }> = {
    login: { counter: create('login', limits.loginsPerMinute, MINUTE), by: 'address' },
    register: { counter: create('register', limits.registrationsPerHour, HOUR), by: 'address' },
    recovery: { counter: create('recovery', limits.recoveriesPerHour, HOUR), by: 'address' },
    password: { counter: create('password', limits.passwordsPerHour, HOUR), by: 'userId' },
    payout: { counter: create('payout', limits.payoutsPerHour, HOUR), by: 'userId' },
    tip: { counter: create('tip', limits.tipsPerMinute, MINUTE), by: 'userId' },
  };

  const countsOf = (call: CountedCall): Promise<Count>[] => {
    const address = addressKeyOf(call.address);
    const { userId, isRead, limit } = call;
    const counts = [
      all.add(address),
      userId === undefined ? anonymous.add(address) : (isRead ? reads : writes).add(userId),
    ];
    if (limit === undefined) return counts;
    const { counter, by } = named[limit];
    const key = by === 'address' ? address : userId;
    if (key !== undefined) counts.push(counter.add(key));
    return counts;
  };

  return {
    /** Counts the call, and shows the tightest of its limits. Throws RATE_LIMITED. */
    requireCall: async (call: CountedCall, show: (count: Count) => void): Promise<void> => {
      const counts = await Promise.all(countsOf(call));
      const tightest = tightestOf(counts);
      if (!tightest) return;
      show(tightest);
      if (isOver(tightest)) throw rateLimited(tightest, `Too many calls: ${tightest.max} are allowed.`);
    },
  };
};
