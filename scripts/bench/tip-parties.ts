import type { SignedIn, Stream } from '@versbottomlex/shared';
import type postgres from 'postgres';
import { v7 as uuidv7 } from 'uuid';
import type { BenchServer } from './bench-server.js';
import { signUp } from './sign-up.js';

export type Payer = { payerId: string; accessToken: string };
export type Payee = { payeeId: string; streamId: string };

/** As much as one top-up may be, in minor units. */
const WALLET = 100_000_000;

/** Fills the wallet by what a top-up writes, so that the ledger stays in balance. */
const fillWallet = async (sql: postgres.Sql, userId: string): Promise<void> => {
  const paymentId = uuidv7();
  await sql`
    with paid as (
      insert into payments (id, type, status, payee_id, amount, completed_at)
      values (${paymentId}::uuid, 'top_up', 'completed', ${userId}::uuid, ${WALLET}::int, now()) returning id
    )
    select post_transaction('top_up', id, null,
      array[ledger_account('clearing', null, null, 'bench', 'USD'), ledger_account('wallet', ${userId}::uuid, null, null, 'USD')],
      array[-${WALLET}::bigint, ${WALLET}::bigint], now())
    from paid`;
};

/** New accounts with money. */
export const createPayers = (server: BenchServer, sql: postgres.Sql, name: string, count: number) =>
  Promise.all(
    Array.from({ length: count }, async (_, index): Promise<Payer> => {
      const { user, accessToken } = await signUp(server, `bench_${name}_${index}`);
      await fillWallet(sql, user.id);
      return { payerId: user.id, accessToken };
    }),
  );

/** A new performer with a public live stream, and the accounts that tips go into. */
export const createPayee = async (server: BenchServer, sql: postgres.Sql, name: string): Promise<Payee> => {
  const { user, accessToken }: SignedIn = await signUp(server, `bench_${name}`);
  const response = await fetch(`${server.url}/api/streams`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${accessToken}` },
    body: JSON.stringify({ title: 'An evening of benchmarks' }),
  });
  if (response.status !== 201) throw new Error(`Creating a stream answered ${response.status}.`);
  await sql`
    select ledger_account('earnings', ${user.id}::uuid, null, null, 'USD'),
      ledger_account('revenue', null, null, null, 'USD')`;
  return { payeeId: user.id, streamId: ((await response.json()) as Stream).id };
};
