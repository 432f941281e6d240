import type { RoomEvent, SignedIn, Stream } from '@versbottomlex/shared';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { type Follow, follow, opened } from './live-client.js';
import { type LiveNode, openLiveNode } from './live-node.js';
import { eventsOf, openSocket } from './raw-socket.js';

let node: LiveNode;
let performer: SignedIn;
let stream: Stream;

beforeAll(async () => {
  node = await openLiveNode();
});
afterAll(() => node.close());
afterEach(() => node.disconnect());
beforeEach(async () => {
  performer = await node.given.performer();
  stream = await node.given.stream(performer);
});

const come = (accessToken?: string) => opened(follow(node.connect(accessToken), { streamId: stream.id }));

const comings = ({ events }: Follow<RoomEvent>, { user }: SignedIn): string[] =>
  events.flatMap(({ data }) => {
    if (data.type === 'userJoined' && data.user.id === user.id) return ['joined'];
    return data.type === 'userLeft' && data.userId === user.id ? ['left'] : [];
  });

const identityOf = ({ accessToken }: SignedIn) => node.test.services.auth.authenticate(accessToken);

/** An event that everybody hears after all that was told before. */
const mark = async (feed: Follow<RoomEvent>) => {
  const content = `mark ${feed.events.length}`;
  await node.test.services.chat.send(await identityOf(performer), { streamId: stream.id, content });
  await vi.waitFor(() => expect(JSON.stringify(feed.events)).toContain(content));
};

it('two tabs, a reload and a network blip are one join and no leave', async () => {
  const watching = await come();
  const viewer = await node.given.account();
  const tab = node.connect(viewer.accessToken);
  const feed = await opened(follow(tab, { streamId: stream.id }));
  await vi.waitFor(() => expect(comings(watching, viewer)).toEqual(['joined']));

  // A second tab, which is closed again.
  const second = node.connect(viewer.accessToken);
  await opened(follow(second, { streamId: stream.id }));
  await second.close();
  // A blip.
  tab.drop();
  node.test.clock.advance(5);
  await vi.waitFor(() => expect(feed.events.at(-1)?.data.type).toBe('viewerCount'));
  // A reload: the page goes, and another comes within the grace.
  await tab.close();
  node.test.clock.advance(7);
  await come(viewer.accessToken);
  node.test.clock.advance(9);
  await vi.waitFor(() => expect(node.test.services.presence.audienceOf(stream.id).viewerCount).toBe(2));
  await mark(watching);
  expect(comings(watching, viewer)).toEqual(['joined']);
});

it('who stays away is told to have left, after the grace, and joins anew', async () => {
  const watching = await come();
  const viewer = await node.given.account();
  const client = node.connect(viewer.accessToken);
  await opened(follow(client, { streamId: stream.id }));
  await vi.waitFor(() => expect(comings(watching, viewer)).toEqual(['joined']));
  const { rooms } = node.test.services.live.load();
  await client.close();
  await vi.waitFor(() => expect(node.test.services.live.load().followers).toBe(0));
  expect(rooms).toBe(1);
  node.test.clock.advance(9);
  await vi.waitFor(() => expect(comings(watching, viewer)).toEqual(['joined', 'left']));
  await come(viewer.accessToken);
  await vi.waitFor(() => expect(comings(watching, viewer)).toEqual(['joined', 'left', 'joined']));
});

it('what is told of viewers repeats the id of the last logged event', async () => {
  const watching = await come();
  await node.test.services.chat.send(await identityOf(performer), { streamId: stream.id, content: 'one' });
  const viewer = await node.given.account();
  await come(viewer.accessToken);
  await vi.waitFor(() => expect(comings(watching, viewer)).toEqual(['joined']));
  node.test.clock.advance(2);
  await vi.waitFor(() =>
    expect(watching.events.at(-1)?.data).toMatchObject({ type: 'viewerCount', viewerCount: 2 }),
  );
  const logged = watching.events.find(({ data }) => data.type === 'chatMessage');
  const after = watching.events.slice(watching.events.indexOf(logged as (typeof watching.events)[number]));
  expect(new Set(after.map(({ id }) => id))).toEqual(new Set([logged?.id]));
});

it('a viewer does not count twice for two feeds of one room, and a guest’s socket is one guest', async () => {
  const viewer = await node.given.account();
  const client = node.connect(viewer.accessToken);
  await opened(follow(client, { streamId: stream.id }));
  await opened(follow(client, { streamId: stream.id, kinds: ['chat'] }));
  const guest = node.connect();
  await opened(follow(guest, { streamId: stream.id }));
  await opened(follow(guest, { streamId: stream.id, kinds: ['tips'] }));
  expect(node.test.services.presence.audienceOf(stream.id)).toEqual({ viewerCount: 2, guestCount: 1 });
});

it('a narrowed feed of viewers is told of nothing else', async () => {
  const client = node.connect();
  const events: RoomEvent['type'][] = [];
  client.api.presence.onChange.subscribe(
    { streamId: stream.id },
    { onData: ({ data }) => events.push(data.type) },
  );
  await vi.waitFor(() => expect(events).toContain('snapshot'));
  const all = await come();
  await mark(all);
  const viewer = await node.given.account();
  await come(viewer.accessToken);
  await vi.waitFor(() => expect(events).toContain('userJoined'));
  expect(events).not.toContain('chatMessage');
});

it('guests are counted by their sockets, whatever they say that these are called', async () => {
  const guests = await Promise.all(
    [1, 2, 3].map(() => openSocket(node.url, { headers: { 'x-request-id': 'one-and-the-same' } })),
  );
  const input = { streamId: stream.id };
  await Promise.all(guests.map((guest) => guest.call('subscription', 'streams.onEvent', input)));
  await vi.waitFor(() => expect(guests.every((guest) => eventsOf(guest, 'snapshot').length > 0)).toBe(true));
  expect(node.test.services.presence.audienceOf(stream.id)).toEqual({ viewerCount: 3, guestCount: 3 });
  for (const guest of guests) guest.ws.terminate();
});
