import { eq, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { openModel } from '../../server/test/model.js';
import { aMoment, paymentRow } from '../../server/test/rows.js';
import { payments, payouts, spendingLimits, users } from './index.js';

const model = await openModel();
const { db, query } = model;
afterAll(model.close);

let userId: string;
beforeEach(async () => {
  userId = await model.addUser();
});

type Kind = 'wallet' | 'earnings' | 'tickets' | 'payouts' | 'forfeited';
const numbers = (values: number[]) => sql.raw(`'{${values.join(',')}}'::bigint[]`);
const account = async (kind: Kind, currency = 'USD', streamId: string | null = null): Promise<number> => {
  const owner = kind === 'wallet' || kind === 'earnings' ? userId : null;
  const [row] = await query(
    sql`select ledger_account(${kind}::ledger_account_kind, ${owner}::uuid, ${streamId}::uuid, null, ${currency})::int as id`,
  );
  return Number(row?.id);
};
/** Moves money from nowhere in particular, as a forfeit, which needs no payment. */
const post = async (entries: [id: number, amount: number][]) => {
  const [ids, amounts] = [entries.map(([id]) => id), entries.map(([, amount]) => amount)];
  await query(
    sql`select post_transaction('forfeit', null, null, ${numbers(ids)}, ${numbers(amounts)}, ${aMoment})`,
  );
};
const credit = async (kind: Kind, amount: number, currency = 'USD', streamId: string | null = null) =>
  post([
    [await account(kind, currency, streamId), amount],
    [await account('payouts', currency), -amount],
  ]);
const addPayout = async (status: 'requested' | 'approved', amount: number): Promise<string> => {
  await account('earnings');
  const row = paymentRow({ type: 'payout', status: 'pending', payerId: userId, amount, completedAt: null });
  await db.insert(payments).values(row);
  const decision = status === 'approved' ? { decidedById: userId, decidedAt: aMoment } : {};
  await db.insert(payouts).values({ paymentId: row.id, status, ...decision });
  return row.id;
};
const remove = async (forfeit = false) => {
  const [row] = await query(
    sql`select outcome, open_money as open from delete_account(${userId}, ${aMoment}, ${forfeit})`,
  );
  return row;
};
/** What an account holds, with what waits to be folded. */
const held = async (id: number): Promise<number> => {
  const [row] = await query(sql`
    select (balance + (select coalesce(sum(amount), 0) from ledger_pending where account_id = id))::int as held
    from ledger_accounts where id = ${id}`);
  return Number(row?.held);
};
const forfeited = async (currency = 'USD') => held(await account('forfeited', currency));
const isDeleted = async () => (await db.$count(users, sql`id = ${userId} and deleted_at is not null`)) === 1;

describe('closing an account', () => {
  it('is refused while the wallet or the earnings hold money, folded or not, in any currency', async () => {
    await credit('wallet', 500);
    await credit('earnings', 700);
    await credit('wallet', 300, 'EUR');
    const { outcome, open } = (await remove()) ?? {};
    expect(outcome).toBe('BALANCE_OPEN');
    expect(open).toHaveLength(3);
    expect(open).toEqual(
      expect.arrayContaining([
        { kind: 'wallet', amount: 500, currency: 'USD' },
        { kind: 'earnings', amount: 700, currency: 'USD' },
        { kind: 'wallet', amount: 300, currency: 'EUR' },
      ]),
    );
    expect(await isDeleted()).toBe(false);
  });

  it('gives the money up where that is asked for, and forgets the spending limit', async () => {
    await credit('wallet', 500);
    await credit('earnings', 700);
    await credit('wallet', 300, 'EUR');
    await db.insert(spendingLimits).values({ userId, spentOn: '2026-01-02' });
    const [dollars, euros] = [await forfeited(), await forfeited('EUR')];
    expect(await remove(true)).toEqual({ outcome: 'deleted', open: null });
    expect([await forfeited(), await forfeited('EUR')]).toEqual([dollars + 1200, euros + 300]);
    expect([await held(await account('wallet')), await held(await account('earnings'))]).toEqual([0, 0]);
    expect(await db.$count(spendingLimits, eq(spendingLimits.userId, userId))).toBe(0);
  });

  it('is refused while a payout is asked for; giving up takes that back, but not an approved one', async () => {
    const requested = await addPayout('requested', 5000);
    const approved = await addPayout('approved', 9000);
    const approvedOpen = { kind: 'approved payouts', amount: 9000, currency: 'USD' };
    const { open } = (await remove()) ?? {};
    expect(open).toHaveLength(2);
    expect(open).toContainEqual({ kind: 'requested payouts', amount: 5000, currency: 'USD' });
    expect(open).toContainEqual(approvedOpen);
    expect(await remove(true)).toEqual({ outcome: 'BALANCE_OPEN', open: [approvedOpen] });
    expect(await db.select().from(payouts).where(eq(payouts.paymentId, requested))).toMatchObject([
      { status: 'requested' },
    ]);

    await db.update(payouts).set({ status: 'paid', paidAt: aMoment }).where(eq(payouts.paymentId, approved));
    const before = await forfeited();
    expect(await remove(true)).toEqual({ outcome: 'deleted', open: null });
    expect(await forfeited()).toBe(before + 5000);
  });

  it('is refused while tickets of a show that has begun are not settled; those of another do not matter', async () => {
    const common = { performerId: userId, isPrivate: true, priceAmount: 500 };
    await credit('tickets', 800, 'USD', await model.addStream(common));
    const show = await model.addStream({ ...common, status: 'live', startedAt: aMoment });
    await credit('tickets', 500, 'USD', show);
    const open = [{ kind: 'tickets', amount: 500, currency: 'USD' }];
    expect(await remove()).toEqual({ outcome: 'BALANCE_OPEN', open });
    expect(await remove(true)).toEqual({ outcome: 'BALANCE_OPEN', open });
    await query(sql`select fold_ledger(null, 5000)`);
    await credit('tickets', -500, 'USD', show);
    expect(await remove()).toEqual({ outcome: 'deleted', open: null });
  });
});

describe('functions', () => {
  it('forfeit_balances: moves what accounts hold, a transaction a currency, and nothing of empty ones', async () => {
    await credit('wallet', 500);
    await credit('wallet', 300, 'EUR');
    const ids = [await account('wallet'), await account('earnings'), await account('wallet', 'EUR')];
    const forfeit = sql`select forfeit_balances(${numbers(ids)}, ${aMoment})::int as amount`;
    const before = await forfeited();
    expect(await query(forfeit)).toEqual([{ amount: 800 }]);
    expect(await query(forfeit)).toEqual([{ amount: 0 }]);
    expect(await forfeited()).toBe(before + 500);
  });

  it('lock_open_payouts: keeps what is not decided finally as it is', async () => {
    const id = await addPayout('approved', 5000);
    const found = await db.transaction(async (transaction) => {
      await transaction.execute(sql`select lock_open_payouts(${userId})`);
      return query(sql`select from payouts where payment_id = ${id} for update skip locked`);
    });
    expect(found).toEqual([]);
    expect(
      await query(sql`select from payouts where payment_id = ${id} for update skip locked`),
    ).toHaveLength(1);
  });

  it('withdraw_payouts: brings back to the earnings what was asked for, and no other payout', async () => {
    const requested = await addPayout('requested', 5000);
    const approved = await addPayout('approved', 9000);
    await query(sql`select withdraw_payouts(${userId}, ${aMoment})`);
    const [earnings] = await query(
      sql`select balance::int from ledger_accounts where id = ${await account('earnings')}`,
    );
    expect(earnings).toEqual({ balance: 5000 });
    const statuses = await query(sql`
      select payouts.status as payout, payments.status as payment from payouts
      join payments on payments.id = payment_id where payer_id = ${userId}
      order by payment_id = ${approved}::uuid`);
    expect(statuses).toEqual([
      { payout: 'rejected', payment: 'failed' },
      { payout: 'approved', payment: 'pending' },
    ]);
    expect(await query(sql`select kind from ledger_transactions where payment_id = ${requested}`)).toEqual([
      { kind: 'payout_return' },
    ]);
  });

  it('forfeit_leftovers: gives up what came after the deletion, and touches no living account', async () => {
    const leftovers = async (id = userId) =>
      (await query(sql`select forfeit_leftovers(${id}, ${aMoment})::int as amount`))[0]?.amount;
    await credit('earnings', 700);
    expect(await leftovers()).toBe(0);
    await remove(true);
    await credit('earnings', 250);
    await credit('wallet', 50);
    const before = await forfeited();
    expect([await leftovers(), await leftovers(), await leftovers(uuidv7())]).toEqual([300, 0, 0]);
    expect(await forfeited()).toBe(before + 300);
  });
});
