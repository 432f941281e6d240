import { withBench } from './bench.js';
import { type Contender, measure } from './load.js';
import { describeLoad, loadTable, speed } from './load-table.js';
import { atLeast, report } from './report.js';
import { alternate, readPlan } from './rounds.js';
import { seedSize } from './seed.js';
import { signUp } from './sign-up.js';

const PATH = '/api/streams';
const OVER_BARE_MIN = 0.8;
const SHARED_OVER_BARE_MIN = 6;
const OVER_EXPRESS_MIN = 9;

const plan = readPlan();

/** All contenders answer the same bytes, or the comparison means nothing. Returns how many these are. */
const requireSameBody = async (contenders: Contender[]): Promise<number> => {
  const bodies = new Set<string>();
  for (const { server, requests } of contenders) {
    for (const { path, headers = {} } of requests) {
      bodies.add(await (await fetch(`${server.url}${path}`, { headers })).text());
    }
  }
  const [body = '', other] = bodies;
  if (other !== undefined) throw new Error(`The answers differ:\n${body}\n${other}`);
  return Buffer.byteLength(body);
};

await withBench(async ({ database, start }) => {
  const ours = await start({ name: 'ours', probe: '/health/ready' });
  const bare = await start({ name: 'bare', probe: PATH, peer: ['bare-fastify.ts'] });
  const bareText = await start({ name: 'bare, text', probe: PATH, peer: ['bare-fastify.ts', 'text-times'] });
  const express = await start({ name: 'Express', probe: PATH, peer: ['express-sequelize.ts'] });
  const { accessToken } = await signUp(ours, 'bench_viewer');
  const headers = { authorization: `Bearer ${accessToken}` };
  const contenders: Contender[] = [
    { name: 'ours, signed in', server: ours, requests: [{ path: PATH, headers }] },
    { name: 'ours, as a guest', server: ours, requests: [{ path: PATH }] },
    { name: 'bare', server: bare, requests: [{ path: PATH }] },
    { name: 'bare, times as text', server: bareText, requests: [{ path: PATH }] },
    { name: 'Express + Sequelize', server: express, requests: [{ path: PATH }] },
  ];
  const bytes = await requireSameBody(contenders);
  const results = await alternate(contenders, plan.rounds, (contender) => measure(contender, plan.seconds));
  const [signedIn = [], asGuest = [], bareDates = [], bareTexts = [], peer = []] = results;

  report(plan, {
    title: 'GET /api/streams',
    command: 'npm run bench:rest',
    about: [
      `What do types, validated output and authentication cost a list? ${seedSize}; all answer the same ${bytes} bytes.`,
      [
        '- *ours, signed in*: with an access token, for which no answer is shared: token, session, statement, zod on input and output.',
        '- *ours, as a guest*: guests share an answer for a second.',
        '- *bare*: our application without its procedures, so that headers, ids, checks and limits are the same, and a hand-written statement through postgres.js, which prepares it. *Times as text*: without the Dates that postgres.js makes, which is how we read them.',
        '- *Express + Sequelize*: with helmet, cors and express-rate-limit.',
      ].join('\n'),
      describeLoad(plan),
    ],
    packages: [
      'fastify',
      '@trpc/server',
      'zod',
      'drizzle-orm',
      'postgres',
      'express',
      'sequelize',
      'autocannon',
    ],
    postgresVersion: database.version,
    tables: [loadTable(contenders.map(({ name }, index) => [name, results[index] ?? []]))],
    targets: [
      atLeast(OVER_BARE_MIN, `signed in ≥ ${OVER_BARE_MIN} × bare`, speed(signedIn, bareDates)),
      atLeast(
        OVER_BARE_MIN,
        `signed in ≥ ${OVER_BARE_MIN} × bare, times as text`,
        speed(signedIn, bareTexts),
      ),
      atLeast(SHARED_OVER_BARE_MIN, `as a guest ≥ ${SHARED_OVER_BARE_MIN} × bare`, speed(asGuest, bareDates)),
      atLeast(
        OVER_EXPRESS_MIN,
        `signed in ≥ ${OVER_EXPRESS_MIN} × Express + Sequelize`,
        speed(signedIn, peer),
      ),
    ],
  });
});
