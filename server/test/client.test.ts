import { TRPCClientError } from '@trpc/client';
import { isErrorCode } from '@versbottomlex/shared';
import { type AppRouter, createClient, createMemoryTokenStore } from '@versbottomlex/shared/client';
import { afterAll, beforeAll, beforeEach, describe, expect, expectTypeOf, it } from 'vitest';
import { createFactories, type Factories, PASSWORD } from './factories.js';
import { createTestApp, type TestApp } from './harness.js';

const ACCESS_TOKEN_SECONDS = 15 * 60;

let test: TestApp;
let given: Factories;
let url: string;
/** The procedures of each HTTP request that was sent, batched ones together. */
let sent: string[];

const watchedFetch: typeof fetch = (input, init) => {
  sent.push(new URL(String(input)).pathname.replace('/trpc/', ''));
  return fetch(input, init);
};

const connect = () => {
  const tokens = createMemoryTokenStore();
  return { tokens, api: createClient({ url, tokens, fetch: watchedFetch }) };
};

/** A client whose user has just registered. */
const signedInClient = async () => {
  const client = connect();
  const input = given.registration();
  const { user } = await client.api.auth.register.mutate(input);
  sent = [];
  return { ...client, user };
};

const failureOf = async (call: Promise<unknown>) => {
  const error: unknown = await call.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!(error instanceof TRPCClientError)) throw new Error('the call did not fail as a TRPCClientError');
  return error as TRPCClientError<AppRouter>;
};

const codeOf = async (call: Promise<unknown>) => (await failureOf(call)).data?.appCode;

beforeAll(async () => {
  test = await createTestApp();
  given = createFactories(test);
  url = await test.app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => test.close());
beforeEach(() => {
  sent = [];
});

describe('a call', () => {
  it('gives what the server gave, as its type says', async () => {
    const { api } = connect();
    const { user } = await given.account();
    const profile = await api.users.get.query({ id: user.id });
    expectTypeOf(profile.username).toEqualTypeOf<string>();
    expectTypeOf(profile.role).toEqualTypeOf<'viewer' | 'performer' | 'admin'>();
    expectTypeOf(profile).not.toHaveProperty('email');
    expect(profile).toMatchObject({ id: user.id, username: user.username });
  });

  it('needs no input where every field has a default', async () => {
    const { api } = await signedInClient();
    const [streams, payments] = await Promise.all([api.streams.list.query(), api.payments.history.query()]);
    expect(payments).toEqual({ items: [], nextCursor: null });
    expect(streams).toHaveProperty('items');
  });

  it('fails with one of our codes, the request’s id and the broken rules', async () => {
    const { api } = connect();
    const input = { username: 'a b', email: 'nobody', password: PASSWORD };
    const { data } = await failureOf(api.auth.register.mutate(input));
    expect(data).toMatchObject({
      appCode: 'VALIDATION_FAILED',
      httpStatus: 422,
      requestId: expect.any(String),
    });
    expect(data?.issues?.map(({ path }) => path)).toEqual(['username', 'email']);
    expect(isErrorCode(data?.appCode)).toBe(true);
  });

  it('fails without a code when no server answers', async () => {
    const api = createClient({ url: 'http://127.0.0.1:1' });
    const error = await failureOf(api.streams.list.query());
    expect(error.data ?? undefined).toBeUndefined();
  });

  it('does not compile with an input of another shape', () => {
    const { api } = connect();
    expectTypeOf(api.streams.list.query).parameter(0).not.toExtend<{ limit: string }>();
    expectTypeOf(api.streams.create.mutate).parameter(0).toHaveProperty('title').toEqualTypeOf<string>();
    expectTypeOf(api.auth.register.mutate).parameter(0).not.toHaveProperty('role');
  });
});

describe('a batch', () => {
  it('carries the calls of one tick in one request', async () => {
    const { api, user } = await signedInClient();
    const { id } = user;
    const [me, profile, list] = await Promise.all([
      api.auth.me.query(),
      api.users.get.query({ id }),
      api.users.listStreams.query({ id }),
    ]);
    expect([me.id, profile.id, list.items]).toEqual([id, id, []]);
    expect(sent).toEqual(['auth.me,users.get,users.listStreams']);
  });

  it('holds ten calls at most', async () => {
    const { api, user } = await signedInClient();
    await Promise.all(Array.from({ length: 23 }, () => api.users.get.query({ id: user.id })));
    expect(sent.map((names) => names.split(',').length)).toEqual([10, 10, 3]);
  });

  it('fails call by call', async () => {
    const { api, user } = await signedInClient();
    const [profile, code] = await Promise.all([
      api.users.get.query({ id: user.id }),
      codeOf(api.users.get.query({ id: 'me' })),
    ]);
    expect([profile.id, code]).toEqual([user.id, 'VALIDATION_FAILED']);
    expect(sent).toEqual(['users.get,users.get']);
  });
});

describe('a session', () => {
  it('begins with a registration, and is sent from then on', async () => {
    const { api, tokens, user } = await signedInClient();
    expect((await api.auth.me.query()).id).toBe(user.id);
    expect(await tokens.load()).toEqual({
      accessToken: expect.any(String),
      refreshToken: expect.any(String),
      expiresInSeconds: ACCESS_TOKEN_SECONDS,
    });
  });

  it('begins with a login', async () => {
    const { user } = await given.account();
    const { api } = connect();
    await api.auth.login.mutate({ email: user.email, password: PASSWORD });
    expect((await api.auth.me.query()).id).toBe(user.id);
  });

  it('goes on after a changed password', async () => {
    const { api, user } = await signedInClient();
    await api.auth.changePassword.mutate({ currentPassword: PASSWORD, newPassword: `${PASSWORD}, changed` });
    expect((await api.auth.me.query()).id).toBe(user.id);
  });

  it('is renewed when the access token has expired, which nobody notices', async () => {
    const { api, user } = await signedInClient();
    test.clock.advance(ACCESS_TOKEN_SECONDS);
    expect((await api.auth.me.query()).id).toBe(user.id);
    expect(sent).toEqual(['auth.me', 'auth.refresh', 'auth.me']);
  });

  it('is renewed once for all calls that find out together', async () => {
    const { api, user } = await signedInClient();
    const calls = () => [
      ...Array.from({ length: 12 }, () => api.users.get.query({ id: user.id })),
      api.auth.me.query(),
      api.users.update.mutate({ id: user.id, bio: 'Hello' }),
    ];
    test.clock.advance(ACCESS_TOKEN_SECONDS);
    const answers = await Promise.all(calls());
    expect(new Set(answers.map(({ id }) => id))).toEqual(new Set([user.id]));
    expect(sent.filter((names) => names === 'auth.refresh')).toHaveLength(1);
    test.clock.advance(ACCESS_TOKEN_SECONDS);
    await Promise.all(calls());
    expect(sent.filter((names) => names === 'auth.refresh')).toHaveLength(2);
  });

  it('signs in with an expired session at hand', async () => {
    const { api, user } = await signedInClient();
    test.clock.advance(ACCESS_TOKEN_SECONDS);
    await api.auth.login.mutate({ email: user.email, password: PASSWORD });
    expect(sent).toEqual(['auth.login']);
  });

  it('is forgotten by a logout', async () => {
    const { api, tokens } = await signedInClient();
    await api.auth.logout.mutate({});
    expect(await tokens.load()).toBeNull();
    expect(await codeOf(api.auth.me.query())).toBe('NOT_AUTHENTICATED');
    expect(await api.streams.list.query()).toHaveProperty('items');
  });

  it('is forgotten when it has ended before it could be renewed', async () => {
    const { api, tokens } = await signedInClient();
    test.clock.advance(8 * 24 * 3600);
    expect(await codeOf(api.auth.me.query())).toBe('ACCESS_TOKEN_EXPIRED');
    expect(await tokens.load()).toBeNull();
    expect(await api.streams.list.query()).toHaveProperty('items');
  });

  it('is forgotten when it was ended elsewhere, so that its user reads on as a guest', async () => {
    const { api, tokens, user } = await signedInClient();
    const elsewhere = connect();
    await elsewhere.api.auth.login.mutate({ email: user.email, password: PASSWORD });
    await elsewhere.api.auth.logout.mutate({ scope: 'everywhere' });
    expect(await codeOf(api.auth.me.query())).toBe('SESSION_REVOKED');
    expect(await tokens.load()).toBeNull();
    expect(await api.streams.list.query()).toHaveProperty('items');
  });

  it.each(['auth.me', 'auth.logout'])(
    'is forgotten when its tokens are nobody’s, as %s finds out',
    async (path) => {
      const { api, tokens } = connect();
      await tokens.save({ accessToken: 'lost', refreshToken: 'lost', expiresInSeconds: 1 });
      const call = path === 'auth.me' ? api.auth.me.query() : api.auth.logout.mutate({});
      expect(await codeOf(call)).toBe('ACCESS_TOKEN_INVALID');
      expect(await tokens.load()).toBeNull();
    },
  );

  it('is forgotten by the logout of a suspended account', async () => {
    const { api, tokens } = connect();
    await tokens.save(await given.suspended());
    expect(await codeOf(api.auth.me.query())).toBe('ACCOUNT_SUSPENDED');
    expect(await tokens.load()).not.toBeNull();
    expect(await codeOf(api.auth.logout.mutate({}))).toBe('ACCOUNT_SUSPENDED');
    expect(await tokens.load()).toBeNull();
  });

  it('is kept when only the renewal could not be made', async () => {
    const { api, tokens } = await signedInClient();
    const held = await tokens.load();
    test.clock.advance(ACCESS_TOKEN_SECONDS);
    const away = createClient({
      url,
      tokens,
      fetch: (input, init) =>
        String(input).includes('auth.refresh') ? Promise.reject(new Error('away')) : fetch(input, init),
    });
    await failureOf(away.auth.me.query());
    expect(await tokens.load()).toEqual(held);
    expect(await api.auth.me.query()).toHaveProperty('email');
  });

  it('survives an answer that was under way while the user signed in anew', async () => {
    const { tokens, user } = await signedInClient();
    let arrive = (): void => {};
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const slow = createClient({
      url,
      tokens,
      fetch: async (input, init) => {
        const answer = await fetch(input, init);
        if (String(input).includes('auth.me')) await arrived;
        return answer;
      },
    });
    await test.services.auth.logout(
      await test.services.auth.authenticateAfresh((await tokens.load())?.accessToken ?? ''),
      { scope: 'everywhere' },
    );
    const late = codeOf(slow.auth.me.query());
    await slow.auth.login.mutate({ email: user.email, password: PASSWORD });
    arrive();
    expect(await late).toBe('SESSION_REVOKED');
    expect(await tokens.load()).not.toBeNull();
  });
});
