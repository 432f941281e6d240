import { setTimeout as delay } from 'node:timers/promises';
import { sequenceIn } from './bench-event.js';
import type { BenchServer } from './bench-server.js';
import type { Dialect } from './dialects.js';
import { openWebSocket, type WebSocketLoad } from './websocket-load.js';

const OPENED_AT_ONCE = 20;
const OPENED_EVERY_MS = 50;
const READY_MS_MAX = 20_000;
const DELIVERY_MS_MAX = 60_000;
const BEGINNING_BYTES = 64;

/** What happened to one event. Times are of `performance.now()`. */
export type Followed = { sentAt: number; firstAt: number; lastAt: number; deliveries: number };

export type Watch = {
  /** Notes that an event is sent now. */
  sent(sequence: number): void;
  /** Resolves when every subscriber has received each event that was sent. Throws when that takes a minute. */
  delivered(): Promise<Received>;
};

export type Received = {
  deliveries: number;
  /** Bytes of a delivery's payload, at the mean. */
  bytes: number;
  events: Followed[];
  /** Milliseconds of every delivery since its event was sent. */
  sinceSent: number[];
  /** Milliseconds of every delivery since the first subscriber got its event. */
  sinceFirst: number[];
};

export type Audience = {
  size: number;
  /** Follows the events that are sent from now on, and nothing that was sent before. */
  watch(): Watch;
  close(): void;
};

/** Connects `size` subscribers to a server, 400 a second at most, and resolves when all of them hear its events. */
export const gatherAudience = async (
  server: BenchServer,
  dialect: Dialect,
  size: number,
): Promise<Audience> => {
  const port = Number(new URL(server.url).port);
  const answers = Object.entries(dialect.answers);
  const sockets: WebSocketLoad[] = [];
  const ready = new Set<WebSocketLoad>();
  let lost: string | undefined;
  let onSequence = (_sequence: number, _bytes: number) => {};

  const onText = (socket: WebSocketLoad, bytes: Buffer, start: number, end: number) => {
    const sequence = sequenceIn(bytes, start, end);
    if (sequence !== undefined) {
      onSequence(sequence, end - start);
      return;
    }
    const beginning = bytes.toString('latin1', start, Math.min(end, start + BEGINNING_BYTES));
    if (dialect.ready !== undefined && beginning.includes(dialect.ready)) ready.add(socket);
    if (beginning.includes('"error"')) lost ??= bytes.toString('utf8', start, end);
    for (const [question, answer] of answers) {
      if (beginning.startsWith(question)) socket.send(answer);
    }
  };
  const onLost = (reason: string) => {
    lost ??= reason;
  };
  const requireAll = () => {
    if (lost !== undefined) throw new Error(`${server.name} lost a subscriber: ${lost}`);
  };

  const open = async (index: number) => {
    const socket = await openWebSocket({ port, path: dialect.path, onText, onLost });
    sockets.push(socket);
    const hello = dialect.hello(index);
    if (hello !== undefined) socket.send(hello);
    if (dialect.ready === undefined) ready.add(socket);
  };
  for (let opened = 0; opened < size; opened += OPENED_AT_ONCE) {
    const count = Math.min(OPENED_AT_ONCE, size - opened);
    await Promise.all([
      ...Array.from({ length: count }, (_, index) => open(opened + index)),
      delay(OPENED_EVERY_MS),
    ]);
    requireAll();
  }
  const readyBy = performance.now() + READY_MS_MAX;
  while (ready.size < size) {
    requireAll();
    if (performance.now() > readyBy) {
      throw new Error(`${server.name} let ${ready.size} of ${size} subscribers follow.`);
    }
    await delay(OPENED_EVERY_MS);
  }

  const watch = (): Watch => {
    const events = new Map<number, Followed>();
    const sinceSent: number[] = [];
    const sinceFirst: number[] = [];
    let bytesInAll = 0;
    onSequence = (sequence, bytes) => {
      const event = events.get(sequence);
      if (!event) return;
      const now = performance.now();
      if (event.deliveries === 0) event.firstAt = now;
      event.deliveries += 1;
      event.lastAt = now;
      bytesInAll += bytes;
      sinceSent.push(now - event.sentAt);
      sinceFirst.push(now - event.firstAt);
    };
    return {
      sent: (sequence) => {
        events.set(sequence, { sentAt: performance.now(), firstAt: 0, lastAt: 0, deliveries: 0 });
      },
      delivered: async () => {
        const deadline = performance.now() + DELIVERY_MS_MAX;
        while (sinceSent.length < events.size * size) {
          requireAll();
          if (performance.now() > deadline) {
            throw new Error(`${server.name}: ${sinceSent.length} of ${events.size * size} deliveries came.`);
          }
          await delay(1);
        }
        requireAll();
        onSequence = () => {};
        const all = [...events.values()];
        if (all.some((event) => event.deliveries !== size))
          throw new Error(`${server.name} doubled an event.`);
        const deliveries = sinceSent.length;
        return { deliveries, bytes: bytesInAll / deliveries, events: all, sinceSent, sinceFirst };
      },
    };
  };

  return { size, watch, close: () => sockets.forEach((socket) => void socket.close()) };
};
