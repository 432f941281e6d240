import { and, eq, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { holdTransaction } from '../../server/test/held-transaction.js';
import { openModel, refusalOf } from '../../server/test/model.js';
import { aMoment, paymentRow } from '../../server/test/rows.js';
import {
  ledgerAccounts,
  ledgerEntries,
  ledgerPending,
  openShows,
  payments,
  roomRestrictions,
  spendingLimits,
  streams,
  users,
} from './index.js';

const model = await openModel();
const { db } = model;
afterAll(model.close);

let performerId: string;
let showId: string;
let payerId: string;
beforeEach(async () => {
  performerId = await model.addUser({ role: 'performer' });
  showId = await model.addStream({ performerId, isPrivate: true, priceAmount: 501 });
  payerId = await addPayer();
});

/** A user with 100.00 in the wallet, which came from nowhere. */
const addPayer = async (balance = 10_000): Promise<string> => {
  const id = await model.addUser();
  await db.insert(ledgerAccounts).values({ kind: 'wallet', ownerId: id, currency: 'USD', balance });
  return id;
};
const balanceOf = async (ownerId: string) =>
  (await db.select().from(ledgerAccounts).where(eq(ledgerAccounts.ownerId, ownerId)))[0]?.balance;

const buy = async (
  given: { payer?: string; show?: string; key?: string; hash?: string; basisPoints?: number } = {},
) => {
  const { payer = payerId, show = showId, key = null, hash = 'a hash', basisPoints = 2_000 } = given;
  const [row] = await model.query(sql`
    select outcome, ticket_id as id, price, ticket_fee as fee, balance::int from buy_ticket(
      ${uuidv7()}::uuid, ${payer}::uuid, ${show}::uuid, 'USD', ${basisPoints}, ${key}, ${key && hash}, ${aMoment}::timestamptz)`);
  return row ?? expect.fail();
};
const outcome = async (given?: Parameters<typeof buy>[0]) => (await buy(given)).outcome;

describe('the shows that are open', () => {
  it('open_shows_pkey: a show is open once', async () => {
    await db.insert(openShows).values({ streamId: showId });
    expect(await refusalOf(db.insert(openShows).values({ streamId: showId }))).toBe('open_shows_pkey');
    expect(await model.nullableColumns('open_shows')).toEqual([]);
  });

  it('open_shows_stream_id_streams_id_fk: what is open exists, and stays', async () => {
    const unknown = refusalOf(db.insert(openShows).values({ streamId: uuidv7() }));
    expect(await unknown).toBe('open_shows_stream_id_streams_id_fk');
    await db.insert(openShows).values({ streamId: showId });
    const removal = refusalOf(db.delete(streams).where(eq(streams.id, showId)));
    expect(await removal).toBe('open_shows_stream_id_streams_id_fk');
  });

  it('show_due_at: by the schedule, or 30 days after it was announced', async () => {
    const dueAt = async (id: string) =>
      (
        await model.query(sql`select iso_timestamp(show_due_at(streams)) as at from streams where id = ${id}`)
      )[0]?.at;
    const given = { createdAt: '2026-03-01T12:00:00.000Z' };
    expect(await dueAt(await model.addStream({ ...given, scheduledStartAt: aMoment }))).toBe(aMoment);
    expect(await dueAt(await model.addStream(given))).toBe('2026-03-31T12:00:00.000Z');
  });

  it('lock_show: beside others or alone, until the statement is committed', async () => {
    const alone = sql`with locked as materialized (select lock_show(${showId}, true))
      select pg_sleep(0.05), clock_timestamp() as at from locked`;
    const waiting = await Promise.all([model.query(alone), model.query(alone)]);
    const [first, second] = waiting.map(([row]) => Date.parse(String(row?.at))).sort();
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(45);
    // Both hold it at once, or neither could see the other.
    const beside = sql`with locked as materialized (select lock_show(${showId}, false))
      select pg_sleep(0.2), (
        select count(*)::int from pg_locks join pg_database on pg_database.oid = database
        where locktype = 'advisory' and granted and datname = current_database()
      ) as held from locked`;
    const seen = await Promise.all([model.query(beside), model.query(beside)]);
    expect(Math.max(...seen.map(([row]) => Number(row?.held)))).toBe(2);
  });
});

describe('the terms of a show', () => {
  const change = (given: Partial<typeof streams.$inferInsert>) =>
    refusalOf(db.update(streams).set(given).where(eq(streams.id, showId)));

  it('streams_guard_tickets: privacy and schedule stay while somebody holds a ticket', async () => {
    expect(await change({ scheduledStartAt: aMoment })).toBe('accepted');
    const { id } = await buy();
    for (const given of [
      { isPrivate: false, priceAmount: null },
      { scheduledStartAt: '2026-05-05T05:05:05.000Z' },
      { scheduledStartAt: null },
    ]) {
      expect(await change(given)).toBe('streams_tickets_sold');
    }
    const same = { isPrivate: true, scheduledStartAt: aMoment, priceAmount: 700, title: 'Another' };
    expect(await change(same)).toBe('accepted');
    await db
      .update(payments)
      .set({ status: 'refunded' })
      .where(eq(payments.id, String(id)));
    expect(await change({ isPrivate: false, priceAmount: null })).toBe('accepted');
  });
});

describe('a purchase that is not committed yet', () => {
  const isLocked = async () => {
    const [row] = await model.query(sql`select count(*)::int as held from pg_locks
      where locktype = 'advisory' and granted
        and database = (select oid from pg_database where datname = current_database())`);
    return row?.held === 1;
  };

  it('is seen by whoever changes the terms at that moment', async () => {
    const selling = model.query(sql`
      with sold as materialized (
        select outcome from buy_ticket(${uuidv7()}::uuid, ${payerId}::uuid, ${showId}::uuid, 'USD', 2000, null, null,
          ${aMoment}::timestamptz)
      ) select outcome, pg_sleep(0.3) from sold`);
    await expect.poll(isLocked).toBe(true);
    const change = { isPrivate: false, priceAmount: null };
    const changing = refusalOf(db.update(streams).set(change).where(eq(streams.id, showId)));
    expect(await changing).toBe('streams_tickets_sold');
    expect(await selling).toMatchObject([{ outcome: 'completed' }]);
  });

  it('keeps the performer of a show that has begun from leaving with its price', async () => {
    await db.update(streams).set({ status: 'live', startedAt: aMoment }).where(eq(streams.id, showId));
    const purchase = await holdTransaction(
      model.url,
      `select buy_ticket('${uuidv7()}', '${payerId}', '${showId}', 'USD', 2000, null, null, '${aMoment}')`,
    );
    const leaving = model.query(
      sql`select outcome, open_money as open from delete_account(${performerId}, ${aMoment}, true)`,
    );
    await purchase.untilWaitedFor();
    await purchase.commit();
    const open = [{ kind: 'tickets', amount: 501, currency: 'USD' }];
    expect(await leaving).toMatchObject([{ outcome: 'BALANCE_OPEN', open }]);
  });

  it('is not made when the performer left before it', async () => {
    const leaving = await holdTransaction(model.url, `select delete_account('${performerId}', '${aMoment}')`);
    const bought = outcome();
    await leaving.untilWaitedFor();
    await leaving.commit();
    expect(await bought).toBe('STREAM_ENDED');
  });

  it('is not made when the terms changed before it', async () => {
    const changing = model.query(sql`
      with changed as (
        update streams set is_private = false, price_amount = null where id = ${showId} returning id
      ) select pg_sleep(0.3) from changed`);
    await expect.poll(isLocked).toBe(true);
    expect(await outcome()).toBe('NO_TICKET_NEEDED');
    await changing;
  });
});

describe('a ticket', () => {
  it('buy_ticket: moves its price from the wallet to the account of the show', async () => {
    const { id, ...told } = await buy();
    expect(told).toEqual({ outcome: 'completed', price: 501, fee: 100, balance: 9_499 });
    expect(await balanceOf(payerId)).toBe(9_499);
    const [account] = await db.select().from(ledgerAccounts).where(eq(ledgerAccounts.streamId, showId));
    expect(account).toMatchObject({ kind: 'tickets', currency: 'USD' });
    const inEscrow = eq(ledgerPending.accountId, account?.id ?? 0);
    expect(await db.select().from(ledgerPending).where(inEscrow)).toMatchObject([{ amount: 501 }]);
    const [payment] = await db
      .select()
      .from(payments)
      .where(eq(payments.id, String(id)));
    const facts = {
      type: 'private_show',
      status: 'completed',
      payerId,
      payeeId: performerId,
      streamId: showId,
    };
    expect(payment).toMatchObject({
      ...facts,
      amount: 501,
      fee: 100,
      createdAt: aMoment,
      completedAt: aMoment,
    });
    expect(await db.select().from(openShows).where(eq(openShows.streamId, showId))).toHaveLength(1);
  });

  it('has a fee that may be nothing, or all of it', async () => {
    expect(await buy({ basisPoints: 0 })).toMatchObject({ fee: 0 });
    expect(await buy({ basisPoints: 10_000, payer: await addPayer() })).toMatchObject({ fee: 501 });
  });

  it('is told again to the same request, and to no other, under its key', async () => {
    const first = await buy({ key: 'a key of mine' });
    expect(await outcome()).toBe('ALREADY_OWNED');
    await db.update(streams).set({ status: 'ended', endedAt: aMoment }).where(eq(streams.id, showId));
    expect(await buy({ key: 'a key of mine' })).toEqual({ ...first, outcome: 'replayed' });
    expect(await outcome({ key: 'a key of mine', hash: 'another' })).toBe('IDEMPOTENCY_KEY_REUSED');
    const mine = and(eq(payments.payerId, payerId), eq(payments.type, 'private_show'));
    expect(await db.select().from(payments).where(mine)).toHaveLength(1);
  });

  it('is refused with nothing written', async () => {
    const entries = async () => (await db.select().from(ledgerEntries)).length;
    const before = await entries();
    const bannedId = await addPayer();
    await db.insert(roomRestrictions).values({ performerId, userId: bannedId, kind: 'ban' });
    const limitedId = await addPayer();
    const limit = { userId: limitedId, dailyAmount: 500, spentOn: aMoment.slice(0, 10) };
    await db.insert(spendingLimits).values(limit);
    const goneId = await addPayer();
    const gone = { username: null, email: null, passwordHash: null, deletedAt: aMoment };
    await db.update(users).set(gone).where(eq(users.id, goneId));
    const suspendedId = await addPayer();
    await db.update(users).set({ suspendedAt: aMoment }).where(eq(users.id, suspendedId));
    const ended = {
      performerId,
      isPrivate: true,
      priceAmount: 1,
      status: 'ended' as const,
      endedAt: aMoment,
    };
    const refusals: [Parameters<typeof buy>[0], string][] = [
      [{ show: uuidv7() }, 'NOT_FOUND'],
      [{ payer: goneId }, 'SESSION_REVOKED'],
      [{ payer: suspendedId }, 'ACCOUNT_SUSPENDED'],
      [{ payer: performerId }, 'SELF_PAYMENT'],
      [{ show: await model.addStream({ performerId }) }, 'NO_TICKET_NEEDED'],
      [{ show: await model.addStream(ended) }, 'STREAM_ENDED'],
      [{ payer: bannedId }, 'BANNED'],
      [{ payer: await addPayer(500) }, 'INSUFFICIENT_FUNDS'],
      [{ payer: await model.addUser() }, 'INSUFFICIENT_FUNDS'],
      [{ payer: limitedId }, 'SPENDING_LIMIT_REACHED'],
    ];
    for (const [given, expected] of refusals) expect(await outcome(given)).toBe(expected);
    expect(await entries()).toBe(before);
    expect(await db.select().from(openShows).where(eq(openShows.streamId, showId))).toEqual([]);
  });

  it('is paid in the currency of the show', async () => {
    const [show] = [await model.addStream({ performerId, isPrivate: true, priceAmount: 1, currency: 'EUR' })];
    expect(await outcome({ show })).toBe('INSUFFICIENT_FUNDS');
    const wallet = { kind: 'wallet' as const, ownerId: payerId, currency: 'EUR', balance: 1 };
    await db.insert(ledgerAccounts).values(wallet);
    expect(await buy({ show })).toMatchObject({ outcome: 'completed', balance: 0 });
  });

  it('that was sold before may not be one of the show at all', async () => {
    const ticket = { type: 'private_show', payerId, payeeId: performerId } as const;
    await db
      .insert(payments)
      .values(paymentRow({ ...ticket, streamId: await model.addStream({ performerId }) }));
    expect(await outcome()).toBe('completed');
  });
});
