import { sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { openModel } from '../../server/test/model.js';
import { endedStreamRow, type PaymentRow, paymentRow } from '../../server/test/rows.js';
import { payments } from './index.js';

const model = await openModel();
const { db } = model;
afterAll(model.close);

const HOLD_DAYS = 7;
const now = '2026-03-10T12:00:00.000Z';
const longAgo = '2026-01-01T00:00:00.000Z';
const lately = '2026-03-09T00:00:00.000Z';

let performer: string;
let admin: string;
beforeEach(async () => {
  performer = await model.addUser({ role: 'performer', isVerified: true });
  admin = await model.addUser({ role: 'admin' });
});

/** Writes a movement of an amount into the performer's earnings, which a negative one leaves. */
const move = async (kind: 'tip' | 'refund', payment: PaymentRow, amount: number, at: string) => {
  await db.insert(payments).values(payment);
  await model.query(
    sql`select fold_ledger(array[ledger_account('earnings', ${performer}, null, null, 'USD')], 0)`,
  );
  await model.query(sql`
    select post_transaction(${kind}, ${payment.id}, null,
      array[ledger_account('clearing', null, null, 'sandbox', 'USD'),
        ledger_account('earnings', ${performer}, null, null, 'USD')],
      array[${-amount}::bigint, ${amount}::bigint], ${at}::timestamptz)`);
  return payment.id;
};
const tip = async (amount: number, at: string): Promise<string> =>
  await move('tip', paymentRow({ payeeId: performer, amount, completedAt: at }), amount, at);
const giveBack = async (refundsId: string, amount: number, at: string): Promise<string> =>
  await move('refund', paymentRow({ type: 'refund', payerId: performer, amount, refundsId }), -amount, at);
const available = async (at = now, holdDays = HOLD_DAYS): Promise<number> => {
  const [row] = await model.query(sql`
    select available_earnings(ledger_account('earnings', ${performer}, null, null, 'USD'), ${holdDays},
      ${at}::timestamptz)::int as available`);
  return Number(row?.available);
};
const request = async (amount: number, given: { key?: string; hash?: string; at?: string } = {}) => {
  const { key = null, hash = key && 'a hash', at = now } = given;
  const [row] = await model.query(sql`
    select outcome, result, available::int, held::int, iso_timestamp(held_until) as held_until
    from request_payout(${uuidv7()}, ${performer}, ${amount}, 'USD', 100, ${HOLD_DAYS}, ${key}, ${hash}, ${at})`);
  return row as { outcome: string; result: { id: string; status: string } | null } & Record<string, unknown>;
};
const decide = async (
  id: string,
  decision: string,
  given: { by?: string; reason?: string; reference?: string } = {},
) => {
  const { by = admin, reason = null, reference = null } = given;
  const [row] = await model.query(sql`
    select outcome, result from decide_payout(${id}, ${decision}, ${by}, ${reason}, ${reference}, ${now})`);
  return row as { outcome: string; result: Record<string, unknown> | null };
};
/** What an account holds, with what waits. */
const holds = async (
  kind: 'earnings' | 'payouts' | 'clearing',
  provider: string | null = null,
): Promise<number> => {
  const [row] = await model.query(sql`
    select coalesce(sum(entry.amount), 0)::int as amount from ledger_entries as entry
    join ledger_accounts as account on account.id = entry.account_id
    where account.kind = ${kind} and (account.owner_id is null or account.owner_id = ${performer})
      and account.provider is not distinct from ${provider}`);
  return Number(row?.amount);
};
const requested = async (amount: number): Promise<string> => {
  await tip(amount, longAgo);
  return (await request(amount)).result?.id ?? expect.fail();
};

describe('what is available', () => {
  it('available_earnings: is what was earned before the hold, folded or not', async () => {
    await tip(700, longAgo);
    await tip(50, lately);
    expect(await available()).toBe(700);
    await model.query(sql`select fold_ledger(null, 1000)`);
    expect(await available()).toBe(700);
    expect(await available(now, 0)).toBe(750);
  });

  it('begins when the hold ends, to the moment', async () => {
    await tip(700, '2026-03-03T12:00:00.000Z');
    expect(await available('2026-03-10T11:59:59.999Z')).toBe(0);
    expect(await available('2026-03-10T12:00:00.000Z')).toBe(700);
  });

  it('is less what was given back, and never below zero', async () => {
    const old = await tip(100, longAgo);
    const recent = await tip(300, lately);
    await giveBack(recent, 300, lately);
    expect(await available()).toBe(100);
    await giveBack(old, 100, lately);
    expect(await available()).toBe(0);
  });

  it('frees nothing that is held, when what was earned before the hold is given back', async () => {
    const old = await tip(300, longAgo);
    await tip(300, lately);
    await giveBack(old, 300, lately);
    expect(await available()).toBe(0);
    expect(await request(100)).toMatchObject({ outcome: 'EARNINGS_INSUFFICIENT', available: 0, held: 300 });
  });

  it('holds what tickets brought since their show has ended, whenever they were bought', async () => {
    const shows: { at: string; ticket: string }[] = [];
    for (const at of [longAgo, lately]) {
      const show = await model.addStream({ ...endedStreamRow({ performerId: performer }), currency: 'USD' });
      const given = { payeeId: performer, streamId: show, completedAt: longAgo };
      const ticket = paymentRow({ ...given, type: 'private_show', amount: 500 });
      await db.insert(payments).values(ticket);
      await model.query(sql`
        select post_transaction('release', null, ${show},
          array[ledger_account('clearing', null, null, 'sandbox', 'USD'),
            ledger_account('earnings', ${performer}, null, null, 'USD')], array[-500, 500]::bigint[], ${at})`);
      shows.push({ at, ticket: ticket.id });
    }
    expect(await available()).toBe(500);
    const [old, recent] = shows;
    await giveBack(recent?.ticket ?? '', 500, lately);
    expect(await available()).toBe(500);
    await tip(200, lately);
    await giveBack(old?.ticket ?? '', 500, lately);
    expect(await available()).toBe(0);
  });

  it('holds nothing that comes back from a payout', async () => {
    const id = await requested(500);
    expect(await available()).toBe(0);
    await decide(id, 'rejected', { reason: 'No' });
    expect(await available()).toBe(500);
  });

  it('is nothing of an account that is not there', async () => {
    const [row] = await model.query(sql`select available_earnings(-1, 7, ${now})::int as available`);
    expect(row).toEqual({ available: 0 });
  });
});

describe('asking', () => {
  it('request_payout: takes the amount out of the earnings, to wait among the payouts', async () => {
    await tip(700, longAgo);
    const before = await holds('payouts');
    const { outcome, result } = await request(600);
    expect([outcome, result]).toEqual([
      'requested',
      expect.objectContaining({ status: 'requested', amount: 600, currency: 'USD', createdAt: now }),
    ]);
    expect([await holds('earnings'), (await holds('payouts')) - before]).toEqual([100, 600]);
  });

  it('says what is available, and until when the rest is held', async () => {
    await tip(700, longAgo);
    await tip(20, lately);
    await tip(30, '2026-03-08T00:00:00.000Z');
    expect(await request(701)).toEqual({
      outcome: 'EARNINGS_INSUFFICIENT',
      result: null,
      available: 700,
      held: 50,
      held_until: '2026-03-16T00:00:00.000Z',
    });
    expect(await request(700)).toMatchObject({ outcome: 'requested' });
  });

  it('is for verified performers and admins who are there', async () => {
    await tip(700, longAgo);
    const outcomes: Record<string, unknown> = {};
    const changes = {
      NOT_A_PERFORMER: sql`role = 'viewer', is_verified = false`,
      NOT_VERIFIED: sql`role = 'performer', is_verified = false`,
      ACCOUNT_SUSPENDED: sql`is_verified = true, suspended_at = now()`,
      requested: sql`role = 'admin', is_verified = false, suspended_at = null`,
    };
    for (const [expected, change] of Object.entries(changes)) {
      await model.query(sql`update users set ${change} where id = ${performer}`);
      outcomes[expected] = (await request(700)).outcome;
    }
    expect(Object.entries(outcomes).filter(([expected, actual]) => expected !== actual)).toEqual([]);
    expect((await request(99)).outcome).toBe('VALIDATION_FAILED');
  });

  it('answers a key that was used as it did then, and refuses it for another request', async () => {
    await tip(700, longAgo);
    const key = uuidv7();
    expect((await request(9000, { key })).outcome).toBe('EARNINGS_INSUFFICIENT');
    const first = await request(600, { key });
    await decide(first.result?.id ?? '', 'rejected', { reason: 'No' });
    expect(await request(600, { key })).toMatchObject({ outcome: 'replayed', result: first.result });
    expect((await request(600, { key, hash: 'another' })).outcome).toBe('IDEMPOTENCY_KEY_REUSED');
    expect(await holds('earnings')).toBe(700);
  });
});

describe('deciding', () => {
  it('decide_payout: takes a payout from request to payment, and the money out by the bank', async () => {
    const id = await requested(600);
    const before = [await holds('payouts'), await holds('clearing', 'bank')];
    expect(await decide(id, 'approved')).toMatchObject({
      outcome: 'done',
      result: { status: 'approved', decidedAt: now, paidAt: null },
    });
    expect([await holds('payouts'), await holds('clearing', 'bank')]).toEqual(before);
    expect(await decide(id, 'paid', { reference: 'SEPA 1' })).toMatchObject({
      outcome: 'done',
      result: { status: 'paid', reference: 'SEPA 1', decidedAt: now, paidAt: now },
    });
    const [payout = 0, bank = 0] = before;
    expect([await holds('payouts'), await holds('clearing', 'bank')]).toEqual([payout - 600, bank + 600]);
    const [payment] = await model.query(sql`select status from payments where id = ${id}`);
    expect(payment).toEqual({ status: 'completed' });
  });

  it('allows no other steps, and each of them once', async () => {
    const steps = ['approved', 'rejected', 'paid'];
    const paths: Record<string, string[]> = {
      requested: [],
      approved: ['approved'],
      rejected: ['rejected'],
      paid: ['approved', 'paid'],
    };
    const outcomes: Record<string, string[]> = {};
    for (const [status, path] of Object.entries(paths)) {
      outcomes[status] = [];
      for (const step of steps) {
        const id = await requested(600);
        for (const taken of path) await decide(id, taken, { reason: 'No' });
        outcomes[status]?.push((await decide(id, step, { reason: 'No' })).outcome);
      }
    }
    expect(outcomes).toEqual({
      requested: ['done', 'done', 'PAYOUT_DECIDED'],
      approved: ['unchanged', 'done', 'done'],
      rejected: ['PAYOUT_DECIDED', 'unchanged', 'PAYOUT_DECIDED'],
      paid: ['PAYOUT_DECIDED', 'PAYOUT_DECIDED', 'unchanged'],
    });
  });

  it('says no twice for another reason, and pays no other transfer', async () => {
    const rejected = await requested(600);
    await decide(rejected, 'rejected', { reason: 'No' });
    expect((await decide(rejected, 'rejected', { reason: 'Never' })).outcome).toBe('PAYOUT_DECIDED');
    const paid = await requested(600);
    await decide(paid, 'approved');
    await decide(paid, 'paid', { reference: 'SEPA 1' });
    expect((await decide(paid, 'paid', { reference: 'SEPA 2' })).outcome).toBe('PAYOUT_DECIDED');
    expect((await decide(paid, 'paid')).outcome).toBe('unchanged');
  });

  it('is not for one’s own approval, nor for what is no payout', async () => {
    const id = await requested(600);
    expect(await decide(id, 'approved', { by: performer })).toEqual({ outcome: 'FORBIDDEN', result: null });
    expect(await decide(uuidv7(), 'approved')).toEqual({ outcome: 'NOT_FOUND', result: null });
  });
});
