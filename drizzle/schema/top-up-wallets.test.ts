import { eq, sql } from 'drizzle-orm';
import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { holdTransaction } from '../../server/test/held-transaction.js';
import { openModel, refusalOf } from '../../server/test/model.js';
import { aMoment } from '../../server/test/rows.js';
import { scaled } from '../../server/test/scale.js';
import { ledgerAccounts, payments, providerEvents, providerPayments, users } from './index.js';

const model = await openModel();
const { db } = model;
afterAll(model.close);

type Fields = Record<string, unknown>;
const one = async (statement: ReturnType<typeof sql>): Promise<Fields> =>
  (await model.query(statement))[0] ?? {};

let owner: string;
beforeEach(async () => {
  owner = await model.addUser();
});

const open = (given: { key?: string; hash?: string; amount?: number; max?: number; by?: string } = {}) => {
  const { key = null, hash = key && 'a hash', amount = 500, max = 10_000_000_000, by = owner } = given;
  return one(sql`
    select * from open_top_up(${uuidv7()}, ${by}, ${amount}, 'USD', 'stripe', ${max}, ${key}, ${hash}, ${aMoment})`);
};
const opened = async (amount = 500): Promise<string> => String((await open({ amount })).payment_id);
const answer = (
  id: string,
  status: string,
  reference: string | null = `pi_${id}`,
  checkout = '{"status":"x"}',
) =>
  one(sql`
    select * from answer_provider_payment(${id}, ${reference}, ${checkout}::jsonb, ${status}::payment_status,
      ${status === 'failed' ? 'declined' : null}, ${aMoment})`);
const confirm = (id: string, status: string, by = owner) =>
  one(sql`select * from confirm_top_up(${id}, ${by}, ${status}::payment_status, null, ${aMoment})`);
type Event = {
  eventId?: string;
  effect?: string;
  reference?: string | null;
  paymentId?: string | null;
  amount?: number | null;
  currency?: string | null;
};
const take = (given: Event) => {
  const { eventId = uuidv7(), effect = 'completed', reference = null, paymentId = null } = given;
  const { amount = 500, currency = 'USD' } = given;
  return one(sql`
    select * from take_provider_event('stripe', ${eventId}, 'a type', ${effect}, ${reference}, ${paymentId},
      ${amount}, ${currency}, ${effect === 'failed' ? 'declined' : null}, ${aMoment})`);
};
const stored = async (id: string) => {
  const [payment] = await db.select().from(payments).where(eq(payments.id, id));
  const [sent] = await db.select().from(providerPayments).where(eq(providerPayments.paymentId, id));
  return { status: payment?.status, reference: sent?.reference, reason: sent?.failureReason };
};
const held = async (kind: 'wallet' | 'forfeited' = 'wallet'): Promise<number> => {
  await model.query(sql`select fold_ledger(null, 5000)`);
  const rows = await db.select().from(ledgerAccounts).where(eq(ledgerAccounts.kind, kind));
  return rows.find(({ ownerId }) => kind !== 'wallet' || ownerId === owner)?.balance ?? 0;
};
/** Asks for the refund of a completed top-up, as an admin. */
const refundOf = async (id: string): Promise<string> => {
  const admin = await model.addUser({ role: 'admin' });
  const row = await one(sql`
    select outcome, (refund).id as id from refund_payment(${uuidv7()}, ${id}, ${admin}, ${aMoment})`);
  expect(row.outcome).toBe('done');
  return String(row.id);
};

describe('open_top_up', () => {
  it('open_top_up: writes down what the provider is about to be asked for', async () => {
    const row = await open();
    expect(row).toMatchObject({
      outcome: 'opened',
      provider: 'stripe',
      answered_status: null,
      checkout: null,
    });
    expect(await stored(String(row.payment_id))).toEqual({
      status: 'pending',
      reference: null,
      reason: null,
    });
    expect(await held()).toBe(0);
  });

  it('finds what was opened under its key, with the answer', async () => {
    const key = uuidv7();
    const { payment_id: id } = await open({ key });
    expect(await open({ key })).toMatchObject({ outcome: 'replayed', payment_id: id, answered_status: null });
    await answer(String(id), 'completed');
    expect(await open({ key })).toMatchObject({
      outcome: 'replayed',
      payment_id: id,
      answered_status: 'completed',
      checkout: { status: 'x' },
    });
    expect(await open({ key, hash: 'another' })).toMatchObject({
      outcome: 'IDEMPOTENCY_KEY_REUSED',
      payment_id: null,
    });
  });

  it('opens one top-up for many with the same key at once', async () => {
    const key = uuidv7();
    const rows = await Promise.all(Array.from({ length: 10 }, () => open({ key })));
    expect(new Set(rows.map((row) => row.payment_id)).size).toBe(1);
    expect(rows.filter(({ outcome }) => outcome === 'opened')).toHaveLength(1);
  });

  it('leaves a wallet at what it may hold', async () => {
    expect((await open({ amount: 500, max: 499 })).outcome).toBe('WALLET_FULL');
    expect((await open({ amount: 500, max: 500 })).outcome).toBe('opened');
  });

  it('does not add beyond what a number holds', async () => {
    await answer(await opened(), 'completed');
    await db
      .update(ledgerAccounts)
      .set({ balance: Number.MAX_SAFE_INTEGER })
      .where(eq(ledgerAccounts.ownerId, owner));
    expect((await open()).outcome).toBe('WALLET_FULL');
    expect((await open({ amount: 100_000_000, max: Number.MAX_SAFE_INTEGER })).outcome).toBe('WALLET_FULL');
  });

  it('is not for accounts that are gone or suspended', async () => {
    await db.update(users).set({ suspendedAt: aMoment }).where(eq(users.id, owner));
    expect((await open()).outcome).toBe('ACCOUNT_SUSPENDED');
    expect((await open({ by: uuidv7() })).outcome).toBe('SESSION_REVOKED');
  });

  it('waits for an account that is being deleted, and is refused then', async () => {
    const deletion = await holdTransaction(model.url, `select delete_account('${owner}', '${aMoment}')`);
    const opening = open();
    await deletion.untilWaitedFor();
    await deletion.commit();
    expect((await opening).outcome).toBe('SESSION_REVOKED');
  });
});

describe('settling', () => {
  it('lock_wallet_of_payment: names the owner of a top-up and of its refund', async () => {
    const lock = (id: string) => one(sql`select lock_wallet_of_payment(${id}) as owner`);
    const id = await opened();
    expect(await lock(id)).toEqual({ owner });
    await answer(id, 'completed');
    expect(await lock(await refundOf(id))).toEqual({ owner });
    expect(await lock(uuidv7())).toEqual({ owner: null });
  });

  it('settle_provider_payment: completes after a failure, and fails no more after that', async () => {
    const id = await opened();
    const settle = async (status: string) =>
      (
        await one(
          sql`select settle_provider_payment(${id}, ${status}::payment_status, 'why', ${aMoment}) as is`,
        )
      ).is;
    expect(await settle('pending')).toBe('unchanged');
    expect(await settle('failed')).toBe('failed');
    expect(await stored(id)).toMatchObject({ status: 'failed', reason: 'why' });
    expect(await settle('failed')).toBe('unchanged');
    expect(await settle('completed')).toBe('completed');
    expect(await stored(id)).toMatchObject({ status: 'completed', reason: null });
    expect([await settle('completed'), await settle('failed')]).toEqual(['unchanged', 'unchanged']);
    expect(await held()).toBe(500);
  });

  it('forfeits what comes for an account that was deleted meanwhile', async () => {
    const id = await opened();
    const before = await held('forfeited');
    await model.query(sql`update users set deleted_at = ${aMoment}, username = null, email = null,
      password_hash = null, role = 'viewer' where id = ${owner}`);
    await answer(id, 'completed');
    expect(await held('forfeited')).toBe(before + 500);
    expect(await held()).toBe(0);
  });

  it('answer_provider_payment: notes the first answer, and tells it again', async () => {
    const id = await opened();
    const first = await answer(id, 'completed');
    expect(first).toMatchObject({
      result: 'completed',
      owner,
      answered: 'completed',
      checkout: { status: 'x' },
    });
    expect(await answer(id, 'failed', 'pi_other', '{"status":"y"}')).toEqual({
      ...first,
      result: 'unchanged',
    });
    expect(await stored(id)).toMatchObject({ status: 'completed', reference: `pi_${id}` });
    expect(await held()).toBe(500);
  });

  it('answers with what an event has told before', async () => {
    const [paid, failed] = [await opened(), await opened()];
    await take({ paymentId: paid, reference: 'pi_early' });
    await take({ paymentId: failed, effect: 'failed' });
    expect(await answer(paid, 'pending', 'pi_early')).toMatchObject({
      result: 'unchanged',
      answered: 'completed',
      checkout: { status: 'completed', failureReason: null },
    });
    expect(await answer(failed, 'pending')).toMatchObject({
      answered: 'failed',
      checkout: { status: 'failed', failureReason: 'declined' },
    });
  });

  it('confirm_top_up: settles what waits for its owner, once', async () => {
    const id = await opened();
    expect((await confirm(id, 'completed')).outcome).toBe('TOP_UP_NOT_OPEN');
    await answer(id, 'pending', `pi_${id}`, '{"status":"requires_confirmation"}');
    expect((await confirm(id, 'completed', await model.addUser())).outcome).toBe('NOT_FOUND');
    expect((await confirm(uuidv7(), 'completed')).outcome).toBe('NOT_FOUND');
    expect(await confirm(id, 'completed')).toMatchObject({ outcome: 'completed' });
    expect((await confirm(id, 'completed')).outcome).toBe('TOP_UP_NOT_OPEN');
    expect(await held()).toBe(500);
  });
});

describe('events', () => {
  it('take_provider_event: takes an event once, with its effect', async () => {
    const id = await opened();
    await answer(id, 'pending');
    const event = { eventId: uuidv7(), reference: `pi_${id}` };
    expect(await take(event)).toMatchObject({ outcome: 'completed', payment_id: id, owner });
    expect(await take(event)).toMatchObject({ outcome: 'duplicate' });
    expect(await take({ reference: `pi_${id}` })).toMatchObject({ outcome: 'unchanged' });
    expect(await held()).toBe(500);
    const [kept] = await db.select().from(providerEvents).where(eq(providerEvents.eventId, event.eventId));
    expect(kept).toMatchObject({ outcome: 'completed', paymentId: id, receivedAt: aMoment });
  });

  it('does nothing with what does not fit', async () => {
    const id = await opened();
    await answer(id, 'pending');
    const about = { reference: `pi_${id}` };
    expect((await take({ ...about, amount: 499 })).outcome).toBe('mismatch');
    expect((await take({ ...about, currency: 'EUR' })).outcome).toBe('mismatch');
    expect((await take({ reference: 'pi_stranger', paymentId: id })).outcome).toBe('mismatch');
    expect((await take({ reference: 'pi_stranger', paymentId: uuidv7() })).outcome).toBe('unknown_payment');
    expect((await take({})).outcome).toBe('unknown_payment');
    expect((await take({ ...about, effect: 'alarm', amount: 1 })).outcome).toBe('noted');
    expect((await stored(id)).status).toBe('pending');
    expect((await take({ ...about, amount: null, currency: null })).outcome).toBe('completed');
  });

  it('learns the reference from an event that comes before the answer', async () => {
    const id = await opened();
    expect((await take({ paymentId: id, reference: 'pi_first', effect: 'failed' })).outcome).toBe('failed');
    expect(await stored(id)).toMatchObject({ reference: 'pi_first', status: 'failed' });
    expect((await take({ reference: 'pi_first' })).outcome).toBe('completed');
  });

  it('completes a refund, or puts the money back, and tells a failure that comes too late', async () => {
    const [one, other] = [await opened(), await opened()];
    for (const id of [one, other]) await answer(id, 'completed');
    const [kept, returned] = [await refundOf(one), await refundOf(other)];
    expect(await held()).toBe(0);
    expect((await take({ paymentId: returned, reference: 're_2', effect: 'failed' })).outcome).toBe('failed');
    expect((await take({ reference: 're_2' })).outcome).toBe('unchanged');
    expect((await take({ paymentId: kept, reference: 're_1' })).outcome).toBe('completed');
    expect((await take({ reference: 're_1', effect: 'failed' })).outcome).toBe('failed_late');
    expect([(await stored(one)).status, (await stored(other)).status]).toEqual(['refunded', 'completed']);
    expect([(await stored(kept)).status, (await stored(returned)).status]).toEqual(['completed', 'failed']);
    expect(await held()).toBe(500);
  });

  it('ends in one state, whatever comes in whatever order and however often', async () => {
    const step = fc.record({
      effect: fc.constantFrom('completed', 'failed', 'answered', 'alarm'),
      /** Events of one effect with the same number are the same event. */
      number: fc.integer({ min: 1, max: 3 }),
      amount: fc.constantFrom(500, 500, 500, 501),
      isAtOnce: fc.boolean(),
    });
    const property = fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      owner = await model.addUser();
      const id = await opened();
      let waiting: Promise<unknown>[] = [];
      for (const { effect, number, amount, isAtOnce } of steps) {
        const eventId = `${id}-${effect}-${number}-${amount}`;
        waiting.push(
          effect === 'answered'
            ? answer(id, 'pending')
            : take({ eventId, effect, reference: `pi_${id}`, paymentId: id, amount }),
        );
        if (isAtOnce) continue;
        await Promise.all(waiting);
        waiting = [];
      }
      await Promise.all(waiting);
      const has = (wanted: string) => steps.some(({ effect, amount }) => effect === wanted && amount === 500);
      const status = has('completed') ? 'completed' : has('failed') ? 'failed' : 'pending';
      expect((await stored(id)).status).toBe(status);
      expect(await held()).toBe(has('completed') ? 500 : 0);
      const kept = await db.select().from(providerEvents).where(eq(providerEvents.paymentId, id));
      const completions = kept.filter(({ outcome }) => outcome === 'completed');
      expect(completions).toHaveLength(has('completed') ? 1 : 0);
    });
    await fc.assert(property, { numRuns: scaled({ quick: 60, full: 1000 }) });
  });

  it('is refused by nothing but the bounds of a wallet, and then leaves no trace', async () => {
    const id = await opened();
    await db
      .update(ledgerAccounts)
      .set({ balance: Number.MAX_SAFE_INTEGER - 499 })
      .where(eq(ledgerAccounts.ownerId, owner));
    const event = { eventId: uuidv7(), paymentId: id };
    expect(await refusalOf(take(event))).toBe('ledger_accounts_balance_within_bounds');
    expect(await db.$count(providerEvents, eq(providerEvents.eventId, event.eventId))).toBe(0);
    expect((await stored(id)).status).toBe('pending');
    await db.update(ledgerAccounts).set({ balance: 0 }).where(eq(ledgerAccounts.ownerId, owner));
    expect((await take(event)).outcome).toBe('completed');
  });
});
