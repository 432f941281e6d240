import { eq } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, describe, expect, it } from 'vitest';
import { openModel, refusalOf } from '../../server/test/model.js';
import { aMoment, paymentRow } from '../../server/test/rows.js';
import { payments, providerEvents, providerPayments } from './index.js';

const model = await openModel();
const { db } = model;
afterAll(model.close);

const addPayment = async (): Promise<string> => {
  const row = paymentRow({
    type: 'top_up',
    status: 'pending',
    completedAt: null,
    payeeId: await model.addUser(),
  });
  await db.insert(payments).values(row);
  return row.id;
};

describe('provider_payments', () => {
  type Row = typeof providerPayments.$inferInsert;
  const insert = async (given: Partial<Row> = {}) =>
    refusalOf(
      db
        .insert(providerPayments)
        .values({ paymentId: given.paymentId ?? (await addPayment()), provider: 'stripe', ...given }),
    );

  it('knows nothing of the provider but its name until it has answered', async () => {
    expect(await model.nullableColumns('provider_payments')).toEqual([
      'answered_status',
      'checkout',
      'failure_reason',
      'reference',
    ]);
  });

  it('provider_payments_pkey: one row a payment', async () => {
    const paymentId = await addPayment();
    expect(await insert({ paymentId })).toBe('accepted');
    expect(await insert({ paymentId, provider: 'sandbox' })).toBe('provider_payments_pkey');
  });

  it('provider_payments_payment_id_payments_id_fk: of a payment', async () => {
    expect(await insert({ paymentId: uuidv7() })).toBe('provider_payments_payment_id_payments_id_fk');
  });

  it('provider_payments_reference_key: a reference names one payment of its provider', async () => {
    expect(await insert({ reference: 'pi_1' })).toBe('accepted');
    expect(await insert({ reference: 'pi_1' })).toBe('provider_payments_reference_key');
    expect(await insert({ reference: 'pi_1', provider: 'sandbox' })).toBe('accepted');
    expect([await insert(), await insert()]).toEqual(['accepted', 'accepted']);
  });
});

describe('provider_events', () => {
  type Row = typeof providerEvents.$inferInsert;
  const insert = (given: Partial<Row> = {}) =>
    refusalOf(
      db.insert(providerEvents).values({
        provider: 'stripe',
        eventId: uuidv7(),
        type: 'payment_intent.succeeded',
        outcome: 'completed',
        receivedAt: aMoment,
        ...given,
      }),
    );

  it('may be about no payment of ours', async () => {
    expect(await model.nullableColumns('provider_events')).toEqual(['payment_id']);
    const eventId = uuidv7();
    expect(await insert({ eventId })).toBe('accepted');
    const [row] = await db.select().from(providerEvents).where(eq(providerEvents.eventId, eventId));
    expect(row).toMatchObject({ paymentId: null, receivedAt: aMoment });
  });

  it('provider_events_pkey: each event of a provider once', async () => {
    expect(await insert({ eventId: 'evt_1' })).toBe('accepted');
    expect(await insert({ eventId: 'evt_1', type: 'other' })).toBe('provider_events_pkey');
    expect(await insert({ eventId: 'evt_1', provider: 'sandbox' })).toBe('accepted');
  });
});
