import { eq, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { openModel, refusalOf } from '../../server/test/model.js';
import { type PaymentRow, paymentRow } from '../../server/test/rows.js';
import { payments, spendingLimits, users } from './index.js';

const model = await openModel();
const { db } = model;
afterAll(model.close);

const TODAY = '2026-01-02';
const payeeId = await model.addUser();
let userId: string;
beforeEach(async () => {
  userId = await model.addUser();
});

const insert = (given: Partial<typeof spendingLimits.$inferInsert> = {}) =>
  refusalOf(db.insert(spendingLimits).values({ userId, spentOn: TODAY, ...given }));
const spend = (given: Partial<PaymentRow>) =>
  db.insert(payments).values(paymentRow({ payerId: userId, payeeId, ...given }));
const set = (amount: number | null, at = `${TODAY}T12:00:00Z`) =>
  model.query(sql`select set_spending_limit(${userId}, ${amount}, 'USD', ${at}::timestamptz)`);
const limitAt = async (at = `${TODAY}T12:00:00Z`) => {
  const [limit] = await model.query(sql`
    select daily_amount as daily, spent_today::int as spent, next_daily_amount as next,
      iso_timestamp(next_from) as "from"
    from spending_limit(${userId}, ${at}::timestamptz)`);
  return limit;
};

describe('table', () => {
  it('may have no limit, and none that takes its place', async () => {
    const nullable = ['daily_amount', 'next_daily_amount', 'next_from'];
    expect(await model.nullableColumns('spending_limits')).toEqual(nullable);
  });

  it('spending_limits_pkey: a user has one', async () => {
    expect(await insert()).toBe('accepted');
    expect(await insert()).toBe('spending_limits_pkey');
  });

  it('spending_limits_user_id_users_id_fk: it is of a user and goes with it', async () => {
    expect(await insert({ userId: uuidv7() })).toBe('spending_limits_user_id_users_id_fk');
    expect(await insert()).toBe('accepted');
    await db.delete(users).where(eq(users.id, userId));
    expect(await db.$count(spendingLimits, eq(spendingLimits.userId, userId))).toBe(0);
  });

  it('spending_limits_amount_not_negative: nothing may be spent at least', async () => {
    for (const field of ['dailyAmount', 'nextDailyAmount']) {
      expect(await insert({ [field]: -1 })).toBe('spending_limits_amount_not_negative');
    }
    expect(await insert({ dailyAmount: 0, nextDailyAmount: 0 })).toBe('accepted');
  });

  it('spending_limits_spent_not_negative: nobody has spent less than nothing', async () => {
    expect(await insert({ spentAmount: -1 })).toBe('spending_limits_spent_not_negative');
    expect(await insert({ spentAmount: 0 })).toBe('accepted');
  });
});

describe('functions', () => {
  it('spending_limit: without one, tells what was spent on tips and tickets since midnight', async () => {
    await spend({ amount: 100, completedAt: '2026-01-01T23:59:59.999Z' });
    await spend({ amount: 200, completedAt: '2026-01-02T00:00:00.000Z' });
    await spend({ amount: 400, type: 'private_show', completedAt: '2026-01-02T11:00:00.000Z' });
    await spend({ amount: 800, status: 'refunded', completedAt: '2026-01-02T11:00:00.000Z' });
    await spend({ amount: 1600, type: 'payout', payeeId: null, completedAt: '2026-01-02T11:00:00.000Z' });
    expect(await limitAt()).toEqual({ daily: null, spent: 600, next: null, from: null });
    // The first limit knows of it, and begins anew with the day.
    await set(1000);
    expect(await limitAt()).toEqual({ daily: 1000, spent: 600, next: null, from: null });
    expect(await limitAt('2026-01-03T00:00:00Z')).toMatchObject({ daily: 1000, spent: 0 });
  });

  it('begins a day once, by servers whose clocks differ around midnight too', async () => {
    const late = `${TODAY}T23:59:59.900Z`;
    const early = '2026-01-03T00:00:00.100Z';
    await set(1000, late);
    const count = async (at: string) =>
      (await model.query(sql`select count_spending(${userId}, 600, ${at}::timestamptz) as counted`))[0]
        ?.counted;
    expect([await count(late), await count(early), await count(late), await count(early)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(await limitAt(late)).toMatchObject({ spent: 600 });
    await set(900, late);
    expect(await limitAt(early)).toMatchObject({ daily: 900, spent: 600 });
  });

  it('set_spending_limit: lowers at once, and raises or lifts a day later', async () => {
    await set(1000);
    const wait = { next: null, from: '2026-01-03T12:00:00.000Z' };
    await set(null);
    expect(await limitAt()).toEqual({ daily: 1000, spent: 0, ...wait });
    // A more modest wish goes on waiting; the day does not begin anew.
    await set(2000, `${TODAY}T18:00:00Z`);
    expect(await limitAt()).toMatchObject({ daily: 1000, next: 2000, from: wait.from });
    await set(3000, `${TODAY}T19:00:00Z`);
    expect(await limitAt()).toMatchObject({ daily: 1000, next: 3000, from: '2026-01-03T19:00:00.000Z' });
    expect(await limitAt('2026-01-03T18:59:59.999Z')).toMatchObject({ daily: 1000, next: 3000 });
    const raised = { daily: 3000, spent: 0, next: null, from: null };
    expect(await limitAt('2026-01-03T19:00:00Z')).toEqual(raised);
    // What has come about is what the next wish is measured by.
    await set(2500, '2026-01-03T19:00:00Z');
    expect(await limitAt('2026-01-03T19:00:00Z')).toEqual({ ...raised, daily: 2500 });
    await set(4000, '2026-01-03T20:00:00Z');
    await set(500, '2026-01-03T21:00:00Z');
    expect(await limitAt('2026-01-03T21:00:00Z')).toEqual({ ...raised, daily: 500 });
  });
});
