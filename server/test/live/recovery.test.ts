import type { RoomEvent, SignedIn, Stream } from '@versbottomlex/shared';
import { REPLAY_EVENTS_MAX } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Identity } from '../../src/auth/identity.js';
import type { BusEvent } from '../../src/platform/event-bus.js';
import { scaled } from '../scale.js';
import { contents, type Follow, follow, opened } from './live-client.js';
import { type LiveNode, openLiveNode } from './live-node.js';

let node: LiveNode;
let performer: SignedIn;
let identity: Identity;
let stream: Stream;

beforeAll(async () => {
  node = await openLiveNode();
});
afterAll(() => node.close());

afterEach(() => node.disconnect());

beforeEach(async () => {
  performer = await node.given.performer();
  identity = await node.test.services.auth.authenticate(performer.accessToken);
  stream = await node.given.stream(performer);
});

const say = (content: string) => node.test.services.chat.send(identity, { streamId: stream.id, content });

/** Events that nobody is told of until the log is looked at. */
const appendSilently = (count: number) =>
  node.test.database.client.execute(
    sql`select append_stream_event(${stream.id}, 'viewerRestored', jsonb_build_object('userId', ${stream.id}::text))
      from generate_series(1, ${count}::int)`,
  );

const typesOf = ({ events }: Follow<RoomEvent>) => events.map(({ data }) => data.type);

/** Fails unless every logged event came once, in order, and the others repeated the id before. */
const expectWhole = ({ events }: Follow<RoomEvent>) => {
  const untracked = new Set(['viewerCount', 'userJoined', 'userLeft', 'authExpiring']);
  let at = events[0]?.id.split(':').map(Number)[1] ?? 0;
  for (const { id, data } of events.slice(1)) {
    const seq = Number(id.split(':')[1]);
    expect([data.type, seq]).toEqual([data.type, untracked.has(data.type) ? at : at + 1]);
    at = seq;
  }
};

/** A small generator, so that a failure comes again. */
const createRandom = (seed: number) => {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
};

/** Loses, delays, repeats, cuts and reorders what the bus is told of streams' logs; returns what ends that. */
const disturbBus = (random: () => number) => {
  const { bus } = node.test;
  const publish = bus.publish;
  bus.publish = (event: BusEvent) => {
    if (event.type !== 'streamLogged') return publish(event);
    const entries = event.entries.filter(() => random() < 0.8).sort(() => random() - 0.5);
    const copies = Math.floor(random() * 3);
    for (let copy = 0; copy < copies; copy += 1) {
      setTimeout(() => publish({ ...event, entries }), random() * 60);
    }
  };
  return () => {
    bus.publish = publish;
  };
};

/** Many clients follow and are dropped at random while messages are sent; all have to arrive. */
const recover = async (of: { clients: number; drops: number; messages: number; seed: number }) => {
  const random = createRandom(of.seed);
  const clients = Array.from({ length: of.clients }, () => node.connect());
  const feeds = clients.map((client) => follow(client, { streamId: stream.id }));
  await Promise.all(feeds.map(opened));

  const together = 25;
  const rounds = of.messages / together;
  let dropped = 0;
  for (let round = 0; round < rounds; round += 1) {
    const sent = Array.from({ length: together }, (_, index) => say(`m${round * together + index}`));
    for (; dropped < ((round + 1) * of.drops) / rounds; dropped += 1) {
      clients[Math.floor(random() * of.clients)]?.drop();
    }
    await Promise.all(sent);
  }
  const { items } = await node.test.services.chat.history(identity, { streamId: stream.id, limit: 1 });
  const last = items[0]?.content;
  await vi.waitFor(
    () => {
      for (const feed of feeds) expect(contents(feed).at(-1)).toBe(last);
    },
    { timeout: 30_000, interval: 50 },
  );
  const stored = await node.test.database.client.execute<{ content: string }>(
    sql`select content from messages where stream_id = ${stream.id} order by seq`,
  );
  const expected = stored.map(({ content }) => content);
  expect(expected).toHaveLength(of.messages);
  for (const feed of feeds) {
    expect(contents(feed)).toEqual(expected);
    expect(feed.errors).toEqual([]);
    expectWhole(feed);
  }
  expect(clients.reduce((sum, { closes }) => sum + closes.length, 0)).toBeGreaterThan(of.drops / 2);
};

describe('none lost, none doubled, in order', () => {
  it('over many drops', () =>
    recover({
      clients: scaled({ quick: 10, full: 100 }),
      drops: scaled({ quick: 20, full: 200 }),
      messages: scaled({ quick: 400, full: 10_000 }),
      seed: 1,
    }));

  it('over many drops, and a bus that loses, delays, repeats and reorders', async () => {
    const stop = disturbBus(createRandom(2));
    try {
      for (let seed = 0; seed < scaled({ quick: 1, full: 10 }); seed += 1) {
        stream = await node.given.stream(await node.given.performer());
        await recover({ clients: 10, drops: 20, messages: 400, seed });
      }
    } finally {
      stop();
    }
  });
});

describe('a client that comes back', () => {
  it('is sent exactly what it missed, though nobody was told of it', async () => {
    const client = node.connect();
    const feed = await opened(follow(client, { streamId: stream.id }));
    // Keeps the room open, as other viewers do.
    await opened(follow(node.connect(), { streamId: stream.id }));
    client.drop();
    for (let count = 0; count < 3; count += 1) await appendSilently(1);
    await vi.waitFor(
      () => expect(typesOf(feed).filter((type) => type === 'viewerRestored')).toHaveLength(3),
      5000,
    );
    expect(typesOf(feed).filter((type) => type === 'snapshot')).toHaveLength(1);
    expectWhole(feed);
  });

  it.each([
    [REPLAY_EVENTS_MAX, 'is sent all 500 of them'],
    [REPLAY_EVENTS_MAX + 1, 'starts anew after 501'],
  ])('having missed %i, %s', async (missed) => {
    const place = await opened(follow(node.connect(), { streamId: stream.id }));
    const lastEventId = place.events[0]?.id ?? '';
    place.stop();
    await appendSilently(missed);
    const feed = await opened(follow(node.connect(), { streamId: stream.id, lastEventId }));
    const [epoch, seq] = lastEventId.split(':').map(Number);
    if (missed > REPLAY_EVENTS_MAX) {
      await vi.waitFor(() => expect(typesOf(feed).slice(0, 2)).toEqual(['resync', 'snapshot']));
      expect(feed.events[1]?.id).toBe(`${epoch}:${(seq ?? 0) + missed}`);
    } else {
      await vi.waitFor(() => expect(feed.events).toHaveLength(missed + 1));
      expect(feed.events[0]?.id).toBe(`${epoch}:${(seq ?? 0) + 1}`);
      expect(feed.events.at(-1)).toMatchObject({
        id: `${epoch}:${(seq ?? 0) + missed}`,
        data: { type: 'viewerCount' },
      });
      expectWhole(feed);
    }
  });

  it.each(['', 'x', '1:2:3', '0:1', '1:999999999999999', `${'9'.repeat(64)}`])(
    'with the id %j starts anew, without an error',
    async (lastEventId) => {
      const feed = await opened(follow(node.connect(), { streamId: stream.id, lastEventId }));
      await vi.waitFor(() => expect(typesOf(feed).slice(0, 2)).toEqual(['resync', 'snapshot']));
      expect(feed.errors).toEqual([]);
    },
  );

  it('with an id of the future starts anew', async () => {
    const place = await opened(follow(node.connect(), { streamId: stream.id }));
    const [epoch, seq] = (place.events[0]?.id ?? '').split(':').map(Number);
    const lastEventId = `${epoch}:${(seq ?? 0) + 1}`;
    const feed = await opened(follow(node.connect(), { streamId: stream.id, lastEventId }));
    await vi.waitFor(() => expect(typesOf(feed).slice(0, 2)).toEqual(['resync', 'snapshot']));
  });

  it('to a narrowed feed is sent what it missed of that', async () => {
    const client = node.connect();
    const feed = await opened(follow(client, { streamId: stream.id, kinds: ['chat'] }));
    await say('before');
    await vi.waitFor(() => expect(contents(feed)).toEqual(['before']));
    await appendSilently(3);
    client.drop();
    await say('meanwhile');
    await appendSilently(3);
    await say('after');
    await vi.waitFor(() => expect(contents(feed)).toEqual(['before', 'meanwhile', 'after']));
    expect(new Set(typesOf(feed))).toEqual(new Set(['snapshot', 'chatMessage']));
  });
});

describe('another epoch', () => {
  const renewEpoch = () =>
    node.test.database.client.execute(
      sql`update stream_logs set epoch = epoch + 1 where stream_id = ${stream.id}`,
    );

  it('starts everybody anew within about a second, once, and feeds go on', async () => {
    const feeds = await Promise.all(
      Array.from({ length: 3 }, () => opened(follow(node.connect(), { streamId: stream.id }))),
    );
    await say('before');
    const begun = performance.now();
    await renewEpoch();
    await vi.waitFor(() => {
      for (const feed of feeds) expect(typesOf(feed)).toContain('resync');
    }, 5000);
    // The look at the logs is made once a second; the rest is the test machine's own noise.
    expect(performance.now() - begun).toBeLessThan(2500);
    await say('after');
    await vi.waitFor(() => {
      for (const feed of feeds) expect(contents(feed)).toEqual(['before', 'after']);
    });
    for (const feed of feeds) {
      const types = typesOf(feed);
      expect(types.filter((type) => type === 'resync')).toHaveLength(1);
      expect(types[types.indexOf('resync') + 1]).toBe('snapshot');
    }
  });

  it('starts a client anew that comes back with an id of the one before', async () => {
    const feed = await opened(follow(node.connect(), { streamId: stream.id }));
    const lastEventId = feed.events[0]?.id ?? '';
    feed.stop();
    await node.disconnect();
    await renewEpoch();
    const again = await opened(follow(node.connect(), { streamId: stream.id, lastEventId }));
    await vi.waitFor(() => expect(typesOf(again).slice(0, 2)).toEqual(['resync', 'snapshot']));
  });
});
