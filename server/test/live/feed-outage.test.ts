import { TRPCClientError } from '@trpc/client';
import type { RoomEvent } from '@versbottomlex/shared';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createPortForwarder, type PortForwarder } from '../port-forwarder.js';
import { contents, createLiveClient, type Follow, follow } from './live-client.js';
import { type LiveNode, openLiveNode, openOtherNode } from './live-node.js';

/** The process whose database goes away; the other one writes meanwhile. */
let cut: Awaited<ReturnType<typeof openOtherNode>>;
let node: LiveNode;
let forwarder: PortForwarder;
let port: number;

beforeAll(async () => {
  node = await openLiveNode();
  forwarder = await createPortForwarder();
  const url = new URL(node.test.databaseUrl);
  port = Number(url.port);
  forwarder.target = port;
  url.port = String(forwarder.port);
  url.hostname = '127.0.0.1';
  cut = await openOtherNode({ ...node.test, databaseUrl: url.href });
});
afterAll(async () => {
  await cut.close();
  await forwarder.close();
  await node.close();
});

const outages = {
  'that refuses connections': {
    begin: () => {
      forwarder.target = 1;
      forwarder.dropConnections();
    },
    end: () => {
      forwarder.target = port;
    },
  },
  'that falls silent': {
    begin: () => {
      forwarder.isSilent = true;
      forwarder.freezeConnections();
    },
    end: () => {
      forwarder.isSilent = false;
      forwarder.dropConnections();
    },
  },
};

const failureOf = (feed: Follow<RoomEvent>) =>
  vi.waitFor(
    () => {
      const [error] = feed.errors;
      if (!(error instanceof TRPCClientError)) throw new Error('no failure yet');
      return error.data as { appCode: string; httpStatus: number };
    },
    { timeout: 5000 },
  );

it.each(Object.entries(outages))(
  'a database %s makes nobody miss anything, and is one warning',
  async (_name, { begin, end }) => {
    const performer = await node.given.performer();
    const identity = await node.test.services.auth.authenticate(performer.accessToken);
    const stream = await node.given.stream(performer);
    const unopened = await node.given.stream(await node.given.performer());
    const say = (content: string) => node.test.services.chat.send(identity, { streamId: stream.id, content });
    const viewer = await node.given.account();
    const client = createLiveClient(cut.url, viewer.accessToken);
    const feed = follow(client, { streamId: stream.id });
    await vi.waitFor(() => expect(feed.events.length).toBeGreaterThan(0), 5000);
    await say('before');
    await vi.waitFor(() => expect(contents(feed)).toEqual(['before']), 5000);
    cut.logs.length = 0;
    const linesOf = (message: string) => cut.logs.filter((line) => line.message === message);

    begin();
    await say('during');
    await vi.waitFor(() => expect(linesOf('Live feeds cannot be read')).toHaveLength(1), 8000);
    const refused = [stream.id, unopened.id].map((streamId) => follow(client, { streamId }));
    for (const failure of await Promise.all(refused.map(failureOf))) {
      expect(failure).toMatchObject({ appCode: 'DEPENDENCY_UNAVAILABLE', httpStatus: 503 });
    }
    await say('still during');
    expect(contents(feed)).toEqual(['before']);

    end();
    const endedAt = performance.now();
    await say('after');
    await vi.waitFor(() => expect(contents(feed)).toEqual(['before', 'during', 'still during', 'after']), {
      timeout: 10_000,
    });
    expect(performance.now() - endedAt).toBeLessThan(5000);
    expect(feed.errors).toEqual([]);
    expect(feed.events.filter(({ data }) => data.type === 'snapshot')).toHaveLength(1);
    expect(linesOf('Live feeds cannot be read')).toHaveLength(1);
    expect(linesOf('Live feeds are read again')).toHaveLength(1);
    const opened = follow(client, { streamId: unopened.id });
    await vi.waitFor(() => expect(opened.events.length).toBeGreaterThan(0), 5000);
    await client.close();
  },
  40_000,
);
