import { eq, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openModel } from '../../server/test/model.js';
import {
  aMoment,
  deletedUserRow,
  endedStreamRow,
  type PaymentRow,
  paymentRow,
} from '../../server/test/rows.js';
import { openShows, payments, payouts, streams, users } from './index.js';

const model = await openModel();
const { db } = model;
afterAll(model.close);

type Break = { invariant: string; subject: string; detail: string };

const audit = async (): Promise<{ entryCount: number; breakCount: number; breaks: Break[] }> => {
  const [row] = await model.query(
    sql`select entry_count::int as "entryCount", break_count as "breakCount", breaks from audit_ledger()`,
  );
  return row as { entryCount: number; breakCount: number; breaks: Break[] };
};

const run = (statement: string) => model.query(sql.raw(statement));
const guarded = ['ledger_transactions', 'ledger_entries', 'payments'];

/**
 * Breaks the ledger by statements that nothing but a superuser with a grudge can run, and resolves with the invariants
 * that are reported as broken. Afterwards the ledger is what it was.
 */
const brokenBy = async (...statements: string[]): Promise<Break[]> => {
  const copies = [...guarded, 'ledger_accounts', 'ledger_pending', 'payouts', 'streams'];
  for (const table of copies) {
    await run(`create table copy_of_${table} as table ${table}`);
    await run(`alter table ${table} disable trigger all`);
  }
  try {
    for (const statement of statements) await run(statement);
    return (await audit()).breaks;
  } finally {
    for (const table of copies) {
      await run(`delete from ${table}`);
      await run(`insert into ${table} (${await columnsOf(table)}) overriding system value
        select ${await columnsOf(table)} from copy_of_${table}`);
      await run(`alter table ${table} enable trigger all`);
      await run(`drop table copy_of_${table}`);
    }
  }
};
const columnsOf = async (table: string): Promise<string> => {
  const rows = await model.query(sql`select string_agg(quote_ident(column_name), ', ') as names
    from information_schema.columns
    where table_schema = 'public' and table_name = ${table} and is_generated = 'NEVER'`);
  return String(rows[0]?.names);
};
const invariantsOf = (breaks: Break[]) => [...new Set(breaks.map(({ invariant }) => invariant))];

const pay = async (given: Partial<PaymentRow>): Promise<string> => {
  const row = paymentRow(given);
  await db.insert(payments).values(row);
  return row.id;
};
type Entry = [account: string, amount: number];
const of = (kind: string, owner?: string, stream?: string, provider?: string) => {
  const [ownerSql, streamSql, providerSql] = [owner, stream, provider].map((value) =>
    value === undefined ? 'null' : `'${value}'`,
  );
  return `ledger_account('${kind}', ${ownerSql}, ${streamSql}, ${providerSql}, 'USD')`;
};
const post = async (kind: string, paymentId: string | null, entries: Entry[], streamId?: string) => {
  const accounts = `array[${entries.map(([account]) => account).join(', ')}]`;
  await run(`select fold_ledger(${accounts}, 0)`);
  const [row] = await run(`
    select post_transaction('${kind}', ${paymentId ? `'${paymentId}'` : 'null'}, ${streamId ? `'${streamId}'` : 'null'},
      ${accounts}, array[${entries.map(([, amount]) => amount).join(', ')}]::bigint[], now()) as id`);
  return Number(row?.id);
};

const payerId = await model.addUser();
const payeeId = await model.addUser();
const open = { status: 'pending', completedAt: null } as const;
const wallet = of('wallet', payerId);
const earnings = of('earnings', payeeId);
const gone = deletedUserRow();
await db.insert(users).values(gone);
const left = of('earnings', gone.id);
const [revenue, escrow, card, bank] = [
  of('revenue'),
  of('payouts'),
  of('clearing', undefined, undefined, 'card'),
  of('clearing', undefined, undefined, 'bank'),
];
const addShow = async (): Promise<string> => {
  const row = endedStreamRow({ performerId: payeeId, isPrivate: true, priceAmount: 1000 });
  await db.insert(streams).values(row);
  return row.id;
};
const topUp = async (amount: number, given: Partial<PaymentRow> = {}) => {
  const id = await pay({ type: 'top_up', payeeId: payerId, amount, ...given });
  await post('top_up', id, [
    [wallet, amount],
    [card, -amount],
  ]);
  return id;
};
const tip = async (given: Partial<PaymentRow> = {}) => {
  const id = await pay({ payerId, payeeId, amount: 500, fee: 100, ...given });
  await post('tip', id, [
    [wallet, -500],
    [earnings, 400],
    [revenue, 100],
  ]);
  return id;
};
const sell = async (streamId: string, given: Partial<PaymentRow> = {}) => {
  const row = { type: 'private_show', payerId, payeeId, streamId, amount: 1000, fee: 200, ...given } as const;
  const id = await pay(row);
  await post('private_show', id, [
    [wallet, -1000],
    [of('tickets', undefined, streamId), 1000],
  ]);
  return id;
};
const refund = async (refundsId: string, of: Partial<PaymentRow>, entries: Entry[]) => {
  const id = await pay({ type: 'refund', payerId: payeeId, payeeId: payerId, refundsId, ...of });
  await post('refund', id, entries);
  return id;
};
const payout = async (status: 'requested' | 'paid' | 'rejected', given: Partial<PaymentRow>) => {
  const id = await pay({ type: 'payout', payerId: payeeId, amount: 300, ...given });
  const decided = status === 'requested' ? {} : { decidedById: payerId, decidedAt: aMoment };
  const paidAt = status === 'paid' ? aMoment : null;
  await db.insert(payouts).values({ paymentId: id, status, ...decided, paidAt });
  await post('payout', id, [
    [earnings, -300],
    [escrow, 300],
  ]);
  return id;
};

/** One of everything that moves money, each as it should be. */
let made: Record<
  'topUp' | 'failedTopUp' | 'tip' | 'refundedTip' | 'tipRefund' | 'ticket' | 'payout' | 'rejected',
  string
>;
let show: string;
beforeAll(async () => {
  const topUpId = await topUp(100_000);
  const failedTopUp = await pay({ ...open, type: 'top_up', payeeId: payerId, status: 'failed' });
  await pay({ ...open, type: 'top_up', payeeId: payerId });

  const refundedTopUp = await topUp(700, { status: 'refunded' });
  const back: Partial<PaymentRow> = { payerId, payeeId: null, amount: 700 };
  await refund(refundedTopUp, back, [
    [wallet, -700],
    [card, 700],
  ]);
  await refund(await topUp(700), { ...back, ...open }, [
    [wallet, -700],
    [card, 700],
  ]);
  const failed = await refund(await topUp(700), { ...back, ...open, status: 'failed' }, [
    [wallet, -700],
    [card, 700],
  ]);
  await post('payout_return', failed, [
    [wallet, 700],
    [card, -700],
  ]);

  const tipId = await tip();
  await tip({ message: 'Again' });
  const refundedTip = await tip({ status: 'refunded' });
  const tipRefund = await refund(refundedTip, { amount: 500, fee: 100 }, [
    [wallet, 500],
    [earnings, -400],
    [revenue, -100],
  ]);

  show = await addShow();
  const tickets = of('tickets', undefined, show);
  const ticket = await sell(show);
  const before = await sell(show, { status: 'refunded' });
  await refund(before, { amount: 1000, fee: 200, streamId: show }, [
    [wallet, 1000],
    [tickets, -1000],
  ]);
  const after = await sell(show, { status: 'refunded' });
  await post(
    'release',
    null,
    [
      [tickets, -2000],
      [earnings, 1600],
      [revenue, 400],
    ],
    show,
  );
  await refund(after, { amount: 1000, fee: 200, streamId: show }, [
    [wallet, 1000],
    [earnings, -800],
    [revenue, -200],
  ]);

  await payout('requested', open);
  const paid = await payout('paid', {});
  await post('payout_paid', paid, [
    [escrow, -300],
    [bank, 300],
  ]);
  const rejected = await payout('rejected', { ...open, status: 'failed' });
  await post('payout_return', rejected, [
    [escrow, -300],
    [earnings, 300],
  ]);
  const leftTip = await pay({ payerId, payeeId: gone.id, amount: 500 });
  await post('tip', leftTip, [
    [wallet, -500],
    [left, 500],
  ]);
  await post('forfeit', null, [
    [left, -50],
    [of('forfeited'), 50],
  ]);
  made = { topUp: topUpId, failedTopUp, tip: tipId, refundedTip, tipRefund, ticket, payout: paid, rejected };
});

describe('a sound ledger', () => {
  it('audit_ledger: finds nothing, before and after folding, and counts the entries', async () => {
    expect(await db.$count(payments)).toBeGreaterThan(15);
    const entryCount = Number((await run('select count(*)::int as count from ledger_entries'))[0]?.count);
    expect(await audit()).toEqual({ entryCount, breakCount: 0, breaks: [] });
    await run('select fold_ledger(null, 5000)');
    expect(await audit()).toEqual({ entryCount, breakCount: 0, breaks: [] });
    expect(await brokenBy()).toEqual([]);
  });

  it('may have forfeited what came for a user who is gone, and nobody else’s', async () => {
    const goneId = await model.addUser({ role: 'performer' });
    const forfeited = of('forfeited');
    const late = await pay({ type: 'top_up', payeeId: goneId, amount: 70 });
    await post('top_up', late, [
      [forfeited, 70],
      [card, -70],
    ]);
    expect(invariantsOf((await audit()).breaks)).toEqual(['entries_agree']);
    const { username, email, passwordHash, deletedAt } = deletedUserRow();
    const gone = { username, email, passwordHash, deletedAt };
    await db.update(users).set(gone).where(eq(users.id, goneId));
    expect((await audit()).breaks).toEqual([]);
  });

  it('is nothing at all in an empty database', async () => {
    const empty = await openModel();
    const [row] = await empty.query(
      sql`select entry_count::int as entries, break_count, breaks from audit_ledger()`,
    );
    await empty.close();
    expect(row).toEqual({ entries: 0, break_count: 0, breaks: [] });
  });
});

describe('reports as broken', () => {
  const transactionOf = (paymentId: string, kind = 'tip') =>
    `(select id from ledger_transactions where payment_id = '${paymentId}' and kind = '${kind}')`;
  /** A forfeit of `amount` that agrees with its accounts, whatever else is wrong with it. */
  const forfeit = `insert into ledger_transactions (id, kind) overriding system value values (900001, 'forfeit')`;
  const entry = (transaction: string, account: string, amount: number) =>
    `insert into ledger_entries (transaction_id, account_id, amount) values (${transaction}, ${account}, ${amount})`;
  const add = (account: string, amount: number) =>
    `update ledger_accounts set balance = balance + ${amount} where id = ${account}`;

  it('zero_sum, when a transaction makes money', async () => {
    const breaks = await brokenBy(
      forfeit,
      entry('900001', of('forfeited'), 5),
      entry('900001', left, -4),
      add(of('forfeited'), 5),
      add(left, -4),
    );
    const detail = 'its entries add up to 1';
    expect(breaks).toEqual([{ invariant: 'zero_sum', subject: 'transaction 900001', detail }]);
  });

  it('two_sides, when a transaction is empty', async () => {
    expect(invariantsOf(await brokenBy(forfeit))).toEqual(['two_sides']);
  });

  it('transaction_exists, when entries belong to no transaction', async () => {
    const breaks = await brokenBy(
      entry('900002', of('forfeited'), 5),
      entry('900002', earnings, -5),
      add(of('forfeited'), 5),
      add(earnings, -5),
    );
    expect(invariantsOf(breaks)).toEqual(['transaction_exists']);
  });

  it('account_exists, when money is in no account', async () => {
    const entries = [entry('900001', '900003', 5), entry('900001', left, -5), add(left, -5)];
    expect(invariantsOf(await brokenBy(forfeit, ...entries))).toEqual(['account_exists']);
  });

  it('balance, when an account holds other than what was entered', async () => {
    const breaks = await brokenBy(add(revenue, 1));
    expect(invariantsOf(breaks)).toEqual(['balance']);
    expect(breaks[0]?.subject).toMatch(/^revenue account \d+$/);
  });

  it('pending_entry, when something else waits than was entered', async () => {
    await tip();
    const shift = `update ledger_pending set amount = amount + 1 where account_id = ${earnings}`;
    expect(invariantsOf(await brokenBy(shift, add(earnings, -1)))).toEqual(['pending_entry']);
    await run('select fold_ledger(null, 5000)');
  });

  it('not_negative, when somebody has spent what was not there', async () => {
    const { id: poor } = deletedUserRow();
    await db.insert(users).values(deletedUserRow({ id: poor }));
    const breaks = await brokenBy(
      `alter table ledger_accounts drop constraint ledger_accounts_balance_within_bounds`,
      forfeit,
      entry('900001', of('earnings', poor), -5),
      entry('900001', of('forfeited'), 5),
      add(of('earnings', poor), -5),
      add(of('forfeited'), 5),
    );
    expect(invariantsOf(breaks)).toEqual(['not_negative']);
  });

  it('wallet_history, when a wallet is told to have held something else', async () => {
    const last = `select max(transaction_id) from ledger_entries where account_id = ${wallet}`;
    const breaks = await brokenBy(
      `update ledger_entries set balance_after = balance_after + 1
        where account_id = ${wallet} and transaction_id = (${last})`,
    );
    expect(invariantsOf(breaks)).toEqual(['wallet_history']);
    expect(breaks).toHaveLength(1);
  });

  it('payment_posted, when a payment moved nothing', async () => {
    const breaks = await brokenBy(
      `update payments set status = 'completed', completed_at = now() where id = '${made.failedTopUp}'`,
    );
    expect(breaks).toEqual([
      {
        invariant: 'payment_posted',
        subject: `payment ${made.failedTopUp}`,
        detail: 'it is a top_up that is completed, without its transaction top_up',
      },
    ]);
  });

  it('posting_founded, when money moved for a payment that is not done', async () => {
    const undone = `update payments set status = 'pending', completed_at = null where id = '${made.topUp}'`;
    expect(invariantsOf(await brokenBy(undone))).toEqual(['posting_founded']);
    const gone = `delete from payments where id = '${made.topUp}'`;
    expect(invariantsOf(await brokenBy(gone))).toContain('posting_founded');
  });

  it('entries_agree, when another amount moved, to somebody else, or from the wrong kind of account', async () => {
    const move = (from: string, to: string, amount: number, transaction: string) => [
      `update ledger_entries set amount = amount - ${amount} where account_id = ${from} and transaction_id = ${transaction}`,
      `update ledger_entries set amount = amount + ${amount} where account_id = ${to} and transaction_id = ${transaction}`,
      add(from, -amount),
      add(to, amount),
    ];
    const fee = await brokenBy(...move(revenue, earnings, 50, transactionOf(made.tip)));
    expect(invariantsOf(fee)).toEqual(['entries_agree']);
    expect(fee.map(({ detail }) => detail).sort()).toEqual([
      'beyond what it is for, it moves -50 USD into revenue',
      `beyond what it is for, it moves 50 USD into earnings of ${payeeId}`,
    ]);

    const stranger = of('earnings', await model.addUser());
    const stolen = await brokenBy(
      `update ledger_entries set account_id = ${stranger}
        where account_id = ${earnings} and transaction_id = ${transactionOf(made.tip)}`,
      add(earnings, -400),
      add(stranger, 400),
    );
    expect(invariantsOf(stolen)).toEqual(['entries_agree']);

    const release = `(select id from ledger_transactions where stream_id = '${show}')`;
    expect(invariantsOf(await brokenBy(...move(revenue, earnings, 1, release)))).toEqual(['entries_agree']);

    const give = (from: string, amount: number) => [
      forfeit,
      entry('900001', from, -amount),
      entry('900001', of('forfeited'), amount),
      add(from, -amount),
      add(of('forfeited'), amount),
    ];
    expect(await brokenBy(...give(left, 5))).toEqual([]);
    expect(invariantsOf(await brokenBy(...give(left, -5)))).toEqual(['entries_agree']);
    expect(invariantsOf(await brokenBy(...give(earnings, 5)))).toEqual(['entries_agree']);
  });

  it('nothing, when what moved wrongly is put right by a correction, and entries_agree when that is wrong too', async () => {
    const wrong = [
      `update ledger_entries set amount = amount - 50 where account_id = ${revenue} and transaction_id = ${transactionOf(made.tip)}`,
      `update ledger_entries set amount = amount + 50 where account_id = ${earnings} and transaction_id = ${transactionOf(made.tip)}`,
      add(revenue, -50),
      add(earnings, 50),
    ];
    const correct = (amount: number) =>
      `select post_transaction('correction', '${made.tip}', null, array[${earnings}, ${revenue}],
        array[-${amount}, ${amount}]::bigint[], now())`;
    expect(await brokenBy(...wrong, correct(50))).toEqual([]);
    expect(invariantsOf(await brokenBy(...wrong, correct(49)))).toEqual(['entries_agree']);
    expect(invariantsOf(await brokenBy(correct(50)))).toEqual(['entries_agree']);
  });

  it('nothing, when a correction puts right a later step of its payment, or the release of its show', async () => {
    const swap = (from: string, to: string, transaction: string) => [
      `update ledger_entries set amount = amount - 7 where account_id = ${from} and transaction_id = ${transaction}`,
      `update ledger_entries set amount = amount + 7 where account_id = ${to} and transaction_id = ${transaction}`,
      add(from, -7),
      add(to, 7),
    ];
    const correct = (paymentId: string, from: string, to: string) =>
      `select post_transaction('correction', '${paymentId}', null, array[${from}, ${to}], array[-7, 7]::bigint[], now())`;

    const returned = swap(earnings, escrow, transactionOf(made.rejected, 'payout_return'));
    expect(invariantsOf(await brokenBy(...returned))).toEqual(['entries_agree']);
    expect(await brokenBy(...returned, correct(made.rejected, escrow, earnings))).toEqual([]);

    const released = swap(
      earnings,
      revenue,
      `(select id from ledger_transactions where stream_id = '${show}')`,
    );
    expect(invariantsOf(await brokenBy(...released))).toEqual(['entries_agree']);
    expect(await brokenBy(...released, correct(made.ticket, revenue, earnings))).toEqual([]);
    const elsewhere = correct(made.ticket, revenue, left);
    expect(invariantsOf(await brokenBy(...released, elsewhere))).toEqual(['entries_agree']);
  });

  it('refund_agrees, when a refund and what it gives back tell different stories', async () => {
    const kept = `update payments set status = 'completed' where id = '${made.refundedTip}'`;
    expect(invariantsOf(await brokenBy(kept))).toEqual(['refund_agrees']);
    const given = `update payments set status = 'refunded' where id = '${made.tip}'`;
    expect(await brokenBy(given)).toEqual([
      {
        invariant: 'refund_agrees',
        subject: `payment ${made.tip}`,
        detail: 'it is refunded, without a refund',
      },
    ]);
    const half = `update payments set amount = 250 where id = '${made.tipRefund}'`;
    expect(invariantsOf(await brokenBy(half))).toEqual(['refund_agrees']);
    const elsewhere = `update payments set payee_id = null where id = '${made.tipRefund}'`;
    expect(invariantsOf(await brokenBy(elsewhere))).toEqual(['refund_agrees']);
  });

  it('payout_agrees, when a payout and its payment tell different stories', async () => {
    const approved = `update payouts set status = 'approved', paid_at = null where payment_id = '${made.payout}'`;
    expect(invariantsOf(await brokenBy(approved))).toEqual(['payout_agrees']);
    const missing = `delete from payouts where payment_id = '${made.rejected}'`;
    expect(await brokenBy(missing)).toEqual([
      {
        invariant: 'payout_agrees',
        subject: `payment ${made.rejected}`,
        detail: 'it is failed, and its payout is missing',
      },
    ]);
    const other = `insert into payouts (payment_id) values ('${made.tip}')`;
    expect(invariantsOf(await brokenBy(other))).toEqual(['payout_agrees']);
  });

  it('show_settled, when the tickets of a show stay behind', async () => {
    const unsettled = await addShow();
    const other = await model.addUser();
    const id = uuidv7();
    const tickets = of('tickets', undefined, unsettled);
    const sold = [
      `insert into payments (id, type, status, payer_id, payee_id, stream_id, amount, created_at, completed_at)
        values ('${id}', 'private_show', 'completed', '${payerId}', '${other}', '${unsettled}', 100, now(), now())`,
      `select post_transaction('private_show', '${id}', null, array[${wallet}, ${tickets}], array[-100, 100]::bigint[], now())`,
    ];
    const breaks = await brokenBy(...sold);
    const detail = 'it is settled, and its tickets account holds 100';
    expect(breaks).toEqual([{ invariant: 'show_settled', subject: `stream ${unsettled}`, detail }]);
    await db.insert(openShows).values({ streamId: unsettled });
    expect(await brokenBy(...sold)).toEqual([]);
  });

  it('a hundred of many, and how many they are', async () => {
    await model.query(
      sql`insert into ledger_transactions (kind) select 'forfeit' from generate_series(1, 130)`,
    );
    const { breakCount, breaks } = await audit();
    expect([breakCount, breaks.length]).toEqual([130, 100]);
  });
});
