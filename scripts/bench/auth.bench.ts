import { withBench } from './bench.js';
import type { BenchServer } from './bench-server.js';
import { type Contender, measure, whileLoading } from './load.js';
import { describeLoad, loadTable, speed } from './load-table.js';
import { type Latency, probe } from './probe.js';
import { atLeast, atMost, report } from './report.js';
import { alternate, median, medianRatio, readPlan } from './rounds.js';
import { PASSWORD, signUp } from './sign-up.js';

const ACCOUNTS = 20;
const LOGINS_IN_FLIGHT = 50;
const RATE_MIN = 0.9;
const SLOWER_MAX = 2;

const plan = readPlan();
const usernames = Array.from({ length: ACCOUNTS }, (_, index) => `bench_user_${index}`);

const loginsOn = (server: BenchServer): Contender => ({
  name: 'logins',
  server,
  connections: LOGINS_IN_FLIGHT,
  requests: usernames.map((username) => ({
    method: 'POST',
    path: '/api/auth/login',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password: PASSWORD }),
  })),
});

const latencyRow = (name: string, latencies: Latency[]): string[] => [
  name,
  `${median(latencies.map(({ p50 }) => p50)).toFixed(2)} ms`,
  `${median(latencies.map(({ p99 }) => p99)).toFixed(2)} ms`,
];

await withBench(async ({ database, start }) => {
  const server = await start({ name: 'ours', probe: '/health/ready' });
  const accounts = await Promise.all(usernames.map((username) => signUp(server, username)));
  const path = `/api/users/${accounts[0]?.user.id}`;
  const requests = accounts.map(({ accessToken }) => ({
    path,
    headers: { authorization: `Bearer ${accessToken}` },
  }));

  const contenders: Contender[] = [
    { name: 'with a token', server, requests },
    { name: 'as a guest', server, requests: [{ path }] },
  ];
  const [withToken = [], asGuest = []] = await alternate(contenders, plan.rounds, (contender) =>
    measure(contender, plan.seconds),
  );

  const asked = () => probe(server, requests, plan.seconds);
  const logins = loginsOn(server);
  const [idle = [], underLogins = []] = await alternate(
    [asked, () => whileLoading(logins, asked)],
    plan.rounds,
    (run) => run(),
  );
  const p50 = (latencies: Latency[]) => latencies.map((latency) => latency.p50);

  report(plan, {
    title: 'Authentication',
    command: 'npm run bench:auth',
    about: [
      `What does it cost to know who calls? \`GET /api/users/{id}\`, with the tokens of ${ACCOUNTS} accounts in turn, and without. And do logins, each of which takes 20 ms of a core for its password, hold up everyone else? The same with a token, one at a time, while nothing else happens, and while ${LOGINS_IN_FLIGHT} logins are always in flight on the same core.`,
      describeLoad(plan),
    ],
    packages: ['fastify', '@trpc/server', 'jose', 'argon2', 'postgres', 'autocannon'],
    postgresVersion: database.version,
    tables: [
      loadTable([
        ['with a token', withToken],
        ['as a guest', asGuest],
      ]),
      {
        head: ['one at a time, with a token', 'p50', 'p99'],
        rows: [latencyRow('idle', idle), latencyRow(`${LOGINS_IN_FLIGHT} logins in flight`, underLogins)],
      },
    ],
    targets: [
      atLeast(RATE_MIN, `with a token ≥ ${RATE_MIN} × as a guest`, speed(withToken, asGuest)),
      atMost(
        SLOWER_MAX,
        `p50 under logins ≤ ${SLOWER_MAX} × idle`,
        medianRatio(p50(underLogins), p50(idle)),
        '×',
      ),
    ],
  });
});
