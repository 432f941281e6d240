import type { SpendingLimit } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { BigintColumn, type Database, InstantColumn, preparedSql } from '../platform/database.js';

const $ = sql.placeholder;

const SpendingLimitRow = z.object({
  dailyAmount: z.int().nullable(),
  spentToday: BigintColumn,
  nextDailyAmount: z.int().nullable(),
  nextFrom: InstantColumn.nullable(),
});

const findSpendingLimitStatement = preparedSql(
  'wallet_find_spending_limit',
  SpendingLimitRow,
  sql`select daily_amount as "dailyAmount", spent_today as "spentToday", next_daily_amount as "nextDailyAmount",
      next_from as "nextFrom"
    from spending_limit(${$('userId')}::uuid, ${$('now')}::timestamptz)`,
);

/** A user's own limit for the day of `now` in UTC; without one, what was spent on it is told all the same. */
export const findSpendingLimit = async (
  database: Database,
  of: { userId: string; currency: string; now: string },
): Promise<SpendingLimit> => {
  const [row] = await findSpendingLimitStatement(database, of);
  const { dailyAmount = null, spentToday = 0, nextDailyAmount = null, nextFrom = null } = row ?? {};
  const next = nextFrom === null ? null : { dailyAmount: nextDailyAmount, from: nextFrom };
  return { dailyAmount, spentToday, next, currency: of.currency };
};

const setSpendingLimitStatement = preparedSql(
  'wallet_set_spending_limit',
  z.object({}),
  sql`select from set_spending_limit(${$('userId')}::uuid, ${$('dailyAmount')}::int, ${$('currency')}::text,
    ${$('now')}::timestamptz)`,
);

/** Lowers the limit at once, or raises it a day later; null is none. */
export const setSpendingLimit = async (
  database: Database,
  limit: { userId: string; dailyAmount: number | null; currency: string; now: string },
): Promise<void> => {
  await setSpendingLimitStatement(database, limit);
};
