import { and, eq, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { openModel } from '../../server/test/model.js';
import { aMoment } from '../../server/test/rows.js';
import {
  ledgerAccounts,
  payments,
  roomRestrictions,
  roomSettings,
  spendingLimits,
  streamEvents,
  streams,
  streamTippers,
  tipGoals,
  tipOutbox,
  users,
} from './index.js';

const model = await openModel();
const { db } = model;
afterAll(model.close);

let performerId: string;
let streamId: string;
let payerId: string;
beforeEach(async () => {
  performerId = await model.addUser({ role: 'performer' });
  streamId = await model.addStream({ performerId, status: 'live', startedAt: aMoment });
  payerId = await addPayer();
});

/** A user with 100.00 in the wallet, which came from nowhere. */
const addPayer = async (): Promise<string> => {
  const id = await model.addUser();
  await db.insert(ledgerAccounts).values({ kind: 'wallet', ownerId: id, currency: 'USD', balance: 10_000 });
  return id;
};
const balanceOf = async (ownerId: string) =>
  (await db.select().from(ledgerAccounts).where(eq(ledgerAccounts.ownerId, ownerId)))[0]?.balance;

type Given = {
  payer?: string;
  stream?: string | null;
  performer?: string | null;
  amount?: number;
  message?: string | null;
  hasLink?: boolean;
  isAnonymous?: boolean;
  key?: string | null;
  hash?: string;
  at?: string;
};
const send = async (given: Given = {}) => {
  const { payer = payerId, stream = streamId, performer = null, amount = 500, message = null } = given;
  const { hasLink = false, isAnonymous = false, key = null, hash = 'a hash', at = aMoment } = given;
  const [row] = await model.query(sql`
    select outcome, payment_id as id, payee, fee, balance::int, retry_after_ms as retry
    from send_tip(${uuidv7()}::uuid, ${payer}::uuid, ${stream}::uuid, ${performer}::uuid, ${amount}, ${message},
      ${message?.toLowerCase() ?? null}, ${hasLink}, ${isAnonymous}, 'USD', 2000, ${key},
      ${key === null ? null : hash}, ${at}::timestamptz)`);
  return row ?? expect.fail();
};
const outcomeOf = async (given: Given = {}) => (await send(given)).outcome;
const waiting = () => db.select().from(tipOutbox).where(eq(tipOutbox.streamId, streamId));

describe('sending', () => {
  it('send_tip: takes from the wallet, gives to the performer and the platform, and leaves it in the outbox', async () => {
    const { id, ...sent } = await send({ amount: 1_001, message: 'Bravo!' });
    expect(sent).toEqual({ outcome: 'completed', payee: performerId, fee: 200, balance: 8_999, retry: null });
    const [payment] = await db
      .select()
      .from(payments)
      .where(eq(payments.id, String(id)));
    expect(payment).toMatchObject({
      type: 'tip',
      status: 'completed',
      payerId,
      payeeId: performerId,
      streamId,
    });
    const entries = await model.query(sql`
      select account.kind, owner_id as owner, amount::int, balance_after::int as after
      from ledger_transactions as posted join ledger_entries on transaction_id = posted.id
      join ledger_accounts as account on account.id = account_id
      where payment_id = ${id} order by amount`);
    expect(entries).toEqual([
      { kind: 'wallet', owner: payerId, amount: -1_001, after: 8_999 },
      { kind: 'revenue', owner: null, amount: 200, after: null },
      { kind: 'earnings', owner: performerId, amount: 801, after: null },
    ]);
    expect(await waiting()).toEqual([{ streamId, paymentId: id }]);
    expect(await balanceOf(payerId)).toBe(8_999);
  });

  it('answers a retry as the first time, whatever has happened since', async () => {
    const first = await send({ key: 'the-key-1' });
    await send({ amount: 300 });
    await db.update(streams).set({ status: 'ended', endedAt: aMoment }).where(eq(streams.id, streamId));
    await db
      .update(payments)
      .set({ status: 'refunded' })
      .where(eq(payments.id, String(first.id)));
    expect(await send({ key: 'the-key-1' })).toEqual({ ...first, outcome: 'replayed' });
    expect(await outcomeOf({ key: 'the-key-1', hash: 'another' })).toBe('IDEMPOTENCY_KEY_REUSED');
    expect(await balanceOf(payerId)).toBe(9_200);
  });

  it('charges once for a key however many ask at once, and never more than there is', async () => {
    const keyed = Array.from({ length: 20 }, () => outcomeOf({ key: 'the-key-2', amount: 6_000 }));
    const outcomes = (await Promise.all(keyed)).sort();
    expect(outcomes).toEqual(['completed', ...Array.from({ length: 19 }, () => 'replayed')]);
    const whole = await Promise.all([outcomeOf({ amount: 4_000 }), outcomeOf({ amount: 4_000 })]);
    expect(whole.sort()).toEqual(['INSUFFICIENT_FUNDS', 'completed']);
    expect(await balanceOf(payerId)).toBe(0);
  });

  it('leaves nothing behind when it refuses', async () => {
    const set = (values: Partial<typeof users.$inferInsert>) =>
      db.update(users).set(values).where(eq(users.id, payerId));
    expect(await outcomeOf({ stream: uuidv7() })).toBe('NOT_FOUND');
    expect(await outcomeOf({ payer: performerId })).toBe('SELF_PAYMENT');
    expect(await outcomeOf({ amount: 10_001 })).toBe('INSUFFICIENT_FUNDS');
    expect(await outcomeOf({ payer: await model.addUser() })).toBe('INSUFFICIENT_FUNDS');
    await set({ suspendedAt: aMoment });
    expect(await outcomeOf()).toBe('ACCOUNT_SUSPENDED');
    await set({ suspendedAt: null, deletedAt: aMoment, username: null, email: null, passwordHash: null });
    expect(await outcomeOf()).toBe('SESSION_REVOKED');
    expect(await waiting()).toEqual([]);
    expect(await db.select().from(payments).where(eq(payments.payerId, payerId))).toEqual([]);
    expect(await balanceOf(payerId)).toBe(10_000);
  });

  it('refuses by the room, its rules for texts only where there is one', async () => {
    await db.insert(roomSettings).values({ performerId, areLinksAllowed: false, foldedTerms: ['spam'] });
    expect(await outcomeOf({ message: 'no spam please' })).toBe('TERM_BLOCKED');
    expect(await outcomeOf({ message: 'see this', hasLink: true })).toBe('LINKS_NOT_ALLOWED');
    expect(await outcomeOf({ message: 'hello' })).toBe('completed');
    const restrict = { performerId, userId: payerId };
    await db
      .insert(roomRestrictions)
      .values({ ...restrict, kind: 'timeout', expiresAt: '2026-01-02T03:05:05.678Z' });
    expect(await send({ message: 'hello' })).toMatchObject({ outcome: 'TIMED_OUT', retry: 60_000 });
    expect(await outcomeOf()).toBe('completed');
    const mine = and(eq(roomRestrictions.performerId, performerId), eq(roomRestrictions.userId, payerId));
    await db.update(roomRestrictions).set({ kind: 'ban', expiresAt: null }).where(mine);
    expect(await outcomeOf()).toBe('BANNED');
    expect(await outcomeOf({ stream: null, performer: performerId })).toBe('BANNED');
  });

  it('asks for a ticket before it says whether a private show is live', async () => {
    const show = await model.addStream({ performerId, isPrivate: true, priceAmount: 500 });
    expect(await outcomeOf({ stream: show })).toBe('ACCESS_REQUIRED');
    await db.update(users).set({ role: 'admin' }).where(eq(users.id, payerId));
    expect(await outcomeOf({ stream: show })).toBe('STREAM_NOT_LIVE');
  });

  it('goes to a performer without a stream, and to nobody else', async () => {
    const to = (performer: string) => outcomeOf({ stream: null, performer });
    expect(await to(performerId)).toBe('completed');
    expect(await waiting()).toEqual([]);
    expect(await to(payerId)).toBe('SELF_PAYMENT');
    for (const given of [{}, { role: 'performer' as const, suspendedAt: aMoment }]) {
      expect(await to(await model.addUser(given))).toBe('NOT_FOUND');
    }
  });

  it('counts against the limit of the payer’s day, and begins anew with the next', async () => {
    const limit = { userId: payerId, dailyAmount: 1_000, spentOn: '2026-01-02' };
    await db.insert(spendingLimits).values(limit);
    expect(await outcomeOf({ amount: 700 })).toBe('completed');
    expect(await outcomeOf({ amount: 400 })).toBe('SPENDING_LIMIT_REACHED');
    expect(await outcomeOf({ amount: 300 })).toBe('completed');
    expect(await outcomeOf({ amount: 1_000, at: '2026-01-03T00:00:00.000Z' })).toBe('completed');
  });
});

describe('the log', () => {
  const log = (tipsMax = 500) =>
    model.query(sql`
      select event_seq::int as seq, event_type::text as type, told
      from log_tips(${streamId}::uuid, ${tipsMax}, ${aMoment}::timestamptz)`);
  const setGoal = async (title: string | null, actor = performerId, target: number | null = 1_000) => {
    const [row] = await model.query(sql`
      select outcome, new_seq::int as seq, result
      from set_tip_goal(${streamId}::uuid, ${actor}::uuid, ${uuidv7()}::uuid, ${title}, ${target},
        ${aMoment}::timestamptz)`);
    return row ?? expect.fail();
  };
  const typesOf = async () => {
    const events = await db
      .select()
      .from(streamEvents)
      .where(eq(streamEvents.streamId, streamId))
      .orderBy(streamEvents.seq);
    return events.map(({ seq, type }) => `${seq} ${type}`);
  };
  const goalsOf = () =>
    db.select().from(tipGoals).where(eq(tipGoals.streamId, streamId)).orderBy(tipGoals.id);

  it('log_tips: moves the oldest first, each once, and counts them for the leaderboard', async () => {
    const other = await addPayer();
    const ids: unknown[] = [];
    for (const payer of [payerId, other, payerId]) ids.push((await send({ payer, amount: 200 })).id);
    const moved = [...(await log(2)), ...(await log()), ...(await log())];
    expect(
      moved.map(({ seq, type, told }) => [seq, type, (told as { paymentId: string }).paymentId]),
    ).toEqual(ids.map((id, place) => [place + 2, 'tipReceived', id]));
    expect(await waiting()).toEqual([]);
    expect(await typesOf()).toEqual(['1 streamUpdate', '2 tipReceived', '3 tipReceived', '4 tipReceived']);
    const tippers = await db.select().from(streamTippers).where(eq(streamTippers.streamId, streamId));
    expect(tippers).toHaveLength(2);
    expect(tippers).toContainEqual({ streamId, userId: payerId, amount: 400, tipCount: 2 });
  });

  it('moves each tip once however many move them, without a gap in the log', async () => {
    for (let sent = 0; sent < 20; sent += 1) await send({ amount: 100 });
    const moved = (await Promise.all(Array.from({ length: 8 }, () => log(5)))).flat();
    const seqs = moved.map(({ seq }) => Number(seq)).sort((one, other) => one - other);
    expect(seqs).toEqual(Array.from({ length: 20 }, (_, place) => place + 2));
    expect(await waiting()).toEqual([]);
  });

  it('tells nobody who paid anonymously, and has them in no sum', async () => {
    const { id } = await send({ isAnonymous: true, message: 'Guess' });
    const [told] = await log();
    expect(told?.told).toEqual({
      paymentId: id,
      from: null,
      amount: 500,
      currency: 'USD',
      message: 'Guess',
      createdAt: aMoment,
    });
    expect(await db.select().from(streamTippers).where(eq(streamTippers.streamId, streamId))).toEqual([]);
  });

  it('leaves out what was given back meanwhile', async () => {
    const { id } = await send();
    const kept = await send();
    await db
      .update(payments)
      .set({ status: 'refunded' })
      .where(eq(payments.id, String(id)));
    expect(await log()).toMatchObject([{ seq: 2, told: { paymentId: kept.id } }]);
    expect(await waiting()).toEqual([]);
  });

  it('tip_goal: is told as it grows, once after the tips that it grew by', async () => {
    await setGoal('A microphone');
    await send({ amount: 400 });
    await send({ amount: 500, isAnonymous: true });
    const goal = { id: expect.any(String), title: 'A microphone', targetAmount: 1_000, createdAt: aMoment };
    const [, , grown] = await log();
    expect(grown).toEqual({
      seq: 5,
      type: 'tipGoalChanged',
      told: { ...goal, raisedAmount: 900, reachedAt: null },
    });
    await send({ amount: 100 });
    const [, reached] = await log();
    expect(reached?.told).toEqual({ ...goal, raisedAmount: 1_000, reachedAt: aMoment });
  });

  it('set_tip_goal: takes the place of the goal before, which counts no more', async () => {
    expect(await setGoal('First')).toMatchObject({ outcome: 'done', seq: 2, result: { title: 'First' } });
    await send({ amount: 400 });
    await log();
    expect(await setGoal('Second')).toMatchObject({ outcome: 'done', seq: 5, result: { raisedAmount: 0 } });
    await send({ amount: 1_200 });
    await log();
    expect(await goalsOf()).toMatchObject([
      { title: 'First', raisedAmount: 400, endedAt: expect.any(String) },
      { title: 'Second', raisedAmount: 1_200, reachedAt: expect.any(String), endedAt: null },
    ]);
    expect(await setGoal(null)).toEqual({ outcome: 'done', seq: 8, result: null });
    expect(await setGoal(null)).toEqual({ outcome: 'unchanged', seq: null, result: null });
  });

  it('has goals set by the performer and admins, until the stream ends', async () => {
    expect((await setGoal('Mine', payerId)).outcome).toBe('FORBIDDEN');
    expect((await setGoal('Mine', await model.addUser({ role: 'admin' }))).outcome).toBe('done');
    await db.update(streams).set({ status: 'ended', endedAt: aMoment }).where(eq(streams.id, streamId));
    expect((await setGoal('Mine')).outcome).toBe('STREAM_ENDED');
    streamId = uuidv7();
    expect((await setGoal('Mine')).outcome).toBe('NOT_FOUND');
  });
});
