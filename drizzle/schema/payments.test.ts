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
const removeUser = (id: string) => refusalOf(db.delete(users).where(eq(users.id, id)));

describe('columns', () => {
  it('may be null only where null means something', async () => {
    const nullable = ['completed_at', 'message', 'payee_id', 'payer_id', 'stream_id'];
    expect(await model.nullableColumns('payments')).toEqual(nullable);
  });

  it('default to an open payment of now in dollars', async () => {
    const row = paymentRow({ payerId, payeeId });
    await db.insert(payments).values(row);
    const [found] = await db.select().from(payments).where(eq(payments.id, row.id));
    const { createdAt, ...payment } = found ?? expect.fail();
    const defaults = { streamId: null, currency: 'USD', message: null, isAnonymous: false };
    expect(payment).toEqual({ ...row, ...defaults });
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

  it('payments_amount_positive: 1 to 100,000,000 minor units', async () => {
    for (const amount of [1, 100_000_000]) expect(await insert({ amount })).toBe('accepted');
    for (const amount of [0, -1, 100_000_001]) {
      expect(await insert({ amount })).toBe('payments_amount_positive');
    }
  });

  it('payments_not_to_oneself: payer and payee differ', async () => {
    expect(await insert({ payeeId: payerId })).toBe('payments_not_to_oneself');
  });

  it('payments_has_a_party: a payer or a payee, or both', async () => {
    expect(await insert({ payerId: null })).toBe('accepted');
    expect(await insert({ payeeId: null })).toBe('accepted');
    expect(await insert({ payerId: null, payeeId: null })).toBe('payments_has_a_party');
  });

  it('payments_currency_shape: three capital letters', async () => {
    for (const currency of ['EUR', 'XTS']) expect(await insert({ currency })).toBe('accepted');
    for (const currency of ['eur', 'EU', 'E1R', '']) {
      expect(await insert({ currency })).toBe('payments_currency_shape');
    }
  });

  it('payments_message_length: at most 200 characters', async () => {
    expect(await insert({ message: '🎹'.repeat(200) })).toBe('accepted');
    expect(await insert({ message: 'x'.repeat(201) })).toBe('payments_message_length');
  });

  it('payments_completed_has_time: money that has moved has a time, money that has not has none', async () => {
    for (const status of ['completed', 'refunded'] as const) {
      expect(await insert({ status, completedAt: aMoment })).toBe('accepted');
      expect(await insert({ status, completedAt: null })).toBe('payments_completed_has_time');
    }
    for (const status of ['pending', 'failed'] as const) {
      expect(await insert({ status, completedAt: null })).toBe('accepted');
      expect(await insert({ status, completedAt: aMoment })).toBe('payments_completed_has_time');
    }
  });

  it('payments_payer_id_users_id_fk: who has paid stays', async () => {
    expect(await insert({ payerId: unknown })).toBe('payments_payer_id_users_id_fk');
    const payer = await model.addUser();
    expect(await insert({ payerId: payer })).toBe('accepted');
    expect(await removeUser(payer)).toBe('payments_payer_id_users_id_fk');
  });

  it('payments_payee_id_users_id_fk: who was paid stays', async () => {
    expect(await insert({ payeeId: unknown })).toBe('payments_payee_id_users_id_fk');
    const payee = await model.addUser();
    expect(await insert({ payeeId: payee })).toBe('accepted');
    expect(await removeUser(payee)).toBe('payments_payee_id_users_id_fk');
  });

  it('payments_stream_id_streams_id_fk: a stream that was paid for stays', async () => {
    expect(await insert({ streamId: unknown })).toBe('payments_stream_id_streams_id_fk');
    const streamId = await model.addStream();
    expect(await insert({ streamId })).toBe('accepted');
    const removal = refusalOf(db.delete(streams).where(eq(streams.id, streamId)));
    expect(await removal).toBe('payments_stream_id_streams_id_fk');
  });
});
