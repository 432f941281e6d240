import { setTimeout as delay } from 'node:timers/promises';
import type { AppendOptions } from './appended.js';
import { gatherAudience } from './audience.js';
import { withBench } from './bench.js';
import { textOf } from './bench-event.js';
import { trpcDialect } from './dialects.js';
import { type LiveRoom, openLiveRoom } from './live-room.js';
import { atLeast, atMost, report } from './report.js';
import { alternate, median, medianRatio, quantile, readPlan } from './rounds.js';
import { createNumbers, openSender, sendAtOnce, sendPaced } from './senders.js';
import { askPeer, measureStored, ratesOf, storedRow, type Work } from './stored.js';

const SUBSCRIBERS = 200;
const SENDERS = 32;
const OVER_BARE_MIN = 0.4;
const LAST_P99_MS_MAX = 50;

const plan = readPlan();
const next = createNumbers();

type Delivered = { answerP50: number; answerP99: number; lastP50: number; lastP99: number };

const inMs = (values: number[]): string => `${median(values).toFixed(1)} ms`;

await withBench(async ({ database, start }) => {
  const server = await start({ name: 'ours', probe: '/health/ready' });
  const peer = await start({ name: 'bare append', probe: '/', peer: ['bare-append.ts'] });
  const heard = await openLiveRoom(server, 'heard', SENDERS);
  const unheard = await openLiveRoom(server, 'unheard', SENDERS);
  const bare = await openLiveRoom(server, 'bare', SENDERS);
  const audience = await gatherAudience(server, trpcDialect(heard.streamId), SUBSCRIBERS);
  const sendersOf = ({ targets }: LiveRoom) => targets.map((target) => openSender(server.url, target));
  const heardSenders = sendersOf(heard);
  const unheardSenders = sendersOf(unheard);

  const sendHeard = async (): Promise<Work> => {
    const watch = audience.watch();
    const startedAt = performance.now();
    const { count } = await sendAtOnce({
      senders: heardSenders,
      next,
      seconds: plan.seconds,
      onSend: watch.sent,
    });
    await watch.delivered();
    return { stored: count, seconds: (performance.now() - startedAt) / 1000 };
  };
  const sendUnheard = async (): Promise<Work> => {
    const startedAt = performance.now();
    const { count } = await sendAtOnce({
      senders: unheardSenders,
      next,
      seconds: plan.seconds,
      onSend: () => {},
    });
    return { stored: count, seconds: (performance.now() - startedAt) / 1000 };
  };
  const { streamId, authorIds } = bare;
  const options: AppendOptions = { streamId, authorIds, content: textOf(0), seconds: plan.seconds };
  const contenders = [
    { server, work: sendHeard },
    { server, work: sendUnheard },
    { server: peer, work: () => askPeer(peer, options) },
  ];
  const results = await alternate(contenders, plan.rounds, (one) => measureStored(one.server, one.work));
  const [withAudience = [], withoutAudience = [], bareAppend = []] = results;

  const half = median(ratesOf(withAudience)) / 2;
  const measureDelivered = async (): Promise<Delivered> => {
    const watch = audience.watch();
    const { answerMs } = await sendPaced({
      senders: heardSenders,
      next,
      seconds: plan.seconds,
      perSecond: half,
      onSend: watch.sent,
    });
    const { events } = await watch.delivered();
    const last = events.map(({ sentAt, lastAt }) => lastAt - sentAt);
    return {
      answerP50: median(answerMs),
      answerP99: quantile(answerMs, 0.99),
      lastP50: median(last),
      lastP99: quantile(last, 0.99),
    };
  };
  // What is left of the peak is over by then.
  await delay(1000);
  const [delivered = []] = await alternate([measureDelivered], plan.rounds, (run) => run());
  const of = (key: keyof Delivered) => delivered.map((one) => one[key]);
  for (const sender of [...heardSenders, ...unheardSenders]) sender.close();
  audience.close();

  report(plan, {
    title: 'Chat',
    command: 'npm run bench:chat',
    about: [
      `How many messages can one room take? Each is stored before it is announced. ${SENDERS} accounts send as soon as their last message is answered, into one room with ${SUBSCRIBERS} subscribers, all of whom have received every message when the time is taken.`,
      [
        '- *chat.send*: over REST with a token: token, session, limits, zod, statement, and the delivery to the subscribers.',
        `- *bare append*: the same SQL function, one message a call, ${SENDERS} at once, from a plain Node process with the same pool of postgres.js. It appends to one room too.`,
      ].join('\n'),
      `Servers on one core; load and database on the other, which also receives the messages. ${plan.rounds} rounds of ${plan.seconds} s in turn after a warm-up; medians, and ratios within a round. fsync is on. Then messages at half the rate that was reached, evenly: milliseconds from the turn of a message to its answer, and until the last of the ${SUBSCRIBERS} subscribers has it.`,
    ],
    packages: ['fastify', '@fastify/websocket', '@trpc/server', 'zod', 'postgres'],
    postgresVersion: database.version,
    tables: [
      {
        head: ['', 'messages a second', 'CPU µs a message', 'core in use'],
        rows: [
          storedRow(`chat.send, ${SUBSCRIBERS} subscribers`, withAudience),
          storedRow('chat.send, nobody listens', withoutAudience),
          storedRow('bare append', bareAppend),
        ],
      },
      {
        head: [`${half.toFixed(0)} messages a second`, 'p50', 'p99'],
        rows: [
          ['answered', inMs(of('answerP50')), inMs(of('answerP99'))],
          ['delivered to the last subscriber', inMs(of('lastP50')), inMs(of('lastP99'))],
        ],
      },
    ],
    targets: [
      atLeast(
        OVER_BARE_MIN,
        `chat.send ≥ ${OVER_BARE_MIN} × bare append, messages a second`,
        medianRatio(ratesOf(withAudience), ratesOf(bareAppend)),
      ),
      atMost(
        LAST_P99_MS_MAX,
        `p99 to the last delivery ≤ ${LAST_P99_MS_MAX} ms at half the rate`,
        median(of('lastP99')),
        'ms',
      ),
    ],
  });
});
