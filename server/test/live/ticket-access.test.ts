import type { SignedIn, Stream } from '@versbottomlex/shared';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { Identity } from '../../src/auth/identity.js';
import { contents, follow, opened } from './live-client.js';
import { type LiveNode, openLiveNode } from './live-node.js';

let node: LiveNode;
let performer: SignedIn;
let viewer: SignedIn;
let identity: Identity;
let show: Stream;

beforeAll(async () => {
  node = await openLiveNode();
});
afterAll(() => node.close());
afterEach(() => node.disconnect());
beforeEach(async () => {
  performer = await node.given.performer();
  viewer = await node.given.account();
  identity = await node.test.services.auth.authenticate(performer.accessToken);
  show = await node.given.stream(performer, { isPrivate: true, price: 500 });
  await node.given.funds(viewer, 500);
});

const refusedWith = (appCode: string) => [
  expect.objectContaining({ data: expect.objectContaining({ appCode }) }),
];

it('a ticket opens the feed at once to whoever was refused it, over the same socket', async () => {
  const client = node.connect(viewer.accessToken);
  const refused = follow(client, { streamId: show.id });
  await vi.waitFor(() => expect(refused.errors).toEqual(refusedWith('ACCESS_REQUIRED')));
  await client.api.payments.buyAccess.mutate({ streamId: show.id });
  const feed = await opened(follow(client, { streamId: show.id, kinds: ['chat'] }));
  await client.api.chat.send.mutate({ streamId: show.id, content: 'Here I am' });
  await vi.waitFor(() => expect(contents(feed)).toEqual(['Here I am']));
  expect((await client.api.streams.get.query({ id: show.id })).id).toBe(show.id);
  const { items } = await client.api.chat.history.query({ streamId: show.id });
  expect(items.map(({ content }) => content)).toEqual(['Here I am']);
});

it('a refund ends the feed of whoever held the ticket, and of nobody else', async () => {
  const other = await node.given.account();
  await node.given.ticket(other, show);
  const { id } = await node.given.ticket(viewer, show);
  const [feed, kept] = await Promise.all(
    [viewer, other].map((who) =>
      opened(follow(node.connect(who.accessToken), { streamId: show.id, kinds: ['chat'] })),
    ),
  );
  await node.test.services.refunds.refund(identity, id);
  await vi.waitFor(() => expect(feed?.errors).toEqual(refusedWith('ACCESS_REQUIRED')));
  await node.test.services.chat.send(identity, { streamId: show.id, content: 'for those who paid' });
  await vi.waitFor(() => expect(kept && contents(kept)).toEqual(['for those who paid']));
  expect(feed && contents(feed)).toEqual([]);
});

it('a refund ends the feed of a show whose id was written in capitals too', async () => {
  const { id } = await node.given.ticket(viewer, show);
  const streamId = show.id.toUpperCase();
  const feed = await opened(follow(node.connect(viewer.accessToken), { streamId, kinds: ['chat'] }));
  await node.test.services.refunds.refund(identity, id);
  await vi.waitFor(() => expect(feed.errors).toEqual(refusedWith('ACCESS_REQUIRED')));
});

it('a cancelled show gives the money back and ends the feeds of its viewers', async () => {
  await node.test.services.streams.end(identity, show.id);
  const cancelled = await node.given.show(performer);
  await node.given.ticket(viewer, cancelled);
  const client = node.connect(viewer.accessToken);
  const feed = await opened(follow(client, { streamId: cancelled.id, kinds: ['stream'] }));
  await node.test.services.streams.end(identity, cancelled.id);
  await vi.waitFor(() => expect(feed.errors).toEqual(refusedWith('ACCESS_REQUIRED')));
  // First why, then that it is over; and no price for what nobody can buy any more.
  expect(feed.events.at(-1)?.data).toMatchObject({ type: 'streamUpdate', stream: { status: 'ended' } });
  expect(feed.errors[0]).not.toHaveProperty('data.price');
  expect((await client.api.payments.wallet.query()).balance).toBe(1_000);
});
