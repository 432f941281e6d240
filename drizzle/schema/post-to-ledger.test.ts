import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { holdTransaction } from '../../server/test/held-transaction.js';
import { openModel, refusalOf } from '../../server/test/model.js';
import { aMoment, paymentRow } from '../../server/test/rows.js';
import { scaled } from '../../server/test/scale.js';
import { ledgerAccounts, ledgerEntries, ledgerPending, payments, spendingLimits } from './index.js';

const model = await openModel();
const { db } = model;
afterAll(model.close);

type Kind = (typeof ledgerAccounts.$inferInsert)['kind'];

const accountOf = async (kind: Kind, ownerId: string | null = null): Promise<number> => {
  const [row] = await model.query(
    sql`select ledger_account(${kind}::ledger_account_kind, ${ownerId}::uuid, null, null, 'USD')::int as id`,
  );
  return Number(row?.id);
};
const balanceOf = async (id: number): Promise<number> => {
  const [found] = await db.select().from(ledgerAccounts).where(eq(ledgerAccounts.id, id));
  return found?.balance ?? Number.NaN;
};
const pendingOf = (id: number): Promise<number> => db.$count(ledgerPending, eq(ledgerPending.accountId, id));
const addPayment = async (): Promise<string> => {
  const row = paymentRow({ payeeId: await model.addUser() });
  await db.insert(payments).values(row);
  return row.id;
};
const array = (values: number[]) => sql.raw(`'{${values.join(',')}}'::bigint[]`);
/** Posts as a forfeit, which needs no payment, so that any entries may be tried. */
const post = async (entries: [accountId: number, amount: number][]): Promise<number> => {
  const ids = array(entries.map(([id]) => id));
  const amounts = array(entries.map(([, amount]) => amount));
  const [row] = await model.query(
    sql`select post_transaction('forfeit', null, null, ${ids}, ${amounts}, ${aMoment})::int as id`,
  );
  return Number(row?.id);
};
const fold = async (of: number[] | null, entriesMax = 5000): Promise<number> => {
  const [row] = await model.query(
    sql`select fold_ledger(${of === null ? sql`null` : array(of)}, ${entriesMax}) as count`,
  );
  return Number(row?.count);
};
/** As everything does that takes money out of earnings: fold and lock, and only then read. */
const debit = async (from: number, to: number, amount: number): Promise<string> =>
  refusalOf(
    model.query(sql`
      do $$
      begin
        perform fold_ledger(array[${sql.raw(String(from))}, ${sql.raw(String(to))}]::bigint[], 0);
        perform post_transaction('forfeit', null, null,
          array[${sql.raw(String(from))}, ${sql.raw(String(to))}]::bigint[],
          array[-${sql.raw(String(amount))}, ${sql.raw(String(amount))}]::bigint[], now());
      end
      $$`),
  );

let earnings: number;
let clearing: number;
let wallet: number;
beforeEach(async () => {
  const ownerId = await model.addUser();
  earnings = await accountOf('earnings', ownerId);
  wallet = await accountOf('wallet', ownerId);
  clearing = await accountOf('payouts');
  await fold(null);
});

describe('accounts', () => {
  it('ledger_account: opens an account when it is first needed, once, also for many at once', async () => {
    const ownerId = await model.addUser();
    const asked = Array.from({ length: 20 }, () => accountOf('wallet', ownerId));
    const ids = new Set(await Promise.all(asked));
    expect(ids.size).toBe(1);
    expect(await accountOf('earnings', ownerId)).not.toBe([...ids][0]);
    expect(await db.$count(ledgerAccounts, eq(ledgerAccounts.ownerId, ownerId))).toBe(2);
  });

  it('lock_ledger_accounts: whoever names accounts in another order waits, and nobody waits in a circle', async () => {
    const locked = (ids: number[]) =>
      refusalOf(
        model.query(sql`
          do $$ begin perform lock_ledger_accounts(${array(ids)}); perform pg_sleep(0.001); end $$`),
      );
    const rounds = Array.from({ length: 40 }, (_, place) =>
      locked(place % 2 === 0 ? [earnings, wallet, clearing] : [clearing, wallet, earnings]),
    );
    expect(new Set(await Promise.all(rounds))).toEqual(new Set(['accepted']));
  });
});

describe('posting', () => {
  it('post_transaction: changes a wallet at once, and leaves to be folded what others get', async () => {
    const transactionId = await post([
      [wallet, 700],
      [earnings, 0],
      [clearing, -700],
    ]);
    expect([await balanceOf(wallet), await pendingOf(wallet)]).toEqual([700, 0]);
    expect(await pendingOf(clearing)).toBe(1);
    const entries = await db
      .select()
      .from(ledgerEntries)
      .where(eq(ledgerEntries.transactionId, transactionId))
      .orderBy(ledgerEntries.amount);
    expect(entries).toEqual([
      { transactionId, accountId: clearing, amount: -700, balanceAfter: null, createdAt: aMoment },
      { transactionId, accountId: wallet, amount: 700, balanceAfter: 700, createdAt: aMoment },
    ]);
  });

  it('takes from a wallet and from earnings only what is there', async () => {
    const beyond = 'ledger_accounts_balance_within_bounds';
    expect(
      await refusalOf(
        post([
          [wallet, -1],
          [clearing, 1],
        ]),
      ),
    ).toBe(beyond);
    await post([
      [earnings, 10],
      [clearing, -10],
    ]);
    // What waits is not there yet.
    expect(
      await refusalOf(
        post([
          [earnings, -10],
          [clearing, 10],
        ]),
      ),
    ).toBe(beyond);
    await fold([earnings]);
    expect(
      await refusalOf(
        post([
          [earnings, -10],
          [clearing, 10],
        ]),
      ),
    ).toBe('accepted');
    expect(await balanceOf(earnings)).toBe(0);
  });

  it('is nothing at all when its entries do not balance', async () => {
    expect(
      await refusalOf(
        post([
          [wallet, 5],
          [clearing, -4],
        ]),
      ),
    ).toBe('ledger_entries_sum_to_zero');
    expect([await balanceOf(wallet), await pendingOf(clearing)]).toEqual([0, 0]);
  });

  it('moves money for a payment once', async () => {
    const paymentId = await addPayment();
    const postTip = () =>
      refusalOf(
        model.query(sql`select post_transaction('top_up', ${paymentId}::uuid, null,
          array[${wallet}, ${clearing}]::bigint[], array[5, -5]::bigint[], now())`),
      );
    expect([await postTip(), await postTip()]).toEqual(['accepted', 'ledger_transactions_payment_key']);
    expect(await balanceOf(wallet)).toBe(5);
  });
});

describe('folding', () => {
  it('fold_ledger: moves what waits into the balance, and only of the accounts that are named', async () => {
    await post([
      [earnings, 10],
      [clearing, -10],
    ]);
    await post([
      [earnings, 5],
      [clearing, -5],
    ]);
    expect(await fold([earnings])).toBe(2);
    expect([await balanceOf(earnings), await pendingOf(earnings)]).toEqual([15, 0]);
    expect(await pendingOf(clearing)).toBe(2);
    expect([await fold([earnings]), await fold([])]).toEqual([0, 0]);
  });

  it('moves no more at once than it is told to', async () => {
    for (const amount of [1, 2, 3])
      await post([
        [earnings, amount],
        [clearing, -amount],
      ]);
    expect([await fold(null, 4), await fold(null, 4), await fold(null, 4)]).toEqual([4, 2, 0]);
    expect(await balanceOf(earnings)).toBe(6);
  });

  it('keeps every balance while postings, debits and folds meet on many connections', async () => {
    const rounds = scaled({ quick: 60, full: 1500 });
    const before = await balanceOf(clearing);
    let credited = 0;
    let debited = 0;
    const outcomes: string[] = [];
    const work = Array.from({ length: rounds }, async (_, place) => {
      const amount = 1 + (place % 7);
      if (place % 3 === 2) {
        const outcome = await debit(earnings, clearing, amount);
        outcomes.push(outcome);
        if (outcome === 'accepted') debited += amount;
      } else {
        await post([
          [earnings, amount],
          [clearing, -amount],
        ]);
        credited += amount;
      }
      await fold(place % 2 === 0 ? null : [earnings], 5);
    });
    await Promise.all(work);
    const refused = new Set(outcomes.filter((outcome) => outcome !== 'accepted'));
    expect([...refused].filter((outcome) => outcome !== 'ledger_accounts_balance_within_bounds')).toEqual([]);
    await fold(null);
    expect(await balanceOf(earnings)).toBe(credited - debited);
    expect((await balanceOf(clearing)) - before).toBe(debited - credited);
    expect(await db.$count(ledgerPending)).toBe(0);
  });

  it('keeps all accounts that are named locked, also where nothing waited', async () => {
    const named = [wallet, earnings];
    const holder = await holdTransaction(model.url, `select fold_ledger('{${named.join(',')}}', 0)`);
    const free = await model.query(
      sql`select from ledger_accounts where id = any(${array(named)}) for no key update skip locked`,
    );
    await holder.commit();
    expect(free).toEqual([]);
  });

  it('lets a debit see what another process is folding', async () => {
    await post([
      [earnings, 10],
      [clearing, -10],
    ]);
    const holder = await holdTransaction(model.url, 'select fold_ledger(null, 5000)');
    const debited = debit(earnings, clearing, 10);
    await holder.untilWaitedFor();
    await holder.commit();
    expect(await debited).toBe('accepted');
    expect(await balanceOf(earnings)).toBe(0);
  });

  it('leaves everything as it was when its process is killed midway, and another takes it up', async () => {
    await post([
      [earnings, 10],
      [clearing, -10],
    ]);
    const holder = await holdTransaction(model.url, 'select fold_ledger(null, 5000)');
    // What is being folded is nobody else's, and nobody waits for it.
    expect(await fold(null, 5000)).toBe(0);
    await holder.kill();
    expect([await balanceOf(earnings), await pendingOf(earnings)]).toEqual([0, 1]);
    expect(await fold(null, 5000)).toBe(2);
    expect([await balanceOf(earnings), await pendingOf(earnings)]).toEqual([10, 0]);
  });
});

describe('amounts', () => {
  it('fee_of: is a share in whole minor units, and the fraction is the payee’s', async () => {
    const feeOf = async (amount: number, basisPoints: number) =>
      (await model.query(sql`select fee_of(${amount}, ${basisPoints}) as fee`))[0]?.fee;
    expect(await feeOf(500, 2000)).toBe(100);
    expect(await feeOf(104, 2000)).toBe(20);
    expect(await feeOf(109, 999)).toBe(10);
    expect(await feeOf(1, 9999)).toBe(0);
    expect(await feeOf(100_000_000, 10_000)).toBe(100_000_000);
    expect(await feeOf(100_000_000, 0)).toBe(0);
  });

  it('count_spending: counts against the spender’s limit for the day, and no more than it', async () => {
    const userId = await model.addUser();
    const spend = async (amount: number, at: string) =>
      (await model.query(sql`select count_spending(${userId}, ${amount}, ${at}::timestamptz) as counted`))[0]
        ?.counted;
    const [today, tomorrow] = ['2026-01-02T23:59:59.999Z', '2026-01-03T00:00:00Z'];
    expect(await spend(100_000_000, today)).toBe(true);
    await db.insert(spendingLimits).values({ userId, dailyAmount: 100, spentOn: '2026-01-02' });
    expect([await spend(60, today), await spend(41, today), await spend(40, today)]).toEqual([
      true,
      false,
      true,
    ]);
    expect([await spend(1, today), await spend(100, tomorrow)]).toEqual([false, true]);
    expect((await db.select().from(spendingLimits))[0]).toMatchObject({
      spentAmount: 100,
      spentOn: '2026-01-03',
    });
    // A higher limit holds from its time on.
    const nextFrom = '2026-01-03T12:00:00.000Z';
    await db
      .update(spendingLimits)
      .set({ nextDailyAmount: 150, nextFrom })
      .where(eq(spendingLimits.userId, userId));
    expect([await spend(50, tomorrow), await spend(50, nextFrom)]).toEqual([false, true]);
  });
});
