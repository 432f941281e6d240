import { createServer } from 'node:http';
import { TRPCClientError } from '@trpc/client';
import { initTRPC, tracked } from '@trpc/server';
import { getWSConnectionHandler } from '@trpc/server/adapters/ws';
import type { RoomEvent, SignedIn, Stream } from '@versbottomlex/shared';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { Identity } from '../../src/auth/identity.js';
import { contents, createLiveClient, type Follow, follow, opened, socketUrl } from './live-client.js';
import { type LiveNode, openLiveNode, openOtherNode } from './live-node.js';

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

const say = (content: string, streamId = stream.id) =>
  node.test.services.chat.send(identity, { streamId, content });

/** An event that is not logged: somebody comes in. */
const comeIn = async (): Promise<string> => {
  const { accessToken, user } = await node.given.account();
  await opened(follow(node.connect(accessToken), { streamId: stream.id, kinds: ['moderation'] }));
  return user.id;
};

type Frame = { id: unknown; jsonrpc?: string; result?: { type: string; id?: string; data?: unknown } };
type DataFrame = { result: { data: { id: string; data: unknown } } };

const isData = (frame: Frame): frame is Frame & DataFrame => frame.result?.type === 'data';

/** Asks for a subscription, and stops it after `count` frames of data; all frames until `stopped`, as they came. */
const recordFrames = async (
  url: string,
  request: object,
  { path, input, count }: { path: string; input?: unknown; count: number },
): Promise<Frame[]> => {
  const ws = new WebSocket(url);
  const frames: Frame[] = [];
  const isOver = new Promise<void>((resolve, reject) => {
    ws.on('error', reject);
    ws.on('message', (text: Buffer) => {
      const frame = JSON.parse(text.toString()) as Frame;
      frames.push(frame);
      if (frame.result?.type === 'stopped' || !frame.result) resolve();
      if (isData(frame) && frames.filter(isData).length === count) {
        ws.send(JSON.stringify({ ...request, method: 'subscription.stop' }));
      }
    });
  });
  await new Promise((resolve) => ws.once('open', resolve));
  ws.send(JSON.stringify({ ...request, method: 'subscription', params: { path, input } }));
  await isOver;
  ws.terminate();
  return frames;
};

/** A server of tRPC alone, whose one subscription is an ordinary generator of these events. */
const serveStock = async (events: readonly { id: string; data: unknown }[]) => {
  const trpc = initTRPC.create();
  const router = trpc.router({
    follow: trpc.procedure.subscription(async function* ({ signal }) {
      for (const { id, data } of events) yield tracked(id, data);
      await new Promise((resolve) => signal?.addEventListener('abort', resolve));
    }),
  });
  const http = createServer();
  const sockets = new WebSocketServer({ server: http });
  const accept = getWSConnectionHandler({ router, createContext: () => ({}), wss: sockets });
  sockets.on('connection', (ws, request) => accept(ws, request));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as { port: number };
  return {
    url: `ws://127.0.0.1:${port}`,
    close: () => {
      for (const ws of sockets.clients) ws.terminate();
      sockets.close();
      http.close();
    },
  };
};

describe('the frames of a feed are those that tRPC itself would write', () => {
  it.each([
    ['a number', { id: 7 }],
    ['zero', { id: 0 }],
    ['a text', { id: 'seven' }],
    ['a text with quotes, backslashes and more than ASCII', { id: '"\\\n é 😀' }],
    ['a number, by JSON-RPC', { id: 8, jsonrpc: '2.0' }],
  ])('for a request with %s', async (_name, request) => {
    await say('Line\nbreak, "quotes", é, 😀, </script>, \u2028');
    const place = await opened(follow(node.connect(), { streamId: stream.id }));
    const lastEventId = (place.events[0]?.id ?? '').replace(/\d+$/, '0');
    // Two logged events and an untracked one.
    const ours = await recordFrames(socketUrl(node.url), request, {
      path: 'streams.onEvent',
      input: { streamId: stream.id, lastEventId },
      count: 3,
    });
    const stock = await serveStock(ours.filter(isData).map(({ result }) => result.data));
    const theirs = await recordFrames(stock.url, request, { path: 'follow', count: 3 });
    stock.close();
    expect(ours).toStrictEqual(theirs);
    expect(ours).toHaveLength(5);
  });
});

describe('with the client of tRPC', () => {
  it('events come in order between the answers of queries and mutations of the same socket', async () => {
    const client = node.connect(performer.accessToken);
    const feed = await opened(follow(client, { streamId: stream.id }));
    const sent: string[] = [];
    for (let round = 0; round < 10; round += 1) {
      const [message, found] = await Promise.all([
        client.api.chat.send.mutate({ streamId: stream.id, content: `m${round}` }),
        client.api.streams.get.query({ id: stream.id }),
      ]);
      sent.push(message.content ?? '');
      expect(found.id).toBe(stream.id);
    }
    await vi.waitFor(() => expect(contents(feed)).toEqual(sent));
    expect(client.closes).toEqual([]);
  });

  const failureOf = (feed: Follow<RoomEvent>) =>
    vi.waitFor(() => {
      const [error] = feed.errors;
      if (!(error instanceof TRPCClientError)) throw new Error('no failure yet');
      return error.data as { appCode: string; httpStatus: number; price?: unknown };
    });

  it('a stream that is not there is NOT_FOUND', async () => {
    const feed = follow(node.connect(), { streamId: performer.user.id });
    expect(await failureOf(feed)).toMatchObject({ appCode: 'NOT_FOUND', httpStatus: 404 });
  });

  it('a private stream without a ticket is ACCESS_REQUIRED, with its price', async () => {
    const other = await node.given.performer();
    const hidden = await node.given.stream(other, { isPrivate: true, price: 700 });
    const feed = follow(node.connect(performer.accessToken), { streamId: hidden.id });
    expect(await failureOf(feed)).toMatchObject({
      appCode: 'ACCESS_REQUIRED',
      price: { amount: 700, currency: 'USD' },
    });
    expect(feed.events).toEqual([]);
  });

  it('a room of whose performer one is banned is BANNED', async () => {
    const viewer = await node.given.account();
    await node.test.services.moderation.restrict(identity, {
      streamId: stream.id,
      userId: viewer.user.id,
      kind: 'ban',
    });
    const feed = follow(node.connect(viewer.accessToken), { streamId: stream.id });
    expect(await failureOf(feed)).toMatchObject({ appCode: 'BANNED', httpStatus: 403 });
  });

  it('after unsubscribing nothing more comes, and nobody is left in the room', async () => {
    const client = node.connect(performer.accessToken);
    const feed = await opened(follow(client, { streamId: stream.id }));
    const frames: string[] = [];
    client.client.connection?.ws.addEventListener('message', ({ data }) => frames.push(String(data)));
    feed.stop();
    await vi.waitFor(() => expect(frames.at(-1)).toContain('"stopped"'));
    frames.length = 0;
    expect(node.test.services.live.load()).toMatchObject({ rooms: 0, followers: 0 });
    await say('unheard');
    await client.api.streams.get.query({ id: stream.id });
    expect(frames).toHaveLength(1);
    expect(contents(feed)).toEqual([]);
  });

  it('a subscription that is stopped before it began leaves nothing behind', async () => {
    const client = node.connect(performer.accessToken);
    await client.api.streams.get.query({ id: stream.id });
    for (let count = 0; count < 20; count += 1) {
      const feed = follow(client, { streamId: stream.id });
      if (count % 2 === 0) await new Promise(setImmediate);
      feed.stop();
    }
    await vi.waitFor(() => expect(node.test.services.live.load()).toMatchObject({ rooms: 0, followers: 0 }));
    await vi.waitFor(() => expect(client.closes).toEqual([]));
  });

  it('a reconnect after an event that is not logged brings what was missed, once', async () => {
    const client = node.connect();
    const feed = await opened(follow(client, { streamId: stream.id }));
    await say('before');
    await vi.waitFor(() => expect(contents(feed)).toEqual(['before']));
    const id = await comeIn();
    await vi.waitFor(() =>
      expect(feed.events.at(-1)?.data).toMatchObject({ type: 'userJoined', user: { id } }),
    );
    expect(feed.events.at(-1)?.id).toBe(feed.events.at(-2)?.id);
    client.drop();
    await say('meanwhile');
    await vi.waitFor(() => expect(contents(feed)).toEqual(['before', 'meanwhile']));
    await say('after');
    await vi.waitFor(() => expect(contents(feed)).toEqual(['before', 'meanwhile', 'after']));
    expect(feed.events.filter(({ data }) => data.type === 'snapshot')).toHaveLength(1);
  });

  it('twelve subscriptions of one socket are resumed at once', async () => {
    const streams = [stream];
    for (let count = 1; count < 4; count += 1) {
      const other = await node.given.performer();
      streams.push(await node.given.stream(other));
    }
    const client = node.connect();
    const kinds = [undefined, ['chat'], ['chat', 'presence']] as const;
    const feeds = streams.flatMap(({ id }) =>
      kinds.map((wanted) => follow(client, { streamId: id, ...(wanted && { kinds: [...wanted] }) })),
    );
    await Promise.all(feeds.map(opened));
    for (const { id } of streams) await say('before', id);
    await vi.waitFor(() => {
      for (const feed of feeds) expect(contents(feed)).toEqual(['before']);
    });
    for (let drop = 1; drop <= 3; drop += 1) {
      client.drop();
      for (const { id } of streams) await say(`drop ${drop}`, id);
    }
    await vi.waitFor(() => {
      for (const feed of feeds) expect(contents(feed)).toEqual(['before', 'drop 1', 'drop 2', 'drop 3']);
    }, 5000);
    for (const feed of feeds) {
      expect(feed.errors).toEqual([]);
      expect(feed.events.filter(({ data }) => data.type === 'snapshot')).toHaveLength(1);
    }
  });

  it('a hand-off to another server, which the first asks for, loses and doubles nothing', async () => {
    const first = await openOtherNode(node.test, node.test.bus);
    let { url } = first;
    const client = createLiveClient(() => url);
    const feeds = Array.from({ length: 5 }, () => follow(client, { streamId: stream.id }));
    await Promise.all(feeds.map(opened));
    const sent: string[] = [];
    let isOver = false;
    const sending = (async () => {
      while (!isOver) {
        sent.push(`m${sent.length}`);
        await say(sent.at(-1) ?? '');
      }
    })();
    await vi.waitFor(() => expect(sent.length).toBeGreaterThan(10));
    const socket = client.client.connection?.ws;
    url = node.url;
    await first.close();
    await vi.waitFor(() => expect(client.client.connection?.ws).not.toBe(socket));
    const count = sent.length;
    await vi.waitFor(() => expect(sent.length).toBeGreaterThan(count + 20));
    isOver = true;
    await sending;
    await vi.waitFor(() => {
      for (const feed of feeds) expect(contents(feed)).toEqual(sent);
    }, 5000);
    await client.close();
  });
});
