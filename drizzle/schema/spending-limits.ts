import { sql } from 'drizzle-orm';
import { bigint, check, date, integer, pgTable, uuid } from 'drizzle-orm/pg-core';
import { instant } from './columns.js';
import { users } from './users.js';

/**
 * What a user lets themself spend on a day in UTC, on tips and tickets. A lower limit holds at once, a higher one a day
 * later. Locked after the wallet by whoever spends.
 */
export const spendingLimits = pgTable(
  'spending_limits',
  {
    userId: uuid('user_id')
      .primaryKey()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** In minor units; null for no limit. */
    dailyAmount: integer('daily_amount'),
    /** What takes the place of `daily_amount` at `next_from`; null for no limit. */
    nextDailyAmount: integer('next_daily_amount'),
    nextFrom: instant('next_from'),
    /** What was spent on `spent_on`. */
    spentAmount: bigint('spent_amount', { mode: 'number' }).notNull().default(0),
    spentOn: date('spent_on').notNull(),
  },
  (table) => [
    check(
      'spending_limits_amount_not_negative',
      sql`least(${table.dailyAmount}, ${table.nextDailyAmount}) >= 0`,
    ),
    check('spending_limits_spent_not_negative', sql`${table.spentAmount} >= 0`),
  ],
);
