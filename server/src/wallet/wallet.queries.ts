import type { Wallet } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { BigintColumn, type Database, preparedSql } from '../platform/database.js';

const $ = sql.placeholder;

/** What users hold in a currency; a user without an account holds nothing. */
const holdings = sql`from users
  left join ledger_accounts as wallet
    on wallet.owner_id = users.id and wallet.kind = 'wallet' and wallet.currency = ${$('currency')}::char(3)
  left join ledger_accounts as earnings
    on earnings.owner_id = users.id and earnings.kind = 'earnings' and earnings.currency = ${$('currency')}::char(3)
  cross join lateral (
    select coalesce(wallet.balance, 0) as balance,
      coalesce(earnings.balance, 0) + (
        select coalesce(sum(amount), 0) from ledger_pending where account_id = earnings.id
      ) as earned,
      case when earnings.id is null then 0 else (
        select coalesce(sum(payments.amount), 0) from payouts join payments on payments.id = payouts.payment_id
        where payments.payer_id = users.id and payments.currency = ${$('currency')}::char(3)
          and payouts.status in ('requested', 'approved')
      ) end as asked_for
  ) as held`;

/** Whatever a wallet shows, apart from what time alone changes, as one text. */
const standing = sql`concat_ws(' ', held.balance, held.earned, held.asked_for) as standing`;

const WalletRow = z.object({
  standing: z.string(),
  balance: BigintColumn,
  isEarner: z.boolean(),
  earned: BigintColumn,
  available: BigintColumn,
  askedFor: BigintColumn,
});

const readWalletStatement = preparedSql(
  'wallet_read',
  WalletRow,
  sql`select ${standing}, held.balance, users.role = 'performer' or earnings.id is not null as "isEarner", held.earned,
      coalesce(available_earnings(earnings.id, ${$('holdDays')}::int, ${$('now')}::timestamptz), 0) as available,
      held.asked_for as "askedFor"
    ${holdings} where users.id = ${$('userId')}::uuid`,
);

export type ReadWallet = { wallet: Wallet; standing: string };

/** A user's wallet, with what tells whether it has changed. */
export const readWallet = async (
  database: Database,
  of: { userId: string; currency: string; holdDays: number; now: string },
): Promise<ReadWallet> => {
  const [row] = await readWalletStatement(database, of);
  const { currency } = of;
  if (!row) return { wallet: { balance: 0, currency }, standing: '' };
  const earnings = { balance: row.earned, available: row.available, pendingPayouts: row.askedFor };
  const wallet = { balance: row.balance, currency, ...(row.isEarner && { earnings }) };
  return { wallet, standing: row.standing };
};

const listStandingsStatement = preparedSql(
  'wallet_list_standings',
  z.object({ userId: z.string(), standing: z.string() }),
  sql`select users.id as "userId", ${standing} ${holdings} where users.id = any(${$('userIds')}::text::uuid[])`,
);

/** As {@link readWallet} tells it, for many users at once. */
export const listStandings = (database: Database, of: { userIds: readonly string[]; currency: string }) =>
  listStandingsStatement(database, { userIds: `{${of.userIds.join(',')}}`, currency: of.currency });
