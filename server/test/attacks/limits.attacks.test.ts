import type { ErrorCode } from '@versbottomlex/shared';
import { afterEach, describe, expect, it } from 'vitest';
import { createFactories, type Factories, PASSWORD } from '../factories.js';
import { createTestApp, type TestApp } from '../harness.js';
import { openSocket } from '../live/raw-socket.js';

let test: TestApp;
let given: Factories;
let url: string;
afterEach(() => test.close());

/** The application under these limits; an empty one is the default of production. */
const open = async (environment: Record<string, string>) => {
  test = await createTestApp({ environment });
  given = createFactories(test);
  url = await test.app.listen({ host: '127.0.0.1', port: 0 });
};

type Outcome = ErrorCode | 'ok';
type Credentials = { email?: string; username?: string; password: string };
type Way = (input: Credentials, headers?: Record<string, string>) => Promise<Outcome[]>;

const post = async (path: string, input: unknown, headers: Record<string, string> = {}) => {
  const body = JSON.stringify(input);
  const answer = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  return { answer, body: (await answer.json()) as unknown };
};

type TrpcBody = { error?: { data: { appCode: ErrorCode } } };
const trpcOutcome = (body: unknown): Outcome => (body as TrpcBody).error?.data.appCode ?? 'ok';

const overRest: Way = async (input, headers) => {
  const { answer, body } = await post('/api/auth/login', input, headers);
  return [answer.ok ? 'ok' : (body as { code: ErrorCode }).code];
};
const overTrpc: Way = async (input, headers) => [
  trpcOutcome((await post('/trpc/auth.login', input, headers)).body),
];
const inBatch: Way = async (input, headers) => {
  const { body } = await post(
    '/trpc/auth.login,auth.login,auth.login?batch=1',
    { 0: input, 1: input, 2: input },
    headers,
  );
  return Array.isArray(body) ? body.map(trpcOutcome) : [trpcOutcome(body)];
};
const overSocket: Way = async (input, headers = {}) => {
  const socket = await openSocket(url, { headers });
  const frame = await socket.call('mutation', 'auth.login', input);
  socket.ws.terminate();
  return [trpcOutcome(frame)];
};
const ways = { overRest, overTrpc, inBatch, overSocket };

const tallyOf = (outcomes: Outcome[]) => {
  const tally: Partial<Record<Outcome, number>> = {};
  for (const outcome of outcomes) tally[outcome] = (tally[outcome] ?? 0) + 1;
  return tally;
};

const wrong = (name: string): Credentials => ({ email: `${name}@example.com`, password: 'not the password' });

describe('logins of one address', () => {
  it('are ten a minute over any mix of transports, accounts and pretended addresses', async () => {
    await open({ RATE_LIMIT_LOGINS_PER_MINUTE: '' });
    const outcomes: Outcome[] = [];
    for (let round = 0; round < 3; round++) {
      for (const [name, way] of Object.entries(ways)) {
        const lies = {
          'x-forwarded-for': `198.51.100.${round}`,
          'x-real-ip': '198.51.100.9',
          forwarded: 'for=1.1.1.1',
        };
        outcomes.push(...(await way(wrong(`${name}${round}`), lies)));
      }
    }
    expect(tallyOf(outcomes)).toEqual({ INVALID_CREDENTIALS: 10, RATE_LIMITED: 8 });
  });

  it.each(Object.keys(ways) as (keyof typeof ways)[])(
    'are ten a minute %s, also all at once',
    async (name) => {
      await open({ RATE_LIMIT_LOGINS_PER_MINUTE: '' });
      const calls = Array.from({ length: 15 }, (_, index) => ways[name](wrong(`person${index}`)));
      expect(tallyOf((await Promise.all(calls)).flat()).INVALID_CREDENTIALS).toBe(10);
    },
  );

  it.each([
    ['one hop', '1'],
    ['a network', '127.0.0.0/8'],
  ])('are counted by what a trusted proxy says, and no hop before it (%s)', async (_, trusted) => {
    await open({ RATE_LIMIT_LOGINS_PER_MINUTE: '2', TRUST_PROXY: trusted });
    const outcomes: Outcome[] = [];
    for (let spoofed = 0; spoofed < 4; spoofed++) {
      for (const way of [overRest, overSocket]) {
        const headers = { 'x-forwarded-for': `198.51.100.${spoofed}, 192.0.2.1` };
        outcomes.push(...(await way(wrong(`person${spoofed}`), headers)));
      }
    }
    expect(tallyOf(outcomes)).toEqual({ INVALID_CREDENTIALS: 2, RATE_LIMITED: 6 });
    expect(await overRest(wrong('other'), { 'x-forwarded-for': '192.0.2.2' })).toEqual([
      'INVALID_CREDENTIALS',
    ]);
  });

  it('are those of a whole /64 of IPv6, and of IPv4 in its clothes', async () => {
    await open({ RATE_LIMIT_LOGINS_PER_MINUTE: '2', TRUST_PROXY: '1' });
    const from = async (addresses: string[]) => {
      const calls = addresses.map((address) => overRest(wrong('nobody'), { 'x-forwarded-for': address }));
      return tallyOf((await Promise.all(calls)).flat());
    };
    expect(await from(['2001:db8:1:2::1', '2001:db8:1:2::2', '2001:DB8:1:2:ffff::3'])).toEqual({
      INVALID_CREDENTIALS: 2,
      RATE_LIMITED: 1,
    });
    expect(await from(['192.0.2.1', '::ffff:192.0.2.1', '::ffff:c000:201'])).toEqual({
      INVALID_CREDENTIALS: 2,
      RATE_LIMITED: 1,
    });
  });
});

describe('failed logins to one account', () => {
  const limits = { RATE_LIMIT_LOGIN_FAILURES_PER_15_MINUTES: '', TRUST_PROXY: '1' };
  const at = (address: string) => ({ 'x-forwarded-for': address });

  it('are five from one network, however the account is written and on whatever transport', async () => {
    await open(limits);
    const { user } = await given.account();
    const names = [
      { email: user.email },
      { email: user.email.toUpperCase() },
      { username: user.username },
      { username: user.username.toUpperCase() },
    ];
    const outcomes: Outcome[] = [];
    for (const [index, name] of [...names, ...names].entries()) {
      const way = [overRest, overTrpc, overSocket][index % 3] ?? overRest;
      outcomes.push(...(await way({ ...name, password: 'not the password' }, at(`192.0.2.${index}`))));
    }
    expect(tallyOf(outcomes)).toEqual({ INVALID_CREDENTIALS: 5, RATE_LIMITED: 3 });
    expect(await overRest({ email: user.email, password: PASSWORD }, at('192.0.2.99'))).toEqual([
      'RATE_LIMITED',
    ]);
  });

  it('lock neither the owner out elsewhere, nor others in the same network', async () => {
    await open(limits);
    const [owner, neighbour] = [await given.account(), await given.account()];
    const guess = { email: owner.user.email, password: 'not the password' };
    for (let count = 0; count < 6; count++) await overRest(guess, at('192.0.2.1'));
    const right = (email: string) => ({ email, password: PASSWORD });
    expect(await overRest(right(neighbour.user.email), at('192.0.2.1'))).toEqual(['ok']);
    expect(await overRest(right(owner.user.email), at('198.51.100.1'))).toEqual(['ok']);
  });

  it('are counted alike for an account that nobody has', async () => {
    await open(limits);
    const outcomes: Outcome[] = [];
    for (const email of ['Nobody@example.com', 'nobody@example.com', 'NOBODY@EXAMPLE.COM']) {
      for (let count = 0; count < 2; count++)
        outcomes.push(...(await overRest({ email, password: 'not the password' }, at('192.0.2.1'))));
    }
    expect(tallyOf(outcomes)).toEqual({ INVALID_CREDENTIALS: 5, RATE_LIMITED: 1 });
  });
});

describe('calls', () => {
  const statusOf = async (path: string, headers: Record<string, string> = {}) =>
    (await fetch(`${url}${path}`, { headers })).status;

  it('of a batch or a frame count one by one', async () => {
    await open({ RATE_LIMIT_ANONYMOUS_PER_MINUTE: '15' });
    const names = Array.from({ length: 10 }, () => 'streams.list').join(',');
    const batch = async () => {
      const answer = await fetch(`${url}/trpc/${names}?batch=1&input={}`);
      return tallyOf(((await answer.json()) as unknown[]).map(trpcOutcome));
    };
    expect(await batch()).toEqual({ ok: 10 });
    expect(await batch()).toEqual({ ok: 5, RATE_LIMITED: 5 });
    const socket = await openSocket(url);
    expect(trpcOutcome(await socket.call('query', 'streams.list', {}))).toBe('RATE_LIMITED');
    expect(trpcOutcome(await socket.call('subscription', 'streams.onDirectory', {}))).toBe('RATE_LIMITED');
    socket.ws.terminate();
  });

  it('that are answered without asking anything count too, and one that is refused is nobody else’s refusal', async () => {
    await open({ RATE_LIMIT_ANONYMOUS_PER_MINUTE: '3', TRUST_PROXY: '1' });
    const from = (address: string) => statusOf('/api/streams', { 'x-forwarded-for': address });
    const calls = Array.from({ length: 10 }, () => ['192.0.2.1', '192.0.2.2']).flat();
    const statuses = await Promise.all(calls.map(from));
    expect(statuses.filter((status) => status === 200)).toHaveLength(6);
    expect(statuses.filter((status) => status === 429)).toHaveLength(14);
    expect(await from('192.0.2.3')).toBe(200);
  });

  it('with tokens that are no good count as those of a guest', async () => {
    await open({ RATE_LIMIT_ANONYMOUS_PER_MINUTE: '3' });
    const statuses: number[] = [];
    for (const token of ['a', 'b', 'c', 'd', 'e']) {
      statuses.push(await statusOf('/api/auth/me', { authorization: `Bearer ${token}` }));
    }
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
  });

  it('of a session that is refreshed are ten a minute, wherever they come from', async () => {
    await open({ RATE_LIMIT_REFRESHES_PER_MINUTE: '', TRUST_PROXY: '1' });
    let { refreshToken } = await given.account();
    const refresh = async (index: number) => {
      const from = { 'x-forwarded-for': `192.0.2.${index}` };
      const { answer, body } = await post('/api/auth/refresh', { refreshToken }, from);
      if (answer.ok) ({ refreshToken } = body as { refreshToken: string });
      return answer;
    };
    for (let count = 0; count < 10; count++) expect((await refresh(count)).status).toBe(200);
    const refused = await refresh(11);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});
