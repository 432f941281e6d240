import { eq, sql } from 'drizzle-orm';
import { afterAll, describe, expect, it } from 'vitest';
import { openModel, refusalOf } from '../../server/test/model.js';
import { aMoment, paymentRow } from '../../server/test/rows.js';
import {
  ledgerAccounts,
  ledgerEntries,
  ledgerPending,
  ledgerTransactions,
  ledgerUnbalanced,
  payments,
  users,
} from './index.js';

const model = await openModel();
const { db } = model;
afterAll(model.close);

const unknown = '019b76f2-7a6e-7c3a-9d53-2f1f0a6b8c11';
const enumOf = (name: string) =>
  model.query(sql`select enum_range(null::${sql.raw(name)})::text as values`).then(([row]) => row?.values);
const addPayment = async (): Promise<string> => {
  const row = paymentRow({ payeeId: await model.addUser() });
  await db.insert(payments).values(row);
  return row.id;
};

describe('ledger_accounts', () => {
  type Row = typeof ledgerAccounts.$inferInsert;
  const insert = (row: Omit<Row, 'currency'> & { currency?: string }) =>
    refusalOf(db.insert(ledgerAccounts).values({ currency: 'USD', ...row }));

  it('may be null only where the kind has no such owner', async () => {
    const nullable = ['owner_id', 'provider', 'stream_id'];
    expect(await model.nullableColumns('ledger_accounts')).toEqual(nullable);
  });

  it('ledger_account_kind: has these kinds', async () => {
    expect(await enumOf('ledger_account_kind')).toBe(
      '{wallet,earnings,tickets,payouts,revenue,forfeited,clearing}',
    );
  });

  it('ledger_accounts_pkey: is numbered by the database, and starts empty', async () => {
    const [made] = await db
      .insert(ledgerAccounts)
      .values({ kind: 'wallet', ownerId: await model.addUser(), currency: 'USD' })
      .returning();
    expect(made).toMatchObject({ id: expect.any(Number), balance: 0, streamId: null, provider: null });
    const again = sql`insert into ledger_accounts (id, kind, provider, currency) overriding system value
      values (${made?.id ?? 0}, 'clearing', 'another', 'USD')`;
    expect(await refusalOf(model.query(again))).toBe('ledger_accounts_pkey');
  });

  it('ledger_accounts_owner_key: one of each kind a user and currency', async () => {
    const ownerId = await model.addUser();
    expect(await insert({ kind: 'wallet', ownerId })).toBe('accepted');
    expect(await insert({ kind: 'earnings', ownerId })).toBe('accepted');
    expect(await insert({ kind: 'wallet', ownerId, currency: 'EUR' })).toBe('accepted');
    expect(await insert({ kind: 'wallet', ownerId })).toBe('ledger_accounts_owner_key');
  });

  it('ledger_accounts_stream_key: one a show and currency', async () => {
    const streamId = await model.addStream();
    expect(await insert({ kind: 'tickets', streamId })).toBe('accepted');
    expect(await insert({ kind: 'tickets', streamId })).toBe('ledger_accounts_stream_key');
  });

  it('ledger_accounts_platform_key: one of each kind, provider and currency', async () => {
    expect(await insert({ kind: 'revenue' })).toBe('accepted');
    expect(await insert({ kind: 'revenue' })).toBe('ledger_accounts_platform_key');
    expect(await insert({ kind: 'clearing', provider: 'one' })).toBe('accepted');
    expect(await insert({ kind: 'clearing', provider: 'two' })).toBe('accepted');
    expect(await insert({ kind: 'clearing', provider: 'one' })).toBe('ledger_accounts_platform_key');
  });

  it('ledger_accounts_kind_has_owner: a user, a show, a provider or nobody, as the kind says', async () => {
    const ownerId = await model.addUser();
    const streamId = await model.addStream();
    const refused: Omit<Row, 'currency'>[] = [
      { kind: 'wallet' },
      { kind: 'earnings', streamId },
      { kind: 'wallet', ownerId, streamId },
      { kind: 'tickets', ownerId },
      { kind: 'tickets' },
      { kind: 'clearing' },
      { kind: 'clearing', provider: 'one', ownerId },
      { kind: 'payouts', ownerId },
      { kind: 'revenue', provider: 'one' },
      { kind: 'forfeited', streamId },
    ];
    for (const row of refused) expect(await insert(row)).toBe('ledger_accounts_kind_has_owner');

    const [wallet] = await db
      .insert(ledgerAccounts)
      .values({ kind: 'wallet', ownerId, currency: 'XTS' })
      .returning();
    for (const change of [
      { ownerId: null },
      { streamId },
      { provider: 'one' },
      { kind: 'tickets' as const },
    ]) {
      const changing = db
        .update(ledgerAccounts)
        .set(change)
        .where(eq(ledgerAccounts.id, wallet?.id ?? 0));
      expect(await refusalOf(changing)).toBe('ledger_accounts_kind_has_owner');
    }
  });

  it('ledger_accounts_balance_within_bounds: what people hold is never below nothing', async () => {
    const max = Number.MAX_SAFE_INTEGER;
    const held = async (balance: number) =>
      insert({ kind: 'wallet', ownerId: await model.addUser(), balance });
    expect([await held(0), await held(max)]).toEqual(['accepted', 'accepted']);
    expect(await held(-1)).toBe('ledger_accounts_balance_within_bounds');
    for (const kind of ['earnings', 'tickets'] as const) {
      const owner =
        kind === 'tickets' ? { streamId: await model.addStream() } : { ownerId: await model.addUser() };
      expect(await insert({ kind, ...owner, balance: -1 })).toBe('ledger_accounts_balance_within_bounds');
    }
    const beyond = sql`insert into ledger_accounts (kind, provider, currency, balance)
      values ('clearing', 'far', 'USD', ${String(max)}::bigint * -1 - 1)`;
    expect(await refusalOf(model.query(beyond))).toBe('ledger_accounts_balance_within_bounds');
    expect(await insert({ kind: 'clearing', provider: 'far', balance: -max })).toBe('accepted');
  });

  it('ledger_accounts_owner_id_users_id_fk: whoever has an account stays', async () => {
    expect(await insert({ kind: 'wallet', ownerId: unknown })).toBe('ledger_accounts_owner_id_users_id_fk');
    const ownerId = await model.addUser();
    await insert({ kind: 'wallet', ownerId });
    const removal = refusalOf(db.delete(users).where(eq(users.id, ownerId)));
    expect(await removal).toBe('ledger_accounts_owner_id_users_id_fk');
  });

  it('ledger_accounts_stream_id_streams_id_fk: of a show that exists', async () => {
    const outcome = await insert({ kind: 'tickets', streamId: unknown });
    expect(outcome).toBe('ledger_accounts_stream_id_streams_id_fk');
  });
});

describe('ledger_transactions', () => {
  type Row = typeof ledgerTransactions.$inferInsert;
  const insert = (row: Row) => refusalOf(db.insert(ledgerTransactions).values(row));

  it('may be null only where the kind has no such subject', async () => {
    expect(await model.nullableColumns('ledger_transactions')).toEqual(['payment_id', 'stream_id']);
  });

  it('ledger_transaction_kind: has these kinds', async () => {
    expect(await enumOf('ledger_transaction_kind')).toBe(
      '{tip,top_up,private_show,refund,payout,payout_return,payout_paid,release,forfeit,correction}',
    );
  });

  it('ledger_transactions_pkey: is numbered by the database', async () => {
    const [made] = await db.insert(ledgerTransactions).values({ kind: 'forfeit' }).returning();
    const again = sql`insert into ledger_transactions (id, kind) overriding system value
      values (${made?.id ?? 0}, 'forfeit')`;
    expect(await refusalOf(model.query(again))).toBe('ledger_transactions_pkey');
  });

  it('ledger_transactions_payment_key: a payment is posted once in each way', async () => {
    const paymentId = await addPayment();
    expect(await insert({ kind: 'payout', paymentId })).toBe('accepted');
    expect(await insert({ kind: 'payout_paid', paymentId })).toBe('accepted');
    expect(await insert({ kind: 'payout', paymentId })).toBe('ledger_transactions_payment_key');
  });

  it('ledger_transactions_stream_key: the tickets of a show are released once', async () => {
    const streamId = await model.addStream();
    expect(await insert({ kind: 'release', streamId })).toBe('accepted');
    expect(await insert({ kind: 'release', streamId })).toBe('ledger_transactions_stream_key');
  });

  it('ledger_transactions_kind_has_subject: a payment, a show or nothing, as the kind says', async () => {
    const paymentId = await addPayment();
    const streamId = await model.addStream();
    const refused: Row[] = [
      { kind: 'tip' },
      { kind: 'tip', streamId },
      { kind: 'tip', paymentId, streamId },
      { kind: 'release' },
      { kind: 'release', paymentId },
      { kind: 'forfeit', paymentId },
      { kind: 'forfeit', streamId },
      { kind: 'correction' },
    ];
    for (const row of refused) expect(await insert(row)).toBe('ledger_transactions_kind_has_subject');
  });

  it('ledger_transactions_stream_id_streams_id_fk: for a show that exists', async () => {
    const outcome = await insert({ kind: 'release', streamId: unknown });
    expect(outcome).toBe('ledger_transactions_stream_id_streams_id_fk');
  });

  it('ledger_transactions_append_only: what happened stays', async () => {
    const [made] = await db.insert(ledgerTransactions).values({ kind: 'forfeit' }).returning();
    const it = eq(ledgerTransactions.id, made?.id ?? 0);
    const attempts = [
      () => db.update(ledgerTransactions).set({ createdAt: aMoment }).where(it),
      () => db.delete(ledgerTransactions).where(it),
      () => model.query(sql`truncate ledger_transactions`),
    ];
    for (const attempt of attempts) {
      expect(await refusalOf(attempt())).toBe('ledger_transactions_append_only');
    }
  });
});

describe('ledger_entries', () => {
  /** Entries of one transaction, written by one statement, which is a transaction of the database too. */
  const post = (transactionId: number, entries: [accountId: number, amount: number][]) =>
    refusalOf(
      db
        .insert(ledgerEntries)
        .values(entries.map(([accountId, amount]) => ({ transactionId, accountId, amount }))),
    );

  it('may be null only where an account is folded later', async () => {
    expect(await model.nullableColumns('ledger_entries')).toEqual(['balance_after']);
  });

  it('ledger_entries_pkey: a transaction changes an account once', async () => {
    expect(
      await post(1001, [
        [1, 5],
        [1, -5],
      ]),
    ).toBe('ledger_entries_pkey');
  });

  it('ledger_entries_amount_not_zero: something moves', async () => {
    expect(await post(1002, [[1, 0]])).toBe('ledger_entries_amount_not_zero');
  });

  it('ledger_entries_sum_to_zero: nothing is made and nothing is lost', async () => {
    expect(
      await post(1003, [
        [1, 5],
        [2, -3],
        [3, -2],
      ]),
    ).toBe('accepted');
    expect(await post(1004, [[1, 5]])).toBe('ledger_entries_sum_to_zero');
    expect(
      await post(1004, [
        [1, 5],
        [2, -4],
      ]),
    ).toBe('ledger_entries_sum_to_zero');
    // Nor may anything be added to a transaction that balances.
    expect(await post(1003, [[4, 1]])).toBe('ledger_entries_sum_to_zero');
  });

  it('ledger_entries_note_unbalanced: may be written one by one, if they sum to zero in the end', async () => {
    const write = (amounts: number[]) =>
      refusalOf(
        db.transaction(async (transaction) => {
          for (const [index, amount] of amounts.entries()) {
            await transaction.insert(ledgerEntries).values({ transactionId: 1006, accountId: index, amount });
          }
        }),
      );
    expect(await write([5, -3, -1])).toBe('ledger_entries_sum_to_zero');
    expect(await write([5, -3, -2])).toBe('accepted');
    expect(await db.$count(ledgerUnbalanced)).toBe(0);
    const hidden = db.transaction(async (transaction) => {
      await transaction.execute(
        sql`create temporary table ledger_unbalanced (transaction_id bigint) on commit drop`,
      );
      await transaction.execute(sql`
        insert into public.ledger_entries (transaction_id, account_id, amount) values (1008, 1, 5)`);
    });
    expect(await refusalOf(hidden)).toBe('ledger_entries_sum_to_zero');
    expect(await model.nullableColumns('ledger_unbalanced')).toEqual([]);
  });

  it('are summed up by their transaction alone, though a scan of so few would be quicker', async () => {
    await model.query(sql`analyze ledger_entries`);
    const scans = await db.transaction(async (transaction) => {
      for (const amount of [5, -5]) {
        await transaction
          .insert(ledgerEntries)
          .values({ transactionId: 1007, accountId: amount + 10, amount });
      }
      await transaction.execute(sql`set constraints all immediate`);
      return transaction.execute(
        sql`select seq_scan::int from pg_stat_xact_user_tables where relname = 'ledger_entries'`,
      );
    });
    expect([...scans]).toEqual([{ seq_scan: 0 }]);
  });

  it('ledger_entries_append_only: what moved stays moved', async () => {
    await post(1005, [
      [1, 5],
      [2, -5],
    ]);
    const its = eq(ledgerEntries.transactionId, 1005);
    const attempts = [
      () => db.update(ledgerEntries).set({ amount: 6 }).where(its),
      () => db.delete(ledgerEntries).where(its),
      () => model.query(sql`truncate ledger_entries`),
    ];
    for (const attempt of attempts) expect(await refusalOf(attempt())).toBe('ledger_entries_append_only');
  });
});

it('ledger_pending_pkey: an entry waits once', async () => {
  const waiting = { accountId: 1, transactionId: 1, amount: 5 };
  const insert = () => refusalOf(db.insert(ledgerPending).values(waiting));
  expect([await insert(), await insert()]).toEqual(['accepted', 'ledger_pending_pkey']);
});
