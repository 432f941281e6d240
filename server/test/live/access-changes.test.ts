import type { RoomEvent, SignedIn } from '@versbottomlex/shared';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { setRole } from '../../src/administration/administration.queries.js';
import type { Identity } from '../../src/auth/identity.js';
import { contents, type Follow, follow, opened } from './live-client.js';
import { type LiveNode, openLiveNode } from './live-node.js';

let node: LiveNode;
let performer: SignedIn;
let identity: Identity;

beforeAll(async () => {
  node = await openLiveNode();
});
afterAll(() => node.close());
afterEach(() => node.disconnect());
beforeEach(async () => {
  performer = await node.given.performer();
  identity = await node.test.services.auth.authenticate(performer.accessToken);
});

const say = (streamId: string, content: string) =>
  node.test.services.chat.send(identity, { streamId, content });

it('ends the feeds of those without a ticket when a stream becomes private, and keeps the others', async () => {
  const { streams } = node.test.services;
  const stream = await node.given.scheduledStream(performer);
  const holder = await node.given.account();
  const viewer = await node.given.account();
  await node.given.payment({
    payerId: holder.user.id,
    payeeId: performer.user.id,
    streamId: stream.id,
    type: 'private_show',
    status: 'completed',
  });
  const [guest, member, withTicket, own] = await Promise.all(
    [undefined, viewer, holder, performer].map((who) =>
      opened(follow(node.connect(who?.accessToken), { streamId: stream.id, kinds: ['chat'] })),
    ),
  );
  await streams.update(identity, { id: stream.id, isPrivate: true, price: 500 });
  for (const feed of [guest, member]) {
    await vi.waitFor(() =>
      expect(feed?.errors).toEqual([
        expect.objectContaining({ data: expect.objectContaining({ appCode: 'ACCESS_REQUIRED' }) }),
      ]),
    );
  }
  await streams.start(identity, stream.id);
  await say(stream.id, 'for those who paid');
  for (const feed of [withTicket, own]) {
    await vi.waitFor(() => expect(feed && contents(feed)).toEqual(['for those who paid']));
  }
  expect([guest, member].flatMap((feed) => feed && contents(feed))).toEqual([]);
});

it('ends the feed of a private stream when an admin is one no longer', async () => {
  const stream = await node.given.stream(performer, { isPrivate: true, price: 500 });
  const admin = await node.given.admin();
  const [feed, own] = await Promise.all(
    [admin, performer].map((who) =>
      opened(follow(node.connect(who.accessToken), { streamId: stream.id, kinds: ['chat'] })),
    ),
  );
  const { database, bus } = node.test;
  await setRole(database, { username: admin.user.username, role: 'viewer', isVerified: false });
  for (const { user } of [admin, performer]) bus.publish({ type: 'identityChanged', userId: user.id });
  await vi.waitFor(() =>
    expect(feed?.errors).toEqual([
      expect.objectContaining({ data: expect.objectContaining({ appCode: 'ACCESS_REQUIRED' }) }),
    ]),
  );
  await say(stream.id, 'for those who paid');
  await vi.waitFor(() => expect(own && contents(own)).toEqual(['for those who paid']));
  expect(feed && contents(feed)).toEqual([]);
});

it('is followed at most ten times over one socket, and again after one of them stops', async () => {
  const stream = await node.given.stream(performer);
  const other = await node.given.stream(await node.given.performer());
  const client = node.connect();
  const feeds = await Promise.all(
    Array.from({ length: 10 }, () => opened(follow(client, { streamId: stream.id, kinds: ['chat'] }))),
  );
  const eleventh = follow(client, { streamId: stream.id });
  await vi.waitFor(() =>
    expect(eleventh.errors).toEqual([
      expect.objectContaining({ data: expect.objectContaining({ appCode: 'RATE_LIMITED' }) }),
    ]),
  );
  await opened(follow(client, { streamId: other.id }));
  await opened(follow(node.connect(), { streamId: stream.id }));
  feeds[0]?.stop();
  await vi.waitFor(async () => {
    const again = follow(client, { streamId: stream.id });
    await vi.waitFor(() => expect(again.events.length + again.errors.length).toBeGreaterThan(0));
    expect(again.errors).toEqual([]);
  });
});

describe('a chat that was cleared', () => {
  const cleared = async () => {
    const { moderation } = node.test.services;
    const stream = await node.given.stream(performer);
    const stays = await opened(follow(node.connect(), { streamId: stream.id }));
    const { id } = await say(stream.id, 'an address');
    await node.test.services.chat.send(identity, { streamId: stream.id, content: 'hear', replyToId: id });
    await moderation.pin(identity, { streamId: stream.id, messageId: id });
    await moderation.clear(identity, stream.id);
    await say(stream.id, 'after');
    await vi.waitFor(() => expect(contents(stays)).toEqual(['an address', 'hear', 'after']));
    const [epoch] = (stays.events[0]?.id ?? '').split(':');
    return { stream, stays, first: `${epoch}:1` };
  };

  const expectNoText = async (feed: Follow<RoomEvent>) => {
    await vi.waitFor(() => expect(contents(feed)).toEqual([null, null, 'after']));
    expect(JSON.stringify(feed.events)).not.toContain('an address');
    const types = feed.events.map(({ data }) => data.type).filter((type) => !/viewer|user/.test(type));
    expect(types).toEqual([
      'chatMessage',
      'chatMessage',
      'messagePinned',
      'messagePinned',
      'chatCleared',
      'chatMessage',
    ]);
  };

  it('is not replayed to whoever asks for what was before', async () => {
    const { stream, first } = await cleared();
    await expectNoText(follow(node.connect(), { streamId: stream.id, lastEventId: first }));
  });

  it('is not replayed from the log either', async () => {
    const { stream, stays, first } = await cleared();
    stays.stop();
    await node.disconnect();
    await expectNoText(follow(node.connect(), { streamId: stream.id, lastEventId: first }));
  });
});
