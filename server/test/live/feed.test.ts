import type { RoomEvent, SignedIn, Stream } from '@versbottomlex/shared';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Identity } from '../../src/auth/identity.js';
import { scaled } from '../scale.js';
import { contents, createLiveClient, type Follow, follow, type LiveClient, opened } from './live-client.js';
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

const say = (content: string) => node.test.services.chat.send(identity, { streamId: stream.id, content });

const typesOf = ({ events }: Follow<RoomEvent>) => events.map(({ data }) => data.type);

const nothing = { rooms: 0, followers: 0, directoryFollowers: 0 };

it('opens with a snapshot of the room, for guests too', async () => {
  await say('first');
  await say('second');
  const feed = await opened(follow(node.connect(), { streamId: stream.id }));
  expect(feed.events[0]).toMatchObject({
    id: expect.stringMatching(/^\d+:3$/),
    data: {
      type: 'snapshot',
      stream: { id: stream.id },
      messages: [{ content: 'first' }, { content: 'second' }],
      pinnedMessage: null,
      viewerCount: 1,
      guestCount: 1,
    },
  });
});

it('tells changes of the stream, and narrowed feeds only what they are narrowed to', async () => {
  const client = node.connect();
  const all = await opened(follow(client, { streamId: stream.id }));
  const chat = await opened(follow(client, { streamId: stream.id, kinds: ['chat'] }));
  await node.test.services.streams.update(identity, { id: stream.id, title: 'New title' });
  await say('hello');
  await vi.waitFor(() => expect(contents(chat)).toEqual(['hello']));
  await vi.waitFor(() => expect(contents(all)).toEqual(['hello']));
  expect(all.events.find(({ data }) => data.type === 'streamUpdate')?.data).toMatchObject({
    stream: { title: 'New title' },
  });
  expect(typesOf(chat)).toEqual(['snapshot', 'chatMessage']);
});

it('tells a burst of changes as the stream is at its end, each with an id of its own', async () => {
  const feed = await opened(follow(node.connect(), { streamId: stream.id, kinds: ['stream'] }));
  const titles = Array.from({ length: 20 }, (_, index) => `Title ${index}`);
  await Promise.all(
    titles.map((title) => node.test.services.streams.update(identity, { id: stream.id, title })),
  );
  await vi.waitFor(() => expect(feed.events).toHaveLength(21));
  const { title } = await node.test.services.streams.get(identity, stream.id);
  expect(feed.events.at(-1)?.data).toMatchObject({ type: 'streamUpdate', stream: { title } });
  expect(new Set(feed.events.map(({ id }) => id)).size).toBe(21);
});

it('goes on while the stream’s performer deletes the account, and tells the end of the stream', async () => {
  const feed = await opened(follow(node.connect(), { streamId: stream.id }));
  await node.given.deleted(performer);
  await vi.waitFor(
    () =>
      expect(feed.events.at(-1)?.data).toMatchObject({
        type: 'streamUpdate',
        stream: { status: 'ended', performer: { username: null } },
      }),
    5000,
  );
  expect(feed.errors).toEqual([]);
});

describe('two processes on one database', () => {
  it('tell each other’s events within about a second, though neither hears of the other', async () => {
    const other = await openOtherNode(node.test);
    const client = createLiveClient(other.url);
    const far = await opened(follow(client, { streamId: stream.id }));
    const near = await opened(follow(node.connect(), { streamId: stream.id }));
    const begun = performance.now();
    await say('one');
    await say('two');
    await vi.waitFor(() => expect(contents(far)).toEqual(['one', 'two']), 5000);
    // The look at the logs is made once a second; the rest is the test machine's own noise.
    expect(performance.now() - begun).toBeLessThan(2500);
    expect(contents(near)).toEqual(['one', 'two']);
    await client.close();
    await other.close();
  });

  it('tell them at once over a bus that both hear', async () => {
    const other = await openOtherNode(node.test, node.test.bus);
    const client = createLiveClient(other.url);
    const far = await opened(follow(client, { streamId: stream.id }));
    // Right after a look at the logs the next one is far.
    for (let count = 0; count < 5; count += 1) {
      const begun = performance.now();
      await say(`m${count}`);
      await vi.waitFor(() => expect(contents(far)).toHaveLength(count + 1), { interval: 5 });
      expect(performance.now() - begun).toBeLessThan(400);
    }
    await client.close();
    await other.close();
  });

  it('send a client on, who comes from the one that knows more', async () => {
    const other = await openOtherNode(node.test);
    let { url } = node;
    const client = createLiveClient(() => url);
    const stays = createLiveClient(other.url);
    await opened(follow(stays, { streamId: stream.id }));
    const feed = await opened(follow(client, { streamId: stream.id }));
    const sent = Array.from({ length: 10 }, (_, index) => `m${index}`);
    for (const content of sent) {
      await say(content);
      url = url === node.url ? other.url : node.url;
      client.drop();
    }
    await vi.waitFor(() => expect(contents(feed)).toEqual(sent), 5000);
    expect(typesOf(feed).filter((type) => type === 'snapshot')).toHaveLength(1);
    await client.close();
    await stays.close();
    await other.close();
  });
});

describe('a ban', () => {
  const ban = (userId: string) =>
    node.test.services.moderation.restrict(identity, { streamId: stream.id, userId, kind: 'ban' });

  const codesOf = ({ errors }: Follow<RoomEvent>) =>
    errors.map((error) => (error as { data: { appCode: string } }).data.appCode);

  it('ends every feed of that user in that room at once, and no other', async () => {
    const viewer = await node.given.account();
    const elsewhere = await node.given.stream(await node.given.performer());
    const [client, tab] = [node.connect(viewer.accessToken), node.connect(viewer.accessToken)];
    const ended = await Promise.all(
      [
        follow(client, { streamId: stream.id }),
        follow(client, { streamId: stream.id, kinds: ['chat'] }),
        follow(tab, { streamId: stream.id }),
      ].map(opened),
    );
    const untouched = await Promise.all(
      [
        follow(client, { streamId: elsewhere.id }),
        follow(node.connect((await node.given.account()).accessToken), { streamId: stream.id }),
        follow(node.connect(), { streamId: stream.id }),
      ].map(opened),
    );
    const begun = performance.now();
    await ban(viewer.user.id);
    await vi.waitFor(() => expect(ended.map(codesOf)).toEqual([['BANNED'], ['BANNED'], ['BANNED']]));
    expect(performance.now() - begun).toBeLessThan(1000);
    await say('after');
    await vi.waitFor(() => expect(contents(untouched[1] as Follow<RoomEvent>)).toEqual(['after']));
    expect(untouched.map(codesOf)).toEqual([[], [], []]);
    expect(ended.flatMap(contents)).toEqual([]);
    expect([client.closes, tab.closes]).toEqual([[], []]);

    const again = follow(tab, { streamId: stream.id });
    await vi.waitFor(() => expect(codesOf(again)).toEqual(['BANNED']));
    await node.test.services.moderation.lift(identity, { streamId: stream.id, userId: viewer.user.id });
    await opened(follow(tab, { streamId: stream.id }));
  });

  it('ends them also on a process that hears nothing of it, within about a second', async () => {
    const viewer = await node.given.account();
    const other = await openOtherNode(node.test);
    const client = createLiveClient(other.url, viewer.accessToken);
    const feed = await opened(follow(client, { streamId: stream.id }));
    await ban(viewer.user.id);
    await vi.waitFor(() => expect(codesOf(feed)).toEqual(['BANNED']), 3000);
    await client.close();
    await other.close();
  });

  it('is no timeout, which ends nothing', async () => {
    const viewer = await node.given.account();
    const feed = await opened(follow(node.connect(viewer.accessToken), { streamId: stream.id }));
    await node.test.services.moderation.restrict(identity, {
      streamId: stream.id,
      userId: viewer.user.id,
      kind: 'timeout',
      seconds: 60,
    });
    await say('still here');
    await vi.waitFor(() => expect(contents(feed)).toEqual(['still here']));
    expect(typesOf(feed)).toContain('viewerRestricted');
    expect(feed.errors).toEqual([]);
  });

  it('and comings race without anybody who is banned being left in the room', async () => {
    const viewer = await node.given.account();
    const client = node.connect(viewer.accessToken);
    await client.api.streams.get.query({ id: stream.id });
    const feeds = Array.from({ length: 10 }, () => follow(client, { streamId: stream.id }));
    const banning = ban(viewer.user.id);
    feeds.push(...Array.from({ length: 10 }, () => follow(client, { streamId: stream.id })));
    await banning;
    await vi.waitFor(() => expect(feeds.flatMap(codesOf)).toHaveLength(20));
    expect(node.test.services.live.load()).toEqual(nothing);
  });
});

describe('nothing is left behind', () => {
  const cycle = async (client: LiveClient, streamIds: string[]) => {
    const feeds = streamIds.map((streamId) => follow(client, { streamId }));
    const directory = client.api.streams.onDirectory.subscribe(undefined, { onData: () => {} });
    if (Math.random() < 0.5) await vi.waitFor(() => expect(feeds[0]?.events.length).toBeGreaterThan(0));
    if (Math.random() < 0.3) client.drop();
    directory.unsubscribe();
    for (const feed of feeds) feed.stop();
  };

  it('after many subscriptions that were stopped or dropped at any time', async () => {
    const viewer = await node.given.account();
    const elsewhere = await node.given.stream(await node.given.performer());
    const timerCount = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timerCount();
    const rounds = scaled({ quick: 10, full: 100 });
    for (let round = 0; round < rounds; round += 1) {
      const clients = [
        node.connect(),
        node.connect(viewer.accessToken),
        node.connect(viewer.accessToken),
        node.connect(),
        node.connect(),
      ];
      await Promise.all(clients.map((client) => cycle(client, [stream.id, elsewhere.id])));
      await Promise.all(clients.map((client) => client.close()));
    }
    await vi.waitFor(() => expect(node.test.services.live.load()).toEqual(nothing), 5000);
    await node.disconnect();
    // Those of connections to the database come and go; one a round would be ours.
    expect(timerCount()).toBeLessThan(before + rounds);
  });
});
