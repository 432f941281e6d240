import { withBench } from './bench.js';
import type { BenchServer } from './bench-server.js';
import { atLeast, report } from './report.js';
import { alternate, medianRatio, readPlan } from './rounds.js';
import { createNumbers, openSender, sendAtOnce } from './senders.js';
import { askPeer, measureStored, ratesOf, storedRow, type Work } from './stored.js';
import { createPayee, createPayers, type Payee, type Payer } from './tip-parties.js';
import type { TipRun } from './tip-run.js';

const CLIENTS = 16;
const AMOUNT = 100;
const FEE_BASIS_POINTS = 2000;
const OVER_BARE_MIN = 0.35;
const OVER_TEXTBOOK_MIN = 3;
const HOT_OVER_SPREAD_MIN = 0.9;

const plan = readPlan();
const next = createNumbers();

const postTips = async (
  server: BenchServer,
  payers: Payer[],
  payeeOf: (index: number) => Payee,
): Promise<Work> => {
  const senders = payers.map(({ accessToken }, index) =>
    openSender(server.url, {
      path: '/api/payments/tip',
      headers: { Authorization: `Bearer ${accessToken}` },
      headersOf: (sequence) => ({ 'Idempotency-Key': `bench-tip-${sequence}` }),
      body: () => JSON.stringify({ streamId: payeeOf(index).streamId, amount: AMOUNT, message: 'Bravo!' }),
    }),
  );
  const startedAt = performance.now();
  const { count } = await sendAtOnce({ senders, next, seconds: plan.seconds, onSend: () => {} });
  const seconds = (performance.now() - startedAt) / 1000;
  for (const sender of senders) sender.close();
  return { stored: count, seconds };
};

await withBench(async ({ database, start }) => {
  // A connection for each client, so that nobody waits for one while another's commit waits for the disk.
  const environment = { DATABASE_POOL_MAX: String(CLIENTS) };
  const server = await start({ name: 'ours', probe: '/health/ready', environment });
  const peer = await start({ name: 'bare statements', probe: '/', peer: ['bare-tips.ts'], environment });
  const payers = await createPayers(server, database.sql, 'payer', CLIENTS);
  const textbookPayers = await createPayers(server, database.sql, 'textbook', CLIENTS);
  const hot = await createPayee(server, database.sql, 'hot');
  const textbookHot = await createPayee(server, database.sql, 'textbook_hot');
  const spread: Payee[] = [];
  for (let index = 0; index < CLIENTS; index += 1) {
    spread.push(await createPayee(server, database.sql, `spread_${index}`));
  }
  const toHot = () => hot;
  const toOwn = (index: number) => spread[index] ?? hot;
  const bare = (
    statement: TipRun['statement'],
    by: Payer[],
    payeeOf: (index: number) => Omit<TipRun['tips'][number], 'payerId'>,
  ) => {
    const tips = by.map(({ payerId }, index) => ({ payerId, ...payeeOf(index) }));
    const run: TipRun = {
      statement,
      tips,
      amount: AMOUNT,
      feeBasisPoints: FEE_BASIS_POINTS,
      seconds: plan.seconds,
    };
    return () => askPeer(peer, run);
  };
  const contenders = [
    { server, work: () => postTips(server, payers, toHot) },
    { server, work: () => postTips(server, payers, toOwn) },
    { server: peer, work: bare('function', payers, toHot) },
    { server: peer, work: bare('function', payers, toOwn) },
    { server: peer, work: bare('function', payers, () => ({ ...hot, streamId: null })) },
    { server: peer, work: bare('textbook', textbookPayers, () => ({ ...textbookHot, streamId: null })) },
  ];
  const results = await alternate(contenders, plan.rounds, (one) => measureStored(one.server, one.work));
  const [
    httpHot = [],
    httpSpread = [],
    functionHot = [],
    functionSpread = [],
    functionOutside = [],
    textbook = [],
  ] = results;

  report(plan, {
    title: 'Tips',
    command: 'npm run bench:tips',
    about: [
      `How many tips can one performer take? ${CLIENTS} viewers tip as soon as their last tip is stored, each with a message and a key, all to one live stream or each to another.`,
      [
        '- *payments.tip*: over REST with a token: session and standing from the database, zod, the statement, and the tip into the log of its stream.',
        '- *bare function*: the same SQL function from a plain Node process with the same pool of postgres.js.',
        '- *textbook*: the same rows by a transaction of eight round trips, which locks and changes both balances; outside any stream, because it has nothing of the log.',
      ].join('\n'),
      `Servers on one core, with ${CLIENTS} connections each; load and database on the other. ${plan.rounds} rounds of ${plan.seconds} s in turn after a warm-up; medians, and ratios within a round. fsync is on.`,
    ],
    packages: ['fastify', '@trpc/server', 'zod', 'postgres'],
    postgresVersion: database.version,
    tables: [
      {
        head: ['', 'tips a second', 'CPU µs a tip', 'core in use'],
        rows: [
          storedRow('payments.tip, one performer', httpHot),
          storedRow(`payments.tip, ${CLIENTS} performers`, httpSpread),
          storedRow('bare function, one performer', functionHot),
          storedRow(`bare function, ${CLIENTS} performers`, functionSpread),
          storedRow('bare function, outside any stream', functionOutside),
          storedRow('textbook, outside any stream', textbook),
        ],
      },
    ],
    targets: [
      atLeast(
        OVER_BARE_MIN,
        `payments.tip ≥ ${OVER_BARE_MIN} × bare function, tips a second`,
        medianRatio(ratesOf(httpHot), ratesOf(functionHot)),
      ),
      atLeast(
        OVER_TEXTBOOK_MIN,
        `bare function ≥ ${OVER_TEXTBOOK_MIN} × textbook, outside any stream`,
        medianRatio(ratesOf(functionOutside), ratesOf(textbook)),
      ),
      atLeast(
        HOT_OVER_SPREAD_MIN,
        `one performer ≥ ${HOT_OVER_SPREAD_MIN} × ${CLIENTS} performers, bare function`,
        medianRatio(ratesOf(functionHot), ratesOf(functionSpread)),
      ),
      atLeast(
        HOT_OVER_SPREAD_MIN,
        `one performer ≥ ${HOT_OVER_SPREAD_MIN} × ${CLIENTS} performers, payments.tip`,
        medianRatio(ratesOf(httpHot), ratesOf(httpSpread)),
      ),
    ],
  });
});
