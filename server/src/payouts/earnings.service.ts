import type { Earnings, EarningsInput } from '@versbottomlex/shared';
import type { Identity } from '../auth/identity.js';
import { invalidField } from '../platform/app-error.js';
import { addSeconds, type Clock } from '../platform/clock.js';
import type { Database } from '../platform/database.js';
import { type EarningsSum, sumEarnings } from './earnings.queries.js';
import { notAPerformer } from './payout-refusals.js';

const DAY_SECONDS = 86_400;
const DAYS_DEFAULT = 30;
const DAYS_MAX = 366;
/** Before anything was earned; PostgreSQL has no year 0. */
const FIRST_DAY = '2000-01-01';

const dayOf = (moment: Date): string => moment.toISOString().slice(0, 10);

const daysBetween = (from: string, to: string): number =>
  (Date.parse(to) - Date.parse(from)) / (DAY_SECONDS * 1000) + 1;

/** The first and the last day that are asked about. Throws VALIDATION_FAILED by the name of the day that is wrong. */
const periodOf = (input: EarningsInput, now: Date): { from: string; to: string } => {
  for (const name of ['from', 'to'] as const) {
    if ((input[name] ?? FIRST_DAY) < FIRST_DAY) throw invalidField(name, `must be ${FIRST_DAY} or later`);
  }
  const to = input.to ?? dayOf(now);
  const from = input.from ?? dayOf(addSeconds(new Date(to), -(DAYS_DEFAULT - 1) * DAY_SECONDS));
  if (from > to) throw invalidField('from', 'must not be after `to`, which is today when it is left out');
  if (daysBetween(from, to) > DAYS_MAX)
    throw invalidField('from', `must leave at most ${DAYS_MAX} days until \`to\``);
  return { from, to };
};

const nothing = { count: 0, gross: 0, fee: 0, net: 0 };

const sumsOf = ({ count, gross, fee, net }: EarningsSum) => ({ count, gross, fee, net });

type Deps = { database: Database; clock: Clock; currency: string };

/** What performers earn. */
export const createEarningsService = ({ database, clock, currency }: Deps) => ({
  /** One's own, in minor units. Throws NOT_A_PERFORMER, and VALIDATION_FAILED for days that are no period. */
  get: async (identity: Identity, input: EarningsInput): Promise<Earnings> => {
    if (identity.role === 'viewer') throw notAPerformer();
    const period = periodOf(input, clock.now());
    const rows = await sumEarnings(database, { performerId: identity.userId, currency, ...period });
    const total = rows.find(({ over }) => over === 'total');
    return {
      ...period,
      currency,
      total: total ? sumsOf(total) : nothing,
      byDay: rows.flatMap((row) => (row.day === null ? [] : [{ day: row.day, ...sumsOf(row) }])),
      byType: rows.flatMap((row) => (row.type === null ? [] : [{ type: row.type, ...sumsOf(row) }])),
      byStream: rows
        .filter(({ over }) => over === 'stream')
        .map((row) => ({ streamId: row.streamId, title: row.title, ...sumsOf(row) })),
    };
  },
});

export type EarningsService = ReturnType<typeof createEarningsService>;
