import { eq, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { openModel } from '../../server/test/model.js';
import { aMoment, paymentRow } from '../../server/test/rows.js';
import {
  ledgerAccounts,
  ledgerTransactions,
  openShows,
  payments,
  providerPayments,
  spendingLimits,
  streamEvents,
  streams,
  streamTippers,
  tipGoals,
  users,
} from './index.js';

const model = await openModel();
const { db } = model;
afterAll(model.close);

const later = '2026-01-02T03:05:05.678Z';
let performerId: string;
let payerId: string;
let adminId: string;
beforeEach(async () => {
  performerId = await model.addUser({ role: 'performer' });
  payerId = await model.addUser();
  adminId = await model.addUser({ role: 'admin' });
});

/** Brings money into a wallet, as a top-up of 50.00; from the operator when no `provider` has taken it. */
const topUp = async (owner: string, provider: string | null = 'sandbox'): Promise<string> => {
  const row = paymentRow({ type: 'top_up', payeeId: owner, amount: 5_000 });
  await db.insert(payments).values(row);
  if (provider !== null) await db.insert(providerPayments).values({ paymentId: row.id, provider });
  await model.query(sql`select post_transaction('top_up', ${row.id}, null, array[
    ledger_account('clearing', null, null, 'sandbox', 'USD'), ledger_account('wallet', ${owner}::uuid, null, null, 'USD')
  ], array[-5000, 5000]::bigint[], ${aMoment}::timestamptz)`);
  return row.id;
};
const balanceOf = async (kind: string, owner: string | null = null): Promise<number> => {
  const [row] = await model.query(sql`
    select coalesce(sum(balance + coalesce((select sum(amount) from ledger_pending where account_id = id), 0)), 0)::int
      as balance
    from ledger_accounts where kind::text = ${kind} and (${owner}::uuid is null or ${owner} in (owner_id, stream_id))`);
  return Number(row?.balance);
};
const fold = () => model.query(sql`select fold_ledger(null, 100000)`);
const tip = async (stream: string | null = null, isAnonymous = false): Promise<string> => {
  const performer = stream === null ? performerId : null;
  const [row] = await model.query(sql`
    select payment_id as id from send_tip(${uuidv7()}::uuid, ${payerId}::uuid, ${stream}::uuid, ${performer}::uuid, 500,
      null, null, false, ${isAnonymous}, 'USD', 2000, null, null, ${aMoment}::timestamptz)`);
  return String(row?.id);
};
const addShow = (given: Partial<typeof streams.$inferInsert> = {}) =>
  model.addStream({ performerId, isPrivate: true, priceAmount: 500, ...given });
const sell = async (show: string, payer = payerId): Promise<string> => {
  const [row] = await model.query(sql`
    select ticket_id as id from buy_ticket(${uuidv7()}::uuid, ${payer}::uuid, ${show}::uuid, 'USD', 2000, null, null,
      ${aMoment}::timestamptz)`);
  return String(row?.id);
};
const refund = async (id: string, actor = adminId) => {
  const refundId = uuidv7();
  const [row] = await model.query(sql`
    select outcome, (original).status as original, (refund).status as refund, logged
    from refund_payment(${refundId}::uuid, ${id}::uuid, ${actor}::uuid, ${later}::timestamptz)`);
  return { ...(row ?? expect.fail()), refundId };
};
const finish = async (id: string, hasSucceeded: boolean) =>
  (
    await model.query(
      sql`select outcome, owner from finish_refund(${id}::uuid, ${hasSucceeded}, ${later}::timestamptz)`,
    )
  )[0];
const settle = async (show: string, ticketsMax = 10) => {
  const ids = Array.from({ length: ticketsMax }, () => uuidv7());
  const [row] = await model.query(sql`
    select outcome, performer, to_json(holders) as holders
    from settle_show(${show}::uuid, array(select jsonb_array_elements_text(${JSON.stringify(ids)}::text::jsonb)::uuid),
      ${later}::timestamptz)`);
  return row ?? expect.fail();
};
const end = (show: string, startedAt: string | null = null) =>
  db.update(streams).set({ status: 'ended', startedAt, endedAt: aMoment }).where(eq(streams.id, show));
const find = async (id: string) => (await db.select().from(payments).where(eq(payments.id, id)))[0];
const gone = { username: null, email: null, passwordHash: null, deletedAt: aMoment };
const expectSound = async () =>
  expect(await model.query(sql`select breaks from audit_ledger()`)).toEqual([{ breaks: [] }]);

describe('giving back', () => {
  it('give_back: writes the refund, moves the money, and turns the original', async () => {
    await topUp(payerId);
    const id = await tip(null, true);
    const refundId = uuidv7();
    await model.query(sql`
      with folded as materialized (select fold_ledger(null, 100000))
      select give_back(payments, ${refundId}::uuid, array[
        ledger_account('earnings', ${performerId}::uuid, null, null, 'USD'),
        ledger_account('revenue', null, null, null, 'USD'),
        ledger_account('wallet', ${payerId}::uuid, null, null, 'USD')
      ], array[-400, -100, 500]::bigint[], true, ${later}::timestamptz) from folded, payments where id = ${id}`);
    expect(await find(refundId)).toMatchObject({
      type: 'refund',
      status: 'completed',
      payerId: performerId,
      payeeId: payerId,
      amount: 500,
      fee: 100,
      refundsId: id,
      isAnonymous: true,
      message: null,
      completedAt: later,
    });
    expect([(await find(id))?.status, await balanceOf('wallet', payerId)]).toEqual(['refunded', 5_000]);
  });

  it('refund_account: the wallet, or of a deleted account what is forfeited', async () => {
    const kindFor = async (holder: string) => {
      const [account] = await model.query(sql`select refund_account(${holder}::uuid, 'USD')::int as id`);
      const isIt = eq(ledgerAccounts.id, Number(account?.id));
      return (await db.select().from(ledgerAccounts).where(isIt))[0]?.kind;
    };
    expect(await kindFor(payerId)).toBe('wallet');
    await db.update(users).set(gone).where(eq(users.id, payerId));
    expect(await kindFor(payerId)).toBe('forfeited');
  });
});

describe('a refund', () => {
  beforeEach(() => topUp(payerId));

  it('refund_payment: takes a tip from the earnings and the fees, once', async () => {
    const id = await tip();
    const fees = await balanceOf('revenue');
    expect(await refund(id)).toMatchObject({ outcome: 'done', original: 'refunded', refund: 'completed' });
    expect(await balanceOf('wallet', payerId)).toBe(5_000);
    expect([await balanceOf('earnings', performerId), await balanceOf('revenue')]).toEqual([0, fees - 100]);
    expect(await refund(id)).toMatchObject({ outcome: 'ALREADY_REFUNDED' });
  });

  it('was not spent, where the day that it was spent on is still counted', async () => {
    const count = { userId: payerId, dailyAmount: 5_000, spentAmount: 600 };
    const spentOn = async () => {
      const isOurs = eq(spendingLimits.userId, payerId);
      const [row] = await db.select().from(spendingLimits).where(isOurs);
      return [row?.spentOn, row?.spentAmount];
    };
    const [first, second] = [await tip(), await sell(await addShow())];
    await db.insert(spendingLimits).values({ ...count, spentOn: aMoment.slice(0, 10) });
    await refund(first);
    expect(await spentOn()).toEqual(['2026-01-02', 100]);
    await db.update(spendingLimits).set({ spentOn: '2026-01-03' }).where(eq(spendingLimits.userId, payerId));
    await refund(second);
    expect(await spentOn()).toEqual(['2026-01-03', 100]);
  });

  it('is for admins, and of their tickets for performers', async () => {
    const [tipId, ticketId] = [await tip(), await sell(await addShow())];
    for (const [id, actor, expected] of [
      [uuidv7(), adminId, 'NOT_FOUND'],
      [tipId, await model.addUser(), 'NOT_FOUND'],
      [ticketId, await model.addUser({ role: 'performer' }), 'NOT_FOUND'],
      [tipId, payerId, 'FORBIDDEN'],
      [tipId, performerId, 'FORBIDDEN'],
      [ticketId, payerId, 'FORBIDDEN'],
      [ticketId, performerId, 'done'],
    ] as const) {
      expect(await refund(id, actor)).toMatchObject({ outcome: expected });
    }
  });

  it('is refused when whoever received the money has it no more', async () => {
    const id = await tip();
    await fold();
    const ofPerformer = eq(ledgerAccounts.ownerId, performerId);
    await db.update(ledgerAccounts).set({ balance: 399 }).where(ofPerformer);
    expect(await refund(id)).toMatchObject({ outcome: 'FUNDS_SPENT' });
    await db.update(ledgerAccounts).set({ balance: 400 }).where(ofPerformer);
    const ofPayer = eq(ledgerAccounts.ownerId, payerId);
    await db.update(ledgerAccounts).set({ balance: 9_007_199_254_740_492 }).where(ofPayer);
    expect(await refund(id)).toMatchObject({ outcome: 'WALLET_FULL' });
    await db.update(ledgerAccounts).set({ balance: 4_500 }).where(ofPayer);
    expect(await refund(id)).toMatchObject({ outcome: 'done' });
  });

  it('of a ticket comes from the show until that is released, then from the performer', async () => {
    const show = await addShow();
    const [first, second] = [await sell(show), await model.addUser()];
    await topUp(second);
    const other = await sell(show, second);
    expect(await refund(first)).toMatchObject({ outcome: 'done', logged: false });
    expect([await balanceOf('wallet', payerId), await balanceOf('tickets', show)]).toEqual([5_000, 500]);
    await end(show, aMoment);
    await settle(show);
    expect(await balanceOf('earnings', performerId)).toBe(400);
    expect(await refund(other)).toMatchObject({ outcome: 'done' });
    expect([await balanceOf('wallet', second), await balanceOf('earnings', performerId)]).toEqual([5_000, 0]);
    await expectSound();
  });

  it('uncount_tip: takes it off what counted it, and nothing else', async () => {
    const streamId = await model.addStream({ performerId, status: 'live', startedAt: aMoment });
    const log = () =>
      model.query(sql`select event_seq from log_tips(${streamId}::uuid, 100, ${aMoment}::timestamptz)`);
    const before = await tip(streamId);
    await log();
    await model.query(
      sql`select set_tip_goal(${streamId}, ${performerId}, ${uuidv7()}, 'A microphone', 900, ${aMoment})`,
    );
    const counted = [await tip(streamId), await tip(streamId, true)];
    await log();
    const waiting = await tip(streamId);
    const state = async () => {
      const [goal] = await db.select().from(tipGoals).where(eq(tipGoals.streamId, streamId));
      const [tipper] = await db.select().from(streamTippers).where(eq(streamTippers.streamId, streamId));
      return [goal?.raisedAmount, goal?.reachedAt !== null, tipper?.amount, tipper?.tipCount];
    };
    expect(await state()).toEqual([1_000, true, 1_000, 2]);
    expect(await refund(waiting)).toMatchObject({ outcome: 'done', logged: false });
    expect(await refund(before)).toMatchObject({ outcome: 'done', logged: false });
    expect(await state()).toEqual([1_000, true, 500, 1]);
    expect(await refund(counted[1] ?? '')).toMatchObject({ outcome: 'done', logged: true });
    expect(await state()).toEqual([500, false, 500, 1]);
    expect(await refund(counted[0] ?? '')).toMatchObject({ outcome: 'done', logged: true });
    expect(await state()).toEqual([0, false, undefined, undefined]);
    expect(await log()).toEqual([]);
    const events = await db.select().from(streamEvents).where(eq(streamEvents.streamId, streamId));
    expect(events.filter(({ type }) => type === 'tipGoalChanged')).toHaveLength(4);
  });
});

describe('the refund of a top-up', () => {
  it('waits for the provider, with the money gone from the wallet', async () => {
    const id = await topUp(payerId);
    const refunded = await refund(id);
    expect(refunded).toMatchObject({ outcome: 'done', original: 'completed', refund: 'pending' });
    expect(await balanceOf('wallet', payerId)).toBe(0);
    const { refundId } = refunded;
    expect(await find(refundId)).toMatchObject({ payerId, payeeId: null, completedAt: null });
    const isOurs = eq(providerPayments.paymentId, refundId);
    expect(await db.select().from(providerPayments).where(isOurs)).toMatchObject([{ provider: 'sandbox' }]);
    expect(await refund(id)).toMatchObject({ outcome: 'ALREADY_REFUNDED' });
    await expectSound();
    await finish(refundId, true);
  });

  it('finish_refund: completes it, or brings the money back, once', async () => {
    const [kept, sent] = [await topUp(payerId), await topUp(payerId)];
    const [refused, done] = [(await refund(kept)).refundId, (await refund(sent)).refundId];
    expect(await finish(refused, false)).toEqual({ outcome: 'done', owner: payerId });
    expect(await finish(done, true)).toEqual({ outcome: 'done', owner: payerId });
    for (const hasSucceeded of [true, false]) {
      expect(await finish(refused, hasSucceeded)).toMatchObject({ outcome: 'unchanged' });
      expect(await finish(done, hasSucceeded)).toMatchObject({ outcome: 'unchanged' });
    }
    expect(await finish(kept, true)).toMatchObject({ outcome: 'NOT_FOUND' });
    const statuses = await Promise.all(
      [kept, refused, sent, done].map(async (id) => (await find(id))?.status),
    );
    expect(statuses).toEqual(['completed', 'failed', 'refunded', 'completed']);
    expect(await balanceOf('wallet', payerId)).toBe(5_000);
    expect(await refund(kept)).toMatchObject({ outcome: 'NOT_REFUNDABLE' });
    await expectSound();
  });
});

describe('a show', () => {
  beforeEach(() => topUp(payerId));
  const openRows = (show: string) => db.select().from(openShows).where(eq(openShows.streamId, show));

  it('settle_show: leaves one alone that is not over, or has sold nothing', async () => {
    const show = await addShow();
    expect(await settle(show)).toMatchObject({ outcome: 'unchanged', holders: [] });
    await sell(show);
    expect(await settle(show)).toMatchObject({ outcome: 'unchanged' });
    expect(await openRows(show)).toHaveLength(1);
    await end(show);
    expect(await settle(show)).toMatchObject({ outcome: 'refunded', holders: [payerId] });
    expect(await settle(show)).toMatchObject({ outcome: 'unchanged' });
    expect(await settle(uuidv7())).toMatchObject({ outcome: 'unchanged' });
  });

  it('that took place goes to its performer and the platform by one transaction', async () => {
    const show = await addShow();
    await sell(show);
    await end(show, aMoment);
    const fees = await balanceOf('revenue');
    expect(await settle(show)).toEqual({ outcome: 'released', performer: performerId, holders: [] });
    expect([await balanceOf('earnings', performerId), await balanceOf('revenue')]).toEqual([400, fees + 100]);
    const isRelease = eq(ledgerTransactions.streamId, show);
    expect(await db.select().from(ledgerTransactions).where(isRelease)).toMatchObject([{ kind: 'release' }]);
    expect([await balanceOf('tickets', show), await openRows(show)]).toEqual([0, []]);
    await expectSound();
  });

  it('is settled with the ticket that is being bought when it ends', async () => {
    const show = await addShow();
    await sell(show);
    const late = await model.addUser();
    await topUp(late);
    const selling = model.query(sql`
      with sold as materialized (
        select outcome from buy_ticket(${uuidv7()}::uuid, ${late}::uuid, ${show}::uuid, 'USD', 2000, null, null,
          ${aMoment}::timestamptz)
      ) select outcome, pg_sleep(0.3) from sold`);
    const isSelling = async () => {
      const [row] = await model.query(sql`select count(*)::int as held from pg_locks
        where locktype = 'advisory' and granted
          and database = (select oid from pg_database where datname = current_database())`);
      return row?.held === 1;
    };
    await expect.poll(isSelling).toBe(true);
    await end(show, aMoment);
    expect(await settle(show)).toMatchObject({ outcome: 'released' });
    expect(await selling).toMatchObject([{ outcome: 'completed' }]);
    expect([await balanceOf('earnings', performerId), await balanceOf('tickets', show)]).toEqual([800, 0]);
    await expectSound();
  });

  it('of a deleted performer is forfeited, less the fees', async () => {
    const show = await addShow();
    await sell(show);
    await end(show, aMoment);
    await db.update(users).set(gone).where(eq(users.id, performerId));
    const forfeited = await balanceOf('forfeited');
    await settle(show);
    expect(await balanceOf('forfeited')).toBe(forfeited + 400);
    expect(await balanceOf('earnings', performerId)).toBe(0);
    await expectSound();
  });

  it('that never began is refunded in parts, each ticket once, and those of deleted accounts are forfeited', async () => {
    const show = await addShow();
    await sell(show);
    const others = [await model.addUser(), await model.addUser()];
    for (const other of others) {
      await topUp(other);
      await sell(show, other);
    }
    await db.update(users).set(gone).where(eq(users.id, payerId));
    await end(show);
    const forfeited = await balanceOf('forfeited');
    expect(await settle(show, 2)).toMatchObject({ outcome: 'more', holders: [payerId, others[0]] });
    expect(await balanceOf('tickets', show)).toBe(500);
    expect(await settle(show, 2)).toMatchObject({ outcome: 'refunded', holders: [others[1]] });
    for (const other of others) expect(await balanceOf('wallet', other)).toBe(5_000);
    expect(await balanceOf('forfeited')).toBe(forfeited + 500);
    expect([await balanceOf('tickets', show), await openRows(show)]).toEqual([0, []]);
    await expectSound();
  });
});

// Last, because this payout is not in the ledger.
describe('what cannot be refunded', () => {
  beforeEach(() => topUp(payerId));

  it('is what no provider has taken, which none could give back', async () => {
    const id = await topUp(payerId, null);
    const balance = await balanceOf('wallet', payerId);
    expect(await refund(id)).toMatchObject({ outcome: 'NOT_REFUNDABLE' });
    expect(await balanceOf('wallet', payerId)).toBe(balance);
  });

  it('is not of what is not completed, nor of refunds and payouts', async () => {
    const rows = [
      paymentRow({ type: 'top_up', payeeId: payerId, status: 'pending', completedAt: null }),
      paymentRow({ type: 'top_up', payeeId: payerId, status: 'failed', completedAt: null }),
      paymentRow({ type: 'payout', payerId: performerId, status: 'pending', completedAt: null }),
    ];
    await db.insert(payments).values(rows);
    for (const { id } of rows) expect(await refund(id ?? '')).toMatchObject({ outcome: 'NOT_REFUNDABLE' });
    const { refundId } = await refund(await tip());
    expect(await refund(refundId)).toMatchObject({ outcome: 'NOT_REFUNDABLE' });
  });
});
