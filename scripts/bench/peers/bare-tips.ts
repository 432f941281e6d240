import { createServer } from 'node:http';
import postgres from 'postgres';
import { v7 as uuidv7 } from 'uuid';
import { loadConfig, readEnvironment } from '../../../server/dist/config.js';
import { connectionOptions } from '../../../server/dist/platform/database.js';
import type { Work } from '../stored.js';
import type { TipRun } from '../tip-run.js';

/** Sends tips by bare statements, one a call, told what to do by HTTP. */
const config = loadConfig(readEnvironment(), () => {
  throw new Error('The environment has no secrets.');
});
const sql = postgres(config.database.url ?? '', { ...connectionOptions, max: config.database.poolMax });

type Tip = TipRun['tips'][number] & Pick<TipRun, 'amount' | 'feeBasisPoints'>;

/** The function of ours and nothing else. */
const byFunction = async (tip: Tip): Promise<void> => {
  const { payerId, payeeId, streamId, amount, feeBasisPoints } = tip;
  const performerId = streamId === null ? payeeId : null;
  const sentAt = new Date().toISOString();
  const [answer] = await sql`
    select outcome, payment_id, payee, fee, paid_time::text, balance, retry_after_ms
    from send_tip(${uuidv7()}::uuid, ${payerId}::uuid, ${streamId}::uuid, ${performerId}::uuid, ${amount}::int, 'Bravo!',
      'bravo!', false, false, 'USD', ${feeBasisPoints}::int, ${uuidv7()}, 'hash', ${sentAt}::text::timestamptz)`;
  if (answer?.outcome !== 'completed') throw new Error(`The tip was refused: ${answer?.outcome}`);
};

/**
 * The same rows by the transaction of the textbook, in eight round trips: both balances are rows, which are locked in the
 * order of their ids and changed. On a connection of its own, as such a transaction has to be.
 */
const byTextbook = async ({ payerId, payeeId, streamId, amount, feeBasisPoints }: Tip): Promise<void> => {
  const own = await sql.reserve();
  const id = uuidv7();
  const fee = Math.floor((amount * feeBasisPoints) / 10_000);
  try {
    await own`begin`;
    const accounts = await own<{ id: string; kind: string; balance: string }[]>`
      select id, kind, balance from ledger_accounts
      where (owner_id = ${payerId}::uuid and kind = 'wallet') or (owner_id = ${payeeId}::uuid and kind = 'earnings')
        or (kind = 'revenue' and owner_id is null)
      order by id for update`;
    const idOf = (kind: string) => accounts.find((account) => account.kind === kind)?.id ?? '';
    const [wallet, earnings, revenue] = [idOf('wallet'), idOf('earnings'), idOf('revenue')];
    if (accounts.length !== 3) throw new Error('An account is missing.');
    await own`
      insert into payments (id, type, status, payer_id, payee_id, stream_id, amount, fee, idempotency_key, request_hash,
        message, completed_at)
      values (${id}::uuid, 'tip', 'completed', ${payerId}::uuid, ${payeeId}::uuid, ${streamId}::uuid, ${amount}::int,
        ${fee}::int, ${id}, 'hash', 'Bravo!', now())`;
    const [posted] = await own<{ id: string }[]>`
      insert into ledger_transactions (kind, payment_id) values ('tip', ${id}::uuid) returning id`;
    const [payer] = await own<{ balance: string }[]>`
      update ledger_accounts set balance = balance - ${amount}::bigint where id = ${wallet}::bigint returning balance`;
    await own`
      update ledger_accounts
      set balance = balance + case kind when 'earnings' then ${amount - fee}::bigint else ${fee}::bigint end
      where id in (${earnings}::bigint, ${revenue}::bigint)`;
    await own`
      insert into ledger_entries (transaction_id, account_id, amount, balance_after) values
        (${posted?.id ?? ''}::bigint, ${wallet}::bigint, ${-amount}::bigint, ${payer?.balance ?? ''}::bigint),
        (${posted?.id ?? ''}::bigint, ${earnings}::bigint, ${amount - fee}::bigint, null),
        (${posted?.id ?? ''}::bigint, ${revenue}::bigint, ${fee}::bigint, null)`;
    await own`commit`;
  } catch (error) {
    await own`rollback`;
    throw error;
  } finally {
    own.release();
  }
};

const run = async ({ statement, tips, amount, feeBasisPoints, seconds }: TipRun): Promise<Work> => {
  const send = statement === 'function' ? byFunction : byTextbook;
  let stored = 0;
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;
  await Promise.all(
    tips.map(async (tip) => {
      while (performance.now() < endsAt) {
        await send({ ...tip, amount, feeBasisPoints });
        stored += 1;
      }
    }),
  );
  return { stored, seconds: (performance.now() - startedAt) / 1000 };
};

createServer((request, response) => {
  if (request.method !== 'POST') {
    response.writeHead(204).end();
    return;
  }
  request
    .toArray()
    .then((chunks) => run(JSON.parse(Buffer.concat(chunks).toString())))
    .then((tipped) => response.writeHead(200).end(JSON.stringify(tipped)))
    .catch((error: Error) => response.writeHead(500).end(error.stack));
}).listen(config.port, config.host);
