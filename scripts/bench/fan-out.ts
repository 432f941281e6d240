import { setTimeout as delay } from 'node:timers/promises';
import { type Audience, gatherAudience, type Received } from './audience.js';
import type { BenchServer } from './bench-server.js';
import type { Dialect } from './dialects.js';
import { median, quantile } from './rounds.js';
import { openSender, type Sender, sendPaced, type Target } from './senders.js';

const SETTLE_MS = 2000;

export type Room = {
  name: string;
  server: BenchServer;
  audience: Audience;
  senders: Sender[];
  /** Memory of the server for each of its subscribers, in bytes. */
  connectionBytes: number;
  /** Processor time of the server in a second in which nothing is sent, in microseconds; for what is measured later. */
  idleMicroseconds: number;
  /** Whether the senders write where nobody listens, so that the sends alone are measured. */
  isUnheard: boolean;
};

/** Lets an audience of `size` into a server that has had none before. */
export const fillRoom = async (options: {
  name: string;
  server: BenchServer;
  dialect: Dialect;
  targets: Target[];
  size: number;
}): Promise<Room> => {
  const { name, server, dialect, targets, size } = options;
  const senders = targets.map((target) => openSender(server.url, target));
  const before = await server.residentBytes();
  const audience = await gatherAudience(server, dialect, size);
  await delay(SETTLE_MS);
  const connectionBytes = ((await server.residentBytes()) - before) / size;
  return { name, server, audience, senders, connectionBytes, idleMicroseconds: 0, isUnheard: false };
};

/** Measures what all the servers take while nothing is sent, pings included. */
export const measureIdle = async (rooms: Room[], seconds: number): Promise<void> => {
  const before = await Promise.all(rooms.map(({ server }) => server.cpuMicroseconds()));
  await delay(seconds * 1000);
  const after = await Promise.all(rooms.map(({ server }) => server.cpuMicroseconds()));
  for (const [index, room] of rooms.entries()) {
    room.idleMicroseconds = ((after[index] ?? 0) - (before[index] ?? 0)) / seconds;
  }
};

export type FanOut = {
  /** Processor time of the server for one delivery, without what it takes when idle. */
  cpuMicroseconds: number;
  /** The part of its core that the server used, from 0 to 1. */
  busy: number;
  /** The same of the load. Near 1, the times tell of the load instead. */
  loadBusy: number;
  bytes: number;
  /** Milliseconds from the moment an event is sent to the answer, to its first delivery, and to all of them. */
  answerP50: number;
  firstP50: number;
  sentP50: number;
  sentP99: number;
  /** From an event's first delivery to all of them. */
  spreadP99: number;
};

const nothingReceived: Received = { deliveries: 0, bytes: 0, events: [], sinceSent: [], sinceFirst: [] };

/** Sends at an even rate until all is delivered. Throws when a delivery is missing or doubled. */
export const measureFanOut = async (
  room: Room,
  { perSecond, seconds, next }: { perSecond: number; seconds: number; next: () => number },
): Promise<FanOut> => {
  const { server, audience, senders, isUnheard } = room;
  const watch = audience.watch();
  const loadBefore = process.cpuUsage();
  const cpuBefore = await server.cpuMicroseconds();
  const startedAt = performance.now();
  const onSend = isUnheard ? () => {} : watch.sent;
  const sent = await sendPaced({ senders, perSecond, seconds, next, onSend });
  const received = isUnheard ? nothingReceived : await watch.delivered();
  const took = (performance.now() - startedAt) / 1000;
  const cpu = (await server.cpuMicroseconds()) - cpuBefore;
  const load = process.cpuUsage(loadBefore);
  return {
    cpuMicroseconds: (cpu - room.idleMicroseconds * took) / (sent.count * audience.size),
    busy: cpu / 1e6 / took,
    loadBusy: (load.user + load.system) / 1e6 / took,
    bytes: received.bytes,
    answerP50: median(sent.answerMs),
    firstP50: median(received.events.map(({ firstAt, sentAt }) => firstAt - sentAt)),
    sentP50: median(received.sinceSent),
    sentP99: quantile(received.sinceSent, 0.99),
    spreadP99: quantile(received.sinceFirst, 0.99),
  };
};
