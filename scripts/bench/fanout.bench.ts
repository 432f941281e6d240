import { type Bench, withBench } from './bench.js';
import { eventOf, frameOf } from './bench-event.js';
import { rawDialect, socketIoDialect, trpcDialect } from './dialects.js';
import { type FanOut, fillRoom, measureFanOut, measureIdle, type Room } from './fan-out.js';
import { type FanOutLine, fanOutTable, medianOf, memoryTable, timesRaw } from './fan-out-table.js';
import { openLiveRoom } from './live-room.js';
import { atMost, type Target as Promised, report } from './report.js';
import { alternate, readPlan } from './rounds.js';
import { createNumbers, openSender, type Target } from './senders.js';

const SMALL = 1000;
const LARGE = 5000;
/** Slow enough that each event is long delivered when the next one comes, with any of the contenders. */
const QUIET_PER_SECOND = { [SMALL]: 5, [LARGE]: 2 } as const;
const BUSY_PER_SECOND = 100;
const SENDERS = 8;
/** Longer than any of the servers waits between two pings. */
const IDLE_SECONDS = 30;
const OVER_RAW_MAX = 1.05;
const BUSY_OVER_RAW_MAX = 0.3;
const BUSY_LATER_MS_MAX = 25;
const QUIET_LATER_MS_MAX = 1;
const CONNECTION_KB_MAX = 30;

const plan = readPlan();
const next = createNumbers();

const posting = (body: (sequence: number) => string): Target[] =>
  Array.from({ length: SENDERS }, () => ({ path: '/', body }));
const jsonOf = (sequence: number) => JSON.stringify(eventOf(sequence));

type Size = keyof typeof QUIET_PER_SECOND;

/** Servers that nobody has connected to before, each with its audience. */
const createRooms = (start: Bench['start'], size: Size) => {
  const fillPeer = async (name: string, file: string, dialect: typeof rawDialect, targets: Target[]) =>
    fillRoom({ name, server: await start({ name, probe: '/', peer: [file] }), dialect, targets, size });
  return {
    ours: async (): Promise<{ ours: Room; unheard: Room }> => {
      const server = await start({ name: 'ours', probe: '/health/ready' });
      const heard = await openLiveRoom(server, `heard_${size}`, SENDERS);
      const unheard = await openLiveRoom(server, `unheard_${size}`, SENDERS);
      const dialect = trpcDialect(heard.streamId);
      const ours = await fillRoom({ name: 'ours', server, dialect, targets: heard.targets, size });
      const senders = unheard.targets.map((target) => openSender(server.url, target));
      return { ours, unheard: { ...ours, name: 'ours, `chat.send` alone', senders, isUnheard: true } };
    },
    raw: () => fillPeer('raw ws', 'raw-ws.ts', rawDialect, posting(frameOf)),
    socketIo: () => fillPeer('Socket.IO', 'socket-io.ts', socketIoDialect, posting(jsonOf)),
    stock: () => fillPeer('stock tRPC', 'stock-trpc.ts', trpcDialect(crypto.randomUUID()), posting(jsonOf)),
  };
};

/** Alternates the rooms; the raw broadcast is among them. */
const compare = async (rooms: Room[], perSecond: number): Promise<FanOutLine[]> => {
  process.stderr.write(`${rooms.map(({ name }) => name).join(', ')}: ${perSecond} events a second\n`);
  const results = await alternate(rooms, plan.rounds, (room) =>
    measureFanOut(room, { perSecond, seconds: plan.seconds, next }),
  );
  const raw = results[rooms.findIndex(({ name }) => name === 'raw ws')] ?? [];
  return rooms.map(({ name }, index) => ({ name, measured: results[index] ?? [], raw }));
};

const leave = async (rooms: Room[]) => {
  for (const { audience, senders, server } of rooms) {
    audience.close();
    for (const sender of senders) sender.close();
    await server.stop();
  }
};

const measureSize = async (start: Bench['start'], size: Size) => {
  const perSecond = QUIET_PER_SECOND[size];
  const create = createRooms(start, size);
  const raw = await create.raw();
  const { ours, unheard } = await create.ours();
  const socketIo = await create.socketIo();
  const idleSeconds = plan.isTrial ? plan.seconds : IDLE_SECONDS;
  await measureIdle([raw, ours, socketIo], idleSeconds);
  unheard.idleMicroseconds = ours.idleMicroseconds;
  const quiet = await compare([ours, unheard, raw, socketIo], perSecond);
  const busy = size === SMALL ? await compare([ours, unheard, raw, socketIo], BUSY_PER_SECOND) : [];
  await leave([ours, socketIo]);

  // Afterwards, because a process may not have 20,000 sockets everywhere.
  const stock = await create.stock();
  await measureIdle([stock], idleSeconds);
  const [stockLine] = await compare([stock, raw], perSecond);
  await leave([stock, raw]);
  return {
    size,
    perSecond,
    quiet: stockLine ? [...quiet, stockLine] : quiet,
    busy,
    rooms: [ours, raw, socketIo, stock],
  };
};

const lineOf = (lines: FanOutLine[], index: number): FanOutLine => {
  const line = lines[index];
  if (!line) throw new Error('Nothing was measured.');
  return line;
};

/** What is left of ours without the sends, which the peers do not store. */
const withoutSends = (lines: FanOutLine[]): FanOutLine => {
  const { name, measured, raw } = lineOf(lines, 0);
  const sends = lineOf(lines, 1).measured;
  const subtract = (one: FanOut, round: number): FanOut => ({
    ...one,
    cpuMicroseconds: one.cpuMicroseconds - (sends[round]?.cpuMicroseconds ?? Number.NaN),
  });
  return { name, measured: measured.map(subtract), raw };
};

const cpuTargets = (where: string, max: number, lines: FanOutLine[]): Promised[] => [
  atMost(max, `${where}: ours ≤ ${max} × raw`, timesRaw(lineOf(lines, 0), 'cpuMicroseconds'), '×'),
  atMost(
    max,
    `${where}: ours without \`chat.send\` ≤ ${max} × raw`,
    timesRaw(withoutSends(lines), 'cpuMicroseconds'),
    '×',
  ),
];

await withBench(async ({ database, start }) => {
  const small = await measureSize(start, SMALL);
  const large = await measureSize(start, LARGE);
  const sizes = [small, large];
  report(plan, {
    title: 'Fan-out',
    command: 'npm run bench:fanout',
    about: [
      'What does it cost to tell a room something? Every subscriber has a WebSocket of its own, without compression, and the load process posts each event to the server, in an even rhythm. All send the same chat message, whose text is 59 characters.',
      [
        '- *ours*: `streams.onEvent` of the built server, with production’s settings and request ids from 1 to 8. The events come from `chat.send` over REST, which authenticates, checks and stores each message before it is announced: a part of the processor time of every delivery. *`chat.send` alone*: the same sends into a room without subscribers, divided by as many deliveries.',
        '- *raw ws*: the posted bytes, a frame of tRPC, to every socket by `ws.send`.',
        '- *Socket.IO*: a broadcast to a room.',
        '- *stock tRPC*: its adapter for `ws`, and an async generator a subscriber over one emitter. Measured after the others, beside raw ws again.',
      ].join('\n'),
      `Server on one core; load and database on the other, which parses frames by itself because a client library would cost more than the servers. Processor time is without what the server takes when nothing is sent. Milliseconds from the moment at which the load writes the request: until it is answered, until the first subscriber has the event, until all have it; and of all from the first one on, which leaves out the storing. ${plan.rounds} rounds of ${plan.seconds} s in turn after a warm-up; medians, and ratios within a round. Memory is what the server holds more after N subscribers have come.`,
    ],
    packages: ['ws', '@fastify/websocket', '@trpc/server', 'socket.io'],
    postgresVersion: database.version,
    tables: [
      ...sizes.map(({ size, perSecond, quiet }) =>
        fanOutTable(`${size} subscribers, ${perSecond} events a second`, quiet),
      ),
      fanOutTable(`${SMALL} subscribers, ${BUSY_PER_SECOND} events a second`, small.busy),
      memoryTable(sizes),
    ],
    targets: [
      ...sizes.flatMap(({ size, quiet }) => [
        ...cpuTargets(`N = ${size}`, OVER_RAW_MAX, quiet),
        atMost(1, `N = ${size}: p99 after the first ≤ raw’s`, timesRaw(lineOf(quiet, 0), 'spreadP99'), '×'),
        atMost(
          QUIET_LATER_MS_MAX,
          `N = ${size}: first subscriber ≤ ${QUIET_LATER_MS_MAX} ms after the answer (median)`,
          medianOf(lineOf(quiet, 0).measured, 'firstP50') - medianOf(lineOf(quiet, 0).measured, 'answerP50'),
          'ms',
        ),
      ]),
      ...cpuTargets('busy', BUSY_OVER_RAW_MAX, small.busy),
      atMost(
        BUSY_LATER_MS_MAX,
        `busy: all ≤ ${BUSY_LATER_MS_MAX} ms later than when quiet (median)`,
        medianOf(lineOf(small.busy, 0).measured, 'sentP50') -
          medianOf(lineOf(small.quiet, 0).measured, 'sentP50'),
        'ms',
      ),
      atMost(
        CONNECTION_KB_MAX,
        `N = ${LARGE}: ≤ ${CONNECTION_KB_MAX} kB a connection`,
        (large.rooms[0]?.connectionBytes ?? Number.NaN) / 1000,
        'kB',
      ),
    ],
  });
});
