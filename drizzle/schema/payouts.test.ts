import { eq, sql } from 'drizzle-orm';
import { afterAll, describe, expect, it } from 'vitest';
import { openModel, refusalOf } from '../../server/test/model.js';
import { aMoment, paymentRow } from '../../server/test/rows.js';
import { payments, payouts, users } from './index.js';

const model = await openModel();
const { db } = model;
afterAll(model.close);

const unknown = '019b76f2-7a6e-7c3a-9d53-2f1f0a6b8c11';
const payerId = await model.addUser();
const decidedById = await model.addUser();
const decided = { decidedById, decidedAt: aMoment };

type PayoutRow = typeof payouts.$inferInsert;

const addPayment = async (): Promise<string> => {
  const row = paymentRow({ type: 'payout', status: 'pending', payerId, completedAt: null });
  await db.insert(payments).values(row);
  return row.id;
};
const insert = async (given: Partial<PayoutRow> = {}) =>
  refusalOf(db.insert(payouts).values({ paymentId: await addPayment(), ...given }));

describe('columns', () => {
  it('may be null only where null means something', async () => {
    const nullable = ['decided_at', 'decided_by_id', 'paid_at', 'reason', 'reference'];
    expect(await model.nullableColumns('payouts')).toEqual(nullable);
  });

  it('default to one that was asked for', async () => {
    const paymentId = await addPayment();
    await db.insert(payouts).values({ paymentId });
    const [row] = await db.select().from(payouts).where(eq(payouts.paymentId, paymentId));
    const undecided = { decidedById: null, decidedAt: null, reason: null, paidAt: null, reference: null };
    expect(row).toEqual({ paymentId, status: 'requested', ...undecided });
  });

  it('payout_status: has these statuses', async () => {
    expect(await model.query(sql`select enum_range(null::payout_status)::text as statuses`)).toEqual([
      { statuses: '{requested,approved,rejected,paid}' },
    ]);
  });
});

describe('constraints', () => {
  it('payouts_pkey: a payment is one payout', async () => {
    const paymentId = await addPayment();
    expect(await insert({ paymentId })).toBe('accepted');
    expect(await insert({ paymentId })).toBe('payouts_pkey');
  });

  it('payouts_payment_id_payments_id_fk: it is the payout of a payment', async () => {
    expect(await insert({ paymentId: unknown })).toBe('payouts_payment_id_payments_id_fk');
  });

  it('payouts_decided_by_id_users_id_fk: who decided stays', async () => {
    const status = 'approved';
    expect(await insert({ status, decidedAt: aMoment, decidedById: unknown })).toBe(
      'payouts_decided_by_id_users_id_fk',
    );
    expect(await insert({ status, ...decided })).toBe('accepted');
    expect(await refusalOf(db.delete(users).where(eq(users.id, decidedById)))).toBe(
      'payouts_decided_by_id_users_id_fk',
    );
  });

  it('payouts_decided_has_admin: who decided is known, and when', async () => {
    expect(await insert({ status: 'rejected', decidedAt: aMoment })).toBe('payouts_decided_has_admin');
    expect(await insert({ decidedById })).toBe('payouts_decided_has_admin');
  });

  it('payouts_decided_has_time: all but one that was just asked for are decided', async () => {
    for (const status of ['approved', 'rejected'] as const) {
      expect(await insert({ status, ...decided })).toBe('accepted');
      expect(await insert({ status })).toBe('payouts_decided_has_time');
    }
    expect(await insert(decided)).toBe('payouts_decided_has_time');
  });

  it('payouts_paid_has_time: what was paid has a time, and nothing else has one', async () => {
    expect(await insert({ status: 'paid', ...decided, paidAt: aMoment })).toBe('accepted');
    expect(await insert({ status: 'paid', ...decided })).toBe('payouts_paid_has_time');
    expect(await insert({ status: 'approved', ...decided, paidAt: aMoment })).toBe('payouts_paid_has_time');
  });

  it('payouts_reason_length: at most 500 characters', async () => {
    expect(await insert({ status: 'rejected', ...decided, reason: 'é'.repeat(500) })).toBe('accepted');
    expect(await insert({ status: 'rejected', ...decided, reason: 'x'.repeat(501) })).toBe(
      'payouts_reason_length',
    );
  });

  it('payouts_reference_length: at most 200 characters', async () => {
    const paid = { status: 'paid', ...decided, paidAt: aMoment } as const;
    expect(await insert({ ...paid, reference: 'é'.repeat(200) })).toBe('accepted');
    expect(await insert({ ...paid, reference: 'x'.repeat(201) })).toBe('payouts_reference_length');
  });
});
