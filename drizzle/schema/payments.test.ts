import { eq, sql } from 'drizzle-orm';
import { afterAll, describe, expect, it } from 'vitest';
import { openModel, refusalOf } from '../../server/test/model.js';
import { aMoment, type PaymentRow, paymentRow } from '../../server/test/rows.js';
import { payments, streams, users } from './index.js';

const model = await openModel();
const { db } = model;
afterAll(model.close);

const unknown = '019b76f2-7a6e-7c3a-9d53-2f1f0a6b8c11';
const payerId = await model.addUser();
const payeeId = await model.addUser();
const insert = (given: Partial<PaymentRow> = {}) =>
  refusalOf(db.insert(payments).values(paymentRow({ payerId, payeeId, ...given })));
const paid = async (given: Partial<PaymentRow> = {}): Promise<string> => {
  const row = paymentRow({ payerId, payeeId, ...given });
  await db.insert(payments).values(row);
  return row.id;
};
const removeUser = (id: string) => refusalOf(db.delete(users).where(eq(users.id, id)));

describe('columns', () => {
  it('may be null only where null means something', async () => {
    const nullable = [
      'completed_at',
      'idempotency_key',
      'message',
      'payee_id',
      'payer_id',
      'refunds_id',
      'request_hash',
      'stream_id',
    ];
    expect(await model.nullableColumns('payments')).toEqual(nullable);
  });

  it('default to an open payment of now in dollars', async () => {
    const row = paymentRow({ payerId, payeeId });
    await db.insert(payments).values(row);
    const [found] = await db.select().from(payments).where(eq(payments.id, row.id));
    const { createdAt, ...payment } = found ?? expect.fail();
    expect(payment).toEqual({
      ...row,
      streamId: null,
      currency: 'USD',
      fee: 0,
      refundsId: null,
      idempotencyKey: null,
      requestHash: null,
      message: null,
      isAnonymous: false,
    });
    expect(Math.abs(Date.parse(createdAt) - Date.now())).toBeLessThan(60_000);
  });

  it('payment_type: has these types', async () => {
    expect(await model.query(sql`select enum_range(null::payment_type)::text as types`)).toEqual([
      { types: '{tip,top_up,private_show,refund,payout}' },
    ]);
  });

  it('payment_status: has these statuses', async () => {
    expect(await model.query(sql`select enum_range(null::payment_status)::text as statuses`)).toEqual([
      { statuses: '{pending,completed,failed,refunded}' },
    ]);
  });
});

describe('constraints', () => {
  it('payments_pkey: an id is used once', async () => {
    const row = paymentRow({ payerId });
    await db.insert(payments).values(row);
    expect(await insert({ id: row.id })).toBe('payments_pkey');
  });

  it('an amount is 1 to 100,000,000 minor units', async () => {
    for (const amount of [1, 100_000_000]) expect(await insert({ amount })).toBe('accepted');
    for (const amount of [0, -1, 100_000_001]) {
      expect(await insert({ amount })).toBe('payments_amount_positive');
    }
  });

  it('payer and payee differ', async () => {
    expect(await insert({ payeeId: payerId })).toBe('payments_not_to_oneself');
  });

  it('there is a payer or a payee, or both', async () => {
    expect(await insert({ payerId: null })).toBe('accepted');
    expect(await insert({ payeeId: null })).toBe('accepted');
    expect(await insert({ payerId: null, payeeId: null })).toBe('payments_has_a_party');
  });

  it('a currency is three capital letters', async () => {
    for (const currency of ['EUR', 'XTS']) expect(await insert({ currency })).toBe('accepted');
    for (const currency of ['eur', 'EU', 'E1R', '']) {
      expect(await insert({ currency })).toBe('payments_currency_shape');
    }
  });

  it('a message has at most 200 characters', async () => {
    expect(await insert({ message: '🎹'.repeat(200) })).toBe('accepted');
    expect(await insert({ message: 'x'.repeat(201) })).toBe('payments_message_length');
  });

  it('money that has moved has a time, money that has not has none', async () => {
    for (const status of ['completed', 'refunded'] as const) {
      expect(await insert({ status, completedAt: aMoment })).toBe('accepted');
      expect(await insert({ status, completedAt: null })).toBe('payments_completed_has_time');
    }
    for (const status of ['pending', 'failed'] as const) {
      expect(await insert({ status, completedAt: null })).toBe('accepted');
      expect(await insert({ status, completedAt: aMoment })).toBe('payments_completed_has_time');
    }
  });

  it('nobody pays for being paid, and nobody is paid for paying', async () => {
    for (const fee of [0, 1, 500]) expect(await insert({ fee })).toBe('accepted');
    for (const fee of [-1, 501]) expect(await insert({ fee })).toBe('payments_fee_within_amount');
  });

  it('a refund, and nothing else, gives a payment back', async () => {
    expect(await insert({ type: 'refund', refundsId: await paid() })).toBe('accepted');
    expect(await insert({ type: 'refund' })).toBe('payments_refund_names_payment');
    expect(await insert({ refundsId: await paid() })).toBe('payments_refund_names_payment');
  });

  it('payments_refunds_id_payments_id_fk: a payment that is given back exists', async () => {
    expect(await insert({ type: 'refund', refundsId: unknown })).toBe('payments_refunds_id_payments_id_fk');
  });

  it('payments_refunded_once: a payment is given back once', async () => {
    const refundsId = await paid();
    expect(await insert({ type: 'refund', refundsId })).toBe('accepted');
    expect(await insert({ type: 'refund', refundsId })).toBe('payments_refunded_once');
  });

  it('a key comes with the hash of its request', async () => {
    expect(await insert({ idempotencyKey: 'a key of mine' })).toBe('payments_key_has_hash');
    expect(await insert({ requestHash: 'a hash' })).toBe('payments_key_has_hash');
  });

  it('a key has 8 to 128 characters', async () => {
    const keyed = (idempotencyKey: string) => insert({ idempotencyKey, requestHash: 'a hash' });
    for (const length of [8, 128]) expect(await keyed('x'.repeat(length))).toBe('accepted');
    for (const length of [0, 7, 129]) expect(await keyed('x'.repeat(length))).toBe('payments_key_length');
  });

  it('payments_idempotency_key: a key is used once by its caller for a type of payment', async () => {
    const keyed = (given: Partial<PaymentRow>) =>
      insert({ idempotencyKey: 'once and only', requestHash: 'a hash', ...given });
    expect(await keyed({})).toBe('accepted');
    expect(await keyed({ payeeId: null, amount: 7 })).toBe('payments_idempotency_key');
    expect(await keyed({ type: 'payout' })).toBe('accepted');
    expect(await keyed({ payerId: payeeId, payeeId: payerId })).toBe('accepted');
    // Who tops up is the payee.
    expect(await keyed({ type: 'top_up', payerId: null })).toBe('accepted');
    expect(await keyed({ type: 'top_up', payerId: null })).toBe('payments_idempotency_key');
  });

  it('payments_one_ticket: a viewer holds one ticket of a show, and may buy it again after a refund', async () => {
    const streamId = await model.addStream();
    const ticket = { type: 'private_show', streamId } as const;
    const row = paymentRow({ payerId, payeeId, ...ticket });
    await db.insert(payments).values(row);
    expect(await insert(ticket)).toBe('payments_one_ticket');
    expect(await insert({ ...ticket, payerId: payeeId, payeeId: payerId })).toBe('accepted');
    await db.update(payments).set({ status: 'refunded' }).where(eq(payments.id, row.id));
    expect(await insert(ticket)).toBe('accepted');
  });

  it('payments_keep_parties: who has paid or was paid stays', async () => {
    const [payer, payee, other] = [await model.addUser(), await model.addUser(), await model.addUser()];
    expect(await insert({ payerId: payer, payeeId: payee })).toBe('accepted');
    expect(await removeUser(payer)).toBe('payments_keep_parties');
    expect(await removeUser(payee)).toBe('payments_keep_parties');
    const renumbered = refusalOf(db.update(users).set({ id: unknown }).where(eq(users.id, payer)));
    expect(await renumbered).toBe('payments_keep_parties');
    expect(await removeUser(other)).toBe('accepted');
  });

  it('payments_stream_id_streams_id_fk: a stream that was paid for stays', async () => {
    expect(await insert({ streamId: unknown })).toBe('payments_stream_id_streams_id_fk');
    const streamId = await model.addStream();
    expect(await insert({ streamId })).toBe('accepted');
    const removal = refusalOf(db.delete(streams).where(eq(streams.id, streamId)));
    expect(await removal).toBe('payments_stream_id_streams_id_fk');
  });
});

describe('what a payment says', () => {
  const statuses = ['pending', 'completed', 'failed', 'refunded'] as const;
  const timeOf = (status: string) => (['completed', 'refunded'].includes(status) ? aMoment : null);
  const changed = (id: string, change: Partial<PaymentRow>) =>
    refusalOf(db.update(payments).set(change).where(eq(payments.id, id)));

  it('payments_guard_facts: stays, but for its status, which never goes back', async () => {
    const allowed: string[] = [];
    for (const type of ['tip', 'top_up'] as const) {
      for (const status of statuses) {
        for (const next of statuses.filter((other) => other !== status)) {
          const id = await paid({ type, status, completedAt: timeOf(status) });
          const outcome = await changed(id, { status: next, completedAt: timeOf(next) });
          expect(['accepted', 'payments_guard_facts']).toContain(outcome);
          if (outcome === 'accepted') allowed.push(`${type} ${status} ${next}`);
        }
      }
    }
    expect(allowed).toEqual([
      'tip pending completed',
      'tip pending failed',
      'tip completed refunded',
      'top_up pending completed',
      'top_up pending failed',
      'top_up completed refunded',
      // By a second attempt with another card.
      'top_up failed completed',
    ]);

    const id = await paid({ message: 'Bravo' });
    const changes: Partial<PaymentRow>[] = [
      { amount: 501 },
      { fee: 1 },
      { payerId: payeeId, payeeId: payerId },
      { message: null },
      { isAnonymous: true },
      { type: 'payout' },
      { currency: 'EUR' },
      { createdAt: aMoment },
      { completedAt: '2026-01-02T03:04:05.679Z' },
    ];
    for (const change of changes) expect(await changed(id, change)).toBe('payments_guard_facts');
  });

  it('payments_never_removed: and it stays itself', async () => {
    const id = await paid();
    expect(await refusalOf(db.delete(payments).where(eq(payments.id, id)))).toBe('payments_never_removed');
    const truncate = model.query(sql`truncate payments cascade`);
    expect(await refusalOf(truncate)).toMatch(/never_removed|append_only/);
  });
});
