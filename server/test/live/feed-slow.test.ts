import type { Stream } from '@versbottomlex/shared';
import { closeCodes } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { scaled } from '../scale.js';
import type { LiveClient } from './live-client.js';
import { type LiveNode, openLiveNode } from './live-node.js';

let node: LiveNode;
let stream: Stream;

beforeAll(async () => {
  node = await openLiveNode();
  stream = await node.given.stream(await node.given.performer());
});
afterAll(() => node.close());

/** Far more than what the machine itself keeps for a connection that nobody reads. */
const EVENT_BYTES = 60_000;
const EVENTS = 200;

/** RFC 6455, 7.1.5: the connection went without a close frame. */
const DROPPED = 1006;

/** Appends large events and tells of them, as whoever wrote them would. */
const append = async (count: number) => {
  await node.test.database.client.execute(
    sql`select append_stream_event(${stream.id}, 'viewerRestored',
        jsonb_build_object('userId', ${stream.id}::text, 'padding', repeat('x', ${EVENT_BYTES}::int)))
      from generate_series(1, ${count}::int)`,
  );
  node.test.bus.publish({ type: 'streamLogged', streamId: stream.id, entries: [] });
};

/** Follows, and keeps of each logged event only its seq. */
const followSeqs = ({ api }: LiveClient): number[] => {
  const seqs: number[] = [];
  api.streams.onEvent.subscribe(
    { streamId: stream.id, kinds: ['moderation'] },
    { onData: ({ id, data }) => seqs.push(data.type === 'resync' ? -1 : Number(id.split(':')[1])) },
  );
  return seqs;
};

it('who stops reading is cut, and misses nothing; nobody else notices', async () => {
  const viewers = Array.from({ length: scaled({ quick: 20, full: 1000 }) }, () => {
    const client = node.connect();
    return { client, seqs: followSeqs(client) };
  });
  await vi.waitFor(
    () => {
      for (const { seqs } of viewers) expect(seqs).toEqual([1]);
    },
    { timeout: 60_000, interval: 50 },
  );
  const slow = viewers.slice(0, scaled({ quick: 2, full: 10 }));
  const others = viewers.slice(slow.length);
  const sockets = slow.map(({ client }) => client.client.connection?.ws as unknown as WebSocket);
  for (const socket of sockets) socket.pause();

  for (let told = 0; told < EVENTS; told += 4) {
    await append(4);
    const end = told + 5;
    await vi.waitFor(
      () => {
        for (const { seqs } of others) expect(seqs.at(-1)).toBe(end);
      },
      { timeout: 60_000, interval: 5 },
    );
  }
  const whole = Array.from({ length: EVENTS + 1 }, (_, index) => index + 1);
  for (const { client, seqs } of others) {
    expect(seqs).toEqual(whole);
    expect(client.closes).toEqual([]);
  }
  for (const { seqs } of slow) expect(seqs.length).toBeLessThan(EVENTS);

  for (const socket of sockets) socket.resume();
  await vi.waitFor(
    () => {
      for (const { seqs } of slow) expect(seqs.at(-1)).toBe(EVENTS + 1);
    },
    { timeout: 20_000, interval: 20 },
  );
  for (const { client, seqs } of slow) {
    expect(seqs).toEqual(whole);
    // Whoever does not read the close frame either is dropped without one after a few seconds.
    expect([closeCodes.tooSlow, DROPPED]).toContain(client.closes[0]);
  }
});
