import { TRPCClientError } from '@trpc/client';
import { createClient } from '@versbottomlex/shared/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { SIGNING_IN } from '../../shared/src/client/session.js';
import { watch } from './client-sockets.js';
import { type BrowserPage, createBrowserPage } from './cookie-jar.js';
import { createFactories, type Factories, PASSWORD } from './factories.js';
import { createTestApp, type TestApp } from './harness.js';
import { operations } from './transports.js';

const ORIGIN = 'https://app.example.com';
const ACCESS_TOKEN_SECONDS = 15 * 60;

let test: TestApp;
let given: Factories;
let url: string;

beforeAll(async () => {
  test = await createTestApp({
    environment: { WEB_ORIGINS: ORIGIN, RATE_LIMIT_HANDSHAKES_PER_MINUTE: '1000' },
  });
  given = createFactories(test);
  url = await test.app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => test.close());

/** A client on a page; several of them may be of one browser. */
const open = (page: BrowserPage = createBrowserPage(ORIGIN)) => {
  const closing = new AbortController();
  const { fetch, WebSocket } = page;
  const api = createClient({ url, session: 'cookies', fetch, WebSocket, signal: closing.signal });
  return { page, api, close: () => closing.abort() };
};

const signedIn = async () => {
  const client = open();
  const { user } = await client.api.auth.register.mutate(given.registration());
  client.page.steps.length = 0;
  return { ...client, user };
};

const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'ok',
    (error: unknown) => (error instanceof TRPCClientError ? error.data?.appCode : String(error)),
  );

it('knows every call that signs in', () => {
  const signing = operations.filter(({ meta }) => meta.signsIn).map(({ procedurePath }) => procedurePath);
  expect([...SIGNING_IN].sort()).toEqual(signing.sort());
});

describe('a session in cookies', () => {
  it('begins with a login, of which the page sees no tokens', async () => {
    const { user } = await given.account();
    const { page, api } = open();
    const answer = await api.auth.login.mutate({ email: user.email, password: PASSWORD });
    expect(Object.keys(answer).sort()).toEqual(['expiresInSeconds', 'user']);
    expect([...page.jar.keys()]).toEqual(['__Host-access', '__Host-refresh']);
    expect((await api.auth.me.query()).id).toBe(user.id);
  });

  it('fetches its CSRF token once, before the first change', async () => {
    const { page, api, user } = await signedIn();
    for (const bio of ['one', 'two']) await api.users.update.mutate({ id: user.id, bio });
    expect(page.steps).toEqual(['csrf-token', 'users.update', 'users.update']);
  });

  it('outlives the page', async () => {
    const { page, user } = await signedIn();
    const { api } = open(page);
    expect((await api.auth.me.query()).id).toBe(user.id);
    expect((await api.users.update.mutate({ id: user.id, bio: 'Hello' })).bio).toBe('Hello');
  });

  it('is renewed by its cookie once for all calls that find out together, which nobody notices', async () => {
    const { page, api, user } = await signedIn();
    test.clock.advance(ACCESS_TOKEN_SECONDS);
    const [me, updated] = await Promise.all([
      api.auth.me.query(),
      api.users.update.mutate({ id: user.id, bio: 'Hello' }),
      ...Array.from({ length: 12 }, () => api.users.get.query({ id: user.id })),
    ]);
    expect([me.id, updated.id]).toEqual([user.id, user.id]);
    expect(page.steps.filter((step) => step === 'auth.refresh')).toHaveLength(1);
    expect(await codeOf(api.auth.me.query())).toBe('ok');
  });

  it('is renewed by each page of a browser in its turn', async () => {
    const { page, api, user } = await signedIn();
    const other = open(page);
    test.clock.advance(ACCESS_TOKEN_SECONDS);
    expect((await api.auth.me.query()).id).toBe(user.id);
    expect((await other.api.auth.me.query()).id).toBe(user.id);
    test.clock.advance(ACCESS_TOKEN_SECONDS);
    expect((await other.api.auth.me.query()).id).toBe(user.id);
    expect((await api.auth.me.query()).id).toBe(user.id);
  });

  it('goes on after a changed password', async () => {
    const { api, user } = await signedIn();
    const newPassword = `${PASSWORD}, changed`;
    await api.auth.changePassword.mutate({ currentPassword: PASSWORD, newPassword });
    expect((await api.users.update.mutate({ id: user.id, bio: 'Hello' })).bio).toBe('Hello');
  });

  it('gets another CSRF token when another page has signed in anew', async () => {
    const { page, api, user } = await signedIn();
    await api.users.update.mutate({ id: user.id, bio: 'one' });
    const other = await given.account();
    await open(page).api.auth.login.mutate({ email: other.user.email, password: PASSWORD });
    page.steps.length = 0;
    expect((await api.users.update.mutate({ id: other.user.id, bio: 'two' })).bio).toBe('two');
    expect(page.steps).toEqual(['users.update', 'csrf-token', 'users.update']);
  });

  it('is gone from the browser after a logout', async () => {
    const { page, api } = await signedIn();
    await api.auth.logout.mutate({});
    expect([...page.jar]).toEqual([]);
    expect(await codeOf(api.auth.me.query())).toBe('NOT_AUTHENTICATED');
    expect(await api.streams.list.query()).toHaveProperty('items');
  });

  it('goes on in a page that signed out when another page has signed in since', async () => {
    const { page, api } = await signedIn();
    await api.auth.logout.mutate({});
    const { user } = await given.account();
    await open(page).api.auth.login.mutate({ email: user.email, password: PASSWORD });
    test.clock.advance(ACCESS_TOKEN_SECONDS);
    expect((await api.auth.me.query()).id).toBe(user.id);
  });

  it('is gone from the browser once it was ended elsewhere, so that its user reads on as a guest', async () => {
    const { page, api, user } = await signedIn();
    await test.services.auth.logout(
      await test.services.auth.authenticateAfresh(page.jar.get('__Host-access') ?? ''),
      { scope: 'everywhere' },
    );
    expect(user.id).toBeTruthy();
    expect(await codeOf(api.auth.me.query())).toBe('SESSION_REVOKED');
    expect([...page.jar]).toEqual([]);
    expect(await codeOf(api.auth.me.query())).toBe('NOT_AUTHENTICATED');
    expect(await api.streams.list.query()).toHaveProperty('items');
  });

  it('is gone from the browser when it could not be renewed any more', async () => {
    const { page, api } = await signedIn();
    test.clock.advance(8 * 24 * 3600);
    expect(await codeOf(api.auth.me.query())).toBe('ACCESS_TOKEN_EXPIRED');
    expect([...page.jar]).toEqual([]);
    expect(await codeOf(api.auth.me.query())).toBe('NOT_AUTHENTICATED');
  });

  it('does not begin for a page of another origin', async () => {
    const { user } = await given.account();
    const { page, api } = open(createBrowserPage('https://evil.example'));
    const call = api.auth.login.mutate({ email: user.email, password: PASSWORD });
    expect(await codeOf(call)).toBe('ORIGIN_NOT_ALLOWED');
    expect([...page.jar]).toEqual([]);
  });
});

describe('the socket of a session in cookies', () => {
  const performerPage = async () => {
    const performer = await given.performer();
    const stream = await given.stream(performer, { isPrivate: true, price: 500 });
    const client = open();
    await client.api.auth.login.mutate({ email: performer.user.email, password: PASSWORD });
    client.page.steps.length = 0;
    return { ...client, performer, stream };
  };
  const begun = (feed: ReturnType<typeof watch>) =>
    vi.waitFor(() => expect(feed.types()).toContain('snapshot'), { timeout: 5000 });

  it('is its owner’s, by the handshake', async () => {
    const { api, stream, close } = await performerPage();
    const feed = watch({ api }, stream.id);
    await begun(feed);
    expect(feed.codes()).toEqual([]);
    close();
  });

  it('goes on over another handshake after a renewal, and misses nothing', async () => {
    const { page, api, stream, close } = await performerPage();
    const feed = watch({ api }, stream.id);
    await begun(feed);
    test.clock.advance(ACCESS_TOKEN_SECONDS - 30);
    await vi.waitFor(() => expect(page.steps.filter((step) => step === 'socket')).toHaveLength(2), {
      timeout: 8000,
    });
    expect(page.steps).toContain('auth.refresh');
    await api.chat.send.mutate({ streamId: stream.id, content: 'after' });
    await vi.waitFor(() => expect(feed.said()).toEqual(['after']), { timeout: 8000 });
    expect(feed.codes()).toEqual([]);
    close();
  });

  it('is opened with renewed cookies when the old ones have expired', async () => {
    const { page, api, stream, close } = await performerPage();
    test.clock.advance(ACCESS_TOKEN_SECONDS);
    const feed = watch({ api }, stream.id);
    await begun(feed);
    expect(page.steps).toEqual(['socket', 'csrf-token', 'auth.refresh', 'socket']);
    close();
  });

  it('tells its subscriptions of a logout', async () => {
    const { api, stream, close } = await performerPage();
    const feed = watch({ api }, stream.id);
    await begun(feed);
    await api.auth.logout.mutate({});
    await vi.waitFor(() => expect(feed.codes()).toEqual(['SESSION_REVOKED']), { timeout: 5000 });
    close();
  });

  it('becomes its user’s with a login', async () => {
    const performer = await given.performer();
    const stream = await given.stream(performer);
    const { page, api, close } = open();
    const feed = watch({ api }, stream.id);
    await begun(feed);
    await api.auth.login.mutate({ email: performer.user.email, password: PASSWORD });
    await vi.waitFor(() => expect(page.steps.filter((step) => step === 'socket')).toHaveLength(2), {
      timeout: 5000,
    });
    close();
  });
});
