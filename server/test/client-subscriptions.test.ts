import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RoomEvent, SignedIn, Stream } from '@versbottomlex/shared';
import { createMemoryTokenStore } from '@versbottomlex/shared/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import { createWatchedClient, type WatchedClient, watch } from './client-sockets.js';
import { createFactories, type Factories, PASSWORD } from './factories.js';
import { createTestApp, type TestApp } from './harness.js';

const ACCESS_TOKEN_SECONDS = 15 * 60;
const NOTICE_SECONDS = 60;
const GRACE_SECONDS = 30;

let test: TestApp;
let given: Factories;
let url: string;
let performer: SignedIn;
let stream: Stream;
let say: (content: string) => Promise<unknown>;
const clients: WatchedClient[] = [];

const connect = (...[to, options]: Partial<Parameters<typeof createWatchedClient>>): WatchedClient => {
  const client = createWatchedClient(to ?? url, options);
  clients.push(client);
  return client;
};

/** A client whose user has just registered. */
const connectSignedIn = async () => {
  const client = connect();
  const { user } = await client.api.auth.register.mutate(given.registration());
  client.steps.length = 0;
  return { ...client, user };
};

/** A private stream, and its performer, who may follow it. */
const hiddenStream = async () => {
  const owner = await given.performer();
  return { user: owner.user, hidden: await given.stream(owner, { isPrivate: true, price: 100 }) };
};

const isOpen = async (feed: { events: unknown[] }) =>
  vi.waitFor(() => expect(feed.events.length).toBeGreaterThan(0), { timeout: 5000 });

beforeAll(async () => {
  test = await createTestApp({ environment: { RATE_LIMIT_HANDSHAKES_PER_MINUTE: '10000' } });
  given = createFactories(test);
  url = await test.app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => test.close());

beforeEach(async () => {
  // Without chance in the pauses between attempts, an attempt that should not be made would come at once.
  vi.spyOn(Math, 'random').mockReturnValue(0);
  performer = await given.performer();
  stream = await given.stream(performer);
  const identity = await test.services.auth.authenticate(performer.accessToken);
  say = (content) => test.services.chat.send(identity, { streamId: stream.id, content });
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  vi.restoreAllMocks();
});

describe('a subscription', () => {
  it('tells a guest every event with its id, in the types of the schemas', async () => {
    const client = connect();
    const feed = watch(client, stream.id);
    await isOpen(feed);
    await say('Hello');
    await vi.waitFor(() => expect(feed.said()).toEqual(['Hello']));
    const [first] = feed.events;
    expectTypeOf(first).toEqualTypeOf<{ id: string; data: RoomEvent } | undefined>();
    expect(first).toMatchObject({ id: expect.stringMatching(/^\d+:\d+$/), data: { type: 'snapshot' } });
    client.api.streams.onEvent.subscribe(
      { streamId: stream.id },
      {
        onData: ({ id, data }) => {
          expectTypeOf(id).toBeString();
          if (data.type === 'chatMessage') expectTypeOf(data.message.content).toEqualTypeOf<string | null>();
          if (data.type === 'viewerCount') expectTypeOf(data.viewerCount).toBeNumber();
        },
      },
    );
    expectTypeOf(client.api.streams.onEvent.subscribe).parameter(0).not.toExtend<{ streamId: number }>();
  });

  it('is made as whoever is signed in', async () => {
    const { user, hidden } = await hiddenStream();
    const client = connect();
    const refused = watch(client, hidden.id);
    await vi.waitFor(() => expect(refused.codes()).toEqual(['ACCESS_REQUIRED']));
    await client.api.auth.login.mutate({ username: user.username, password: PASSWORD });
    const feed = watch(client, hidden.id);
    await isOpen(feed);
    expect(client.sockets).toHaveLength(1);
  });

  it('shares one socket with all others, while queries go on in batches over HTTP', async () => {
    const client = connect();
    const other = await given.stream(await given.performer());
    const feeds = [stream, other].map(({ id }) => watch(client, id));
    await Promise.all(feeds.map(isOpen));
    await Promise.all([
      client.api.streams.get.query({ id: stream.id }),
      client.api.streams.get.query({ id: other.id }),
      client.api.streams.list.query(),
    ]);
    expect(client.steps).toEqual(['socket', 'streams.get,streams.get,streams.list']);
    expect(client.frames.join()).not.toContain('streams.get');
  });

  it('goes on after a lost connection with exactly what was missed', async () => {
    const client = connect();
    const feed = watch(client, stream.id);
    await isOpen(feed);
    await say('one');
    await vi.waitFor(() => expect(feed.said()).toEqual(['one']));
    client.drop();
    await say('two');
    await say('three');
    await vi.waitFor(() => expect(feed.said()).toEqual(['one', 'two', 'three']));
    await say('four');
    await vi.waitFor(() => expect(feed.said()).toEqual(['one', 'two', 'three', 'four']));
    expect(feed.types().filter((type) => type === 'snapshot')).toHaveLength(1);
    expect([feed.codes(), client.sockets.length]).toEqual([[], 2]);
  });

  it('leaves no socket behind', async () => {
    const client = connect();
    const feed = watch(client, stream.id);
    await isOpen(feed);
    feed.unsubscribe();
    const [socket] = client.sockets;
    await vi.waitFor(() => expect(socket?.readyState).toBe(socket?.CLOSED), {
      timeout: 15_000,
      interval: 100,
    });
    const again = watch(client, stream.id);
    await isOpen(again);
    expect(client.sockets).toHaveLength(2);
  });

  it('completes once the client is closed by its signal, and none begins after that', async () => {
    const client = connect();
    const feed = watch(client, stream.id);
    await isOpen(feed);
    client.close();
    expect([feed.isComplete(), feed.codes()]).toEqual([true, []]);
    const [socket] = client.sockets;
    await vi.waitFor(() => expect(socket?.readyState).toBe(socket?.CLOSED));
    const late = watch(client, stream.id);
    await vi.waitFor(() => expect(late.errors).toHaveLength(1));
    expect(late.errors[0]?.message).toBe('This client was closed by its signal.');
    expect(await client.api.streams.list.query()).toHaveProperty('items');
    expect(client.sockets).toHaveLength(1);
  });

  it('says what is missing where there is no WebSocket', async () => {
    vi.stubGlobal('WebSocket', undefined);
    const { api } = connect(url, { WebSocket: undefined });
    vi.unstubAllGlobals();
    const feed = watch({ api }, stream.id);
    await vi.waitFor(() => expect(feed.errors).toHaveLength(1));
    expect(feed.errors[0]?.message).toBe(
      'Subscriptions need a WebSocket, and there is none here: pass createClient one as `WebSocket`.',
    );
    expect(await api.streams.list.query()).toHaveProperty('items');
  });
});

describe('the session of an open socket', () => {
  it('is renewed in band when it is about to expire, which no subscription notices', async () => {
    const client = await connectSignedIn();
    const feeds = [watch(client, stream.id), watch(client, stream.id)];
    await Promise.all(feeds.map(isOpen));
    test.clock.advance(ACCESS_TOKEN_SECONDS - NOTICE_SECONDS);
    await vi.waitFor(() => expect(client.frames.join()).toContain('auth.renewSocket'), { timeout: 5000 });
    expect(feeds[0]?.types()).toContain('authExpiring');
    test.clock.advance(NOTICE_SECONDS + GRACE_SECONDS + 1);
    await say('still there?');
    for (const feed of feeds) await vi.waitFor(() => expect(feed.said()).toEqual(['still there?']));
    const fresh = watch(client, stream.id);
    await isOpen(fresh);
    expect(client.steps).toEqual(['socket', 'auth.refresh']);
    expect(feeds.flatMap((feed) => feed.codes())).toEqual([]);
  });

  it('is renewed before coming back when it has expired unnoticed, and nothing is missed', async () => {
    const client = await connectSignedIn();
    const feed = watch(client, stream.id);
    await isOpen(feed);
    test.clock.advance(ACCESS_TOKEN_SECONDS + GRACE_SECONDS);
    await vi.waitFor(() => expect(client.sockets[0]?.readyState).toBe(client.sockets[0]?.CLOSED), {
      timeout: 5000,
    });
    await say('meanwhile');
    await vi.waitFor(() => expect(feed.said()).toEqual(['meanwhile']), { timeout: 5000 });
    expect(client.steps).toEqual(['socket', 'auth.refresh', 'socket']);
    expect(feed.codes()).toEqual([]);
  });

  it('is renewed when it expired while the connection was lost', async () => {
    const client = await connectSignedIn();
    const feed = watch(client, stream.id);
    await isOpen(feed);
    test.clock.advance(ACCESS_TOKEN_SECONDS);
    client.drop();
    await say('meanwhile');
    await vi.waitFor(() => expect(feed.said()).toEqual(['meanwhile']), { timeout: 5000 });
    expect(client.steps).toEqual(['socket', 'socket', 'auth.refresh', 'socket']);
    expect(feed.codes()).toEqual([]);
  });

  it('shares one renewal with the calls over HTTP', async () => {
    const client = await connectSignedIn();
    const feed = watch(client, stream.id);
    await isOpen(feed);
    test.clock.advance(ACCESS_TOKEN_SECONDS + GRACE_SECONDS);
    await Promise.all([client.api.auth.me.query(), client.api.users.get.query({ id: client.user.id })]);
    await say('still there?');
    await vi.waitFor(() => expect(feed.said()).toEqual(['still there?']), { timeout: 5000 });
    expect(client.steps.filter((step) => step === 'auth.refresh')).toHaveLength(1);
    expect(feed.codes()).toEqual([]);
  });

  it('is renewed by the first subscription that finds it expired', async () => {
    const client = await connectSignedIn();
    await isOpen(watch(client, stream.id));
    test.clock.advance(ACCESS_TOKEN_SECONDS);
    const feed = watch(client, stream.id);
    await isOpen(feed);
    expect(feed.codes()).toEqual([]);
    expect(client.steps.filter((step) => step === 'auth.refresh')).toHaveLength(1);
  });

  it('is kept while it only could not be renewed yet, and nothing is missed', async () => {
    const client = await connectSignedIn();
    let refusals = 0;
    const lasting = connect(url, {
      tokens: client.tokens,
      fetch: (input, init) => {
        if (!String(input).includes('auth.refresh') || refusals > 0) return fetch(input, init);
        refusals += 1;
        return Promise.reject(new Error('away'));
      },
    });
    const feed = watch(lasting, stream.id);
    await isOpen(feed);
    test.clock.advance(ACCESS_TOKEN_SECONDS + GRACE_SECONDS);
    await vi.waitFor(() => expect(refusals).toBe(1), { timeout: 5000 });
    await say('meanwhile');
    await vi.waitFor(() => expect(feed.said()).toEqual(['meanwhile']), { timeout: 5000 });
    expect([feed.codes(), lasting.steps]).toEqual([[], ['socket', 'socket']]);
  });

  it('ends every subscription once it cannot be renewed any more, and is forgotten', async () => {
    const client = await connectSignedIn();
    const feed = watch(client, stream.id);
    await isOpen(feed);
    test.clock.advance(8 * 24 * 3600);
    await vi.waitFor(() => expect(feed.codes()).toEqual(['REFRESH_TOKEN_INVALID']), { timeout: 5000 });
    expect(await client.tokens.load()).toBeNull();
    const asGuest = watch(client, stream.id);
    await isOpen(asGuest);
    expect(client.steps).toEqual(['socket', 'auth.refresh', 'socket']);
  });

  it('begins with a login: a guest’s socket then acts as that account', async () => {
    const { user, hidden } = await hiddenStream();
    const client = connect();
    const feed = watch(client, stream.id);
    await isOpen(feed);
    await client.api.auth.login.mutate({ username: user.username, password: PASSWORD });
    await isOpen(watch(client, hidden.id));
    await say('still there?');
    await vi.waitFor(() => expect(feed.said()).toEqual(['still there?']));
    expect(client.steps).toEqual(['socket', 'auth.login']);
  });

  it('moves to another socket with another account, and nothing is missed', async () => {
    const { user, hidden } = await hiddenStream();
    const client = await connectSignedIn();
    const feed = watch(client, stream.id);
    await isOpen(feed);
    await client.api.auth.login.mutate({ username: user.username, password: PASSWORD });
    await say('meanwhile');
    await isOpen(watch(client, hidden.id));
    await vi.waitFor(() => expect(feed.said()).toEqual(['meanwhile']));
    expect(client.steps).toEqual(['socket', 'auth.login', 'socket']);
    expect(feed.codes()).toEqual([]);
  });

  it('outlives a changed password', async () => {
    const client = await connectSignedIn();
    const feed = watch(client, stream.id);
    await isOpen(feed);
    const newPassword = `${PASSWORD}, changed`;
    await client.api.auth.changePassword.mutate({ currentPassword: PASSWORD, newPassword });
    test.clock.advance(GRACE_SECONDS + 1);
    await isOpen(watch(client, stream.id));
    await say('still there?');
    await vi.waitFor(() => expect(feed.said()).toEqual(['still there?']));
    expect(client.steps).toEqual(['socket', 'auth.changePassword']);
  });
});

describe('coming back', () => {
  it('is not tried after a ban, which ends the subscriptions to that room alone', async () => {
    const client = await connectSignedIn();
    const other = await given.stream(await given.performer());
    const [feed, elsewhere] = [watch(client, stream.id), watch(client, other.id)];
    await Promise.all([feed, elsewhere].map(isOpen));
    const identity = await test.services.auth.authenticate(performer.accessToken);
    await test.services.moderation.restrict(identity, {
      streamId: stream.id,
      userId: client.user.id,
      kind: 'ban',
      reason: 'a test',
    });
    await vi.waitFor(() => expect(feed.codes()).toEqual(['BANNED']), { timeout: 5000 });
    expect([elsewhere.codes(), elsewhere.isComplete(), client.steps]).toEqual([[], false, ['socket']]);
  });

  it('is not tried when the session was ended elsewhere: every subscription says so', async () => {
    const client = await connectSignedIn();
    const feeds = [watch(client, stream.id), watch(client, stream.id)];
    await Promise.all(feeds.map(isOpen));
    const elsewhere = connect();
    await elsewhere.api.auth.login.mutate({ username: client.user.username, password: PASSWORD });
    await elsewhere.api.auth.logout.mutate({ scope: 'everywhere' });
    for (const feed of feeds) {
      await vi.waitFor(() => expect(feed.codes()).toEqual(['SESSION_REVOKED']), { timeout: 5000 });
      expect(feed.errors[0]?.data).toMatchObject({ code: 'UNAUTHORIZED', httpStatus: 401 });
    }
    expect(await client.tokens.load()).toBeNull();
    const asGuest = watch(client, stream.id);
    await isOpen(asGuest);
    expect(client.steps).toEqual(['socket', 'socket']);
  });

  it('is not tried after a logout of its own', async () => {
    const client = await connectSignedIn();
    const feed = watch(client, stream.id);
    await isOpen(feed);
    await client.api.auth.logout.mutate({});
    await vi.waitFor(() => expect(feed.codes()).toEqual(['SESSION_REVOKED']), { timeout: 5000 });
    await isOpen(watch(client, stream.id));
    expect(client.steps).toEqual(['socket', 'auth.logout', 'socket']);
  });

  it('is not tried by a suspended account', async () => {
    const client = connect();
    await client.tokens.save(await given.suspended());
    const feed = watch(client, stream.id);
    await vi.waitFor(() => expect(feed.codes()).toEqual(['ACCOUNT_SUSPENDED']));
    expect(feed.errors[0]?.data?.httpStatus).toBe(403);
    await client.tokens.save(null);
    await isOpen(watch(client, stream.id));
    expect(client.steps).toEqual(['socket', 'socket']);
  });

  it('is not tried with parameters that cannot be read', async () => {
    const client = connect();
    await client.tokens.save({ accessToken: 'x'.repeat(9000), refreshToken: 'x', expiresInSeconds: 900 });
    const feed = watch(client, stream.id);
    await vi.waitFor(() => expect(feed.codes()).toEqual(['MALFORMED_REQUEST']));
    await client.tokens.save(null);
    await isOpen(watch(client, stream.id));
    expect(client.steps).toEqual(['socket', 'socket']);
  });
});

describe('a server that closes every socket', () => {
  let server: Server;
  let away: string;
  let closing: { code: number; reason: string };
  let handshakeTimesMs: number[];

  beforeAll(async () => {
    server = createServer((_request, response) => {
      const data = {
        accessToken: `renewed-${Math.random()}`,
        refreshToken: 'renewed',
        expiresInSeconds: 900,
      };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify([{ result: { data } }]));
    });
    new WebSocketServer({ server }).on('connection', (socket) => {
      handshakeTimesMs.push(performance.now());
      socket.once('message', () => socket.close(closing.code, closing.reason));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    away = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());
  beforeEach(() => {
    handshakeTimesMs = [];
  });

  it('is asked for one renewal when it refuses the tokens, and not again', async () => {
    closing = { code: 4401, reason: 'ACCESS_TOKEN_EXPIRED' };
    const tokens = createMemoryTokenStore({ accessToken: 'old', refreshToken: 'old', expiresInSeconds: 900 });
    const client = connect(away, { tokens });
    const feed = watch(client, stream.id);
    await vi.waitFor(() => expect(feed.codes()).toEqual(['ACCESS_TOKEN_EXPIRED']), { timeout: 5000 });
    expect(client.steps).toEqual(['socket', 'auth.refresh', 'socket']);
  });

  it.each([1013, 4429])('with %i is left alone for a while', async (code) => {
    closing = { code, reason: '' };
    const client = connect(away);
    const feed = watch(client, stream.id);
    await vi.waitFor(() => expect(handshakeTimesMs).toHaveLength(2), { timeout: 5000 });
    const [first = 0, second = 0] = handshakeTimesMs;
    expect(second - first).toBeGreaterThan(900);
    expect(feed.codes()).toEqual([]);
  });
});
