import { sql } from 'drizzle-orm';
import {
  bigint,
  char,
  check,
  index,
  pgEnum,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { createdAt } from './columns.js';
import { streams } from './streams.js';
import { users } from './users.js';

/**
 * `wallet`: what a user may spend. `earnings`: what a performer may have paid out. `tickets`: what a private show took,
 * until it has taken place. `payouts`: asked for and not yet paid. `revenue`: the platform's fees. `forfeited`: given up
 * with an account. `clearing`: what a provider holds for us, as a negative balance.
 */
export const ledgerAccountKind = pgEnum('ledger_account_kind', [
  'wallet',
  'earnings',
  'tickets',
  'payouts',
  'revenue',
  'forfeited',
  'clearing',
]);

/**
 * Where money is, one account an owner, kind and currency. Made by `ledger_account` when it is first needed. The trigger
 * `ledger_accounts_kind_has_owner` holds whose which kind is.
 */
export const ledgerAccounts = pgTable(
  'ledger_accounts',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    kind: ledgerAccountKind('kind').notNull(),
    /** Whose wallet or earnings. */
    ownerId: uuid('owner_id').references(() => users.id, { onDelete: 'restrict' }),
    /** Which show's tickets. */
    streamId: uuid('stream_id').references(() => streams.id, { onDelete: 'restrict' }),
    /** Which provider's clearing. */
    provider: text('provider'),
    currency: char('currency', { length: 3 }).notNull(),
    /** The sum of the account's entries, less those that are still in `ledger_pending`. */
    balance: bigint('balance', { mode: 'number' }).notNull().default(0),
  },
  (table) => [
    uniqueIndex('ledger_accounts_owner_key')
      .on(table.ownerId, table.kind, table.currency)
      .where(sql`owner_id is not null`),
    uniqueIndex('ledger_accounts_stream_key')
      .on(table.streamId, table.currency)
      .where(sql`stream_id is not null`),
    uniqueIndex('ledger_accounts_platform_key')
      .on(table.kind, sql`coalesce(provider, '')`, table.currency)
      .where(sql`owner_id is null and stream_id is null`),
    // Nobody spends what is not there, whichever code asks. Below what a JSON number holds exactly.
    check(
      'ledger_accounts_balance_within_bounds',
      sql`abs(${table.balance}) <= 9007199254740991
        and (${table.balance} >= 0 or num_nonnulls(${table.ownerId}, ${table.streamId}) = 0)`,
    ),
  ],
);

export const ledgerTransactionKind = pgEnum('ledger_transaction_kind', [
  'tip',
  'top_up',
  'private_show',
  'refund',
  'payout',
  'payout_return',
  'payout_paid',
  'release',
  'forfeit',
  'correction',
]);

/**
 * Movements of money, each whole or not at all: of a payment, of a show (`release`), or of neither (`forfeit`).
 * Append-only, held by triggers.
 */
export const ledgerTransactions = pgTable(
  'ledger_transactions',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    kind: ledgerTransactionKind('kind').notNull(),
    /** Payments are never removed. */
    paymentId: uuid('payment_id'),
    /** Of `release`: the show whose tickets go to its performer. */
    streamId: uuid('stream_id').references(() => streams.id, { onDelete: 'restrict' }),
    createdAt: createdAt(),
  },
  (table) => [
    // Whatever is retried, money moves once for a payment, and once for a show.
    uniqueIndex('ledger_transactions_payment_key')
      .on(table.paymentId, table.kind)
      .where(sql`payment_id is not null`),
    uniqueIndex('ledger_transactions_stream_key').on(table.streamId).where(sql`stream_id is not null`),
  ],
);

/**
 * What a transaction adds to each account, in minor units; those of a transaction sum to zero when it commits, which
 * `ledger_unbalanced` holds. Append-only, held by triggers. Accounts and transactions are never
 * removed, so that no foreign key has to lock the account of a performer for every tip; the auditor looks instead.
 */
export const ledgerEntries = pgTable(
  'ledger_entries',
  {
    transactionId: bigint('transaction_id', { mode: 'number' }).notNull(),
    accountId: bigint('account_id', { mode: 'number' }).notNull(),
    amount: bigint('amount', { mode: 'number' }).notNull(),
    /** Of a wallet, which its owner is told; null for accounts that are folded later. */
    balanceAfter: bigint('balance_after', { mode: 'number' }),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ name: 'ledger_entries_pkey', columns: [table.transactionId, table.accountId] }),
    // What an account received lately, as for the hold of payouts.
    index('ledger_entries_account_idx').on(table.accountId, table.createdAt),
    check('ledger_entries_amount_not_zero', sql`${table.amount} <> 0`),
  ],
);

/**
 * Entries that their account's balance does not hold yet. Adding to the balance of a performer with every tip would make
 * the tips wait for each other; `fold_ledger` moves many at once.
 */
export const ledgerPending = pgTable(
  'ledger_pending',
  {
    accountId: bigint('account_id', { mode: 'number' }).notNull(),
    transactionId: bigint('transaction_id', { mode: 'number' }).notNull(),
    amount: bigint('amount', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ name: 'ledger_pending_pkey', columns: [table.accountId, table.transactionId] })],
);

/**
 * Transactions that a statement has left unbalanced, until the deferred trigger `ledger_entries_sum_to_zero` looks at all
 * their entries when the database transaction commits. Always empty for others.
 */
export const ledgerUnbalanced = pgTable('ledger_unbalanced', {
  transactionId: bigint('transaction_id', { mode: 'number' }).notNull(),
});
