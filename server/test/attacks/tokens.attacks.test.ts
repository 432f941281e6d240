import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SignedIn } from '@versbottomlex/shared';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectFailure } from '../answers.js';
import { createFactories, type Factories, PASSWORD } from '../factories.js';
import { createTestApp, type TestApp } from '../harness.js';
import { openSocket } from '../live/raw-socket.js';
import { callOver, operationOf, type Transport, transports } from '../transports.js';
import { claimsOf, forgeries, type Loot, signedByUs } from './forged-tokens.js';

let test: TestApp;
let given: Factories;
let url: string;
let attacker: Server;
let attackerUrl: string;
let askedOfAttacker = 0;
/** Every token that was sent, none of which may be found in a log. */
const sent: string[] = [];

beforeAll(async () => {
  test = await createTestApp({
    environment: { RATE_LIMIT_HANDSHAKES_PER_MINUTE: '10000', LOG_LEVEL: 'DEBUG' },
  });
  given = createFactories(test);
  url = await test.app.listen({ host: '127.0.0.1', port: 0 });
  attacker = createServer((_request, response) => {
    askedOfAttacker += 1;
    response.end('{"keys":[]}');
  });
  await new Promise<void>((resolve) => attacker.listen(0, '127.0.0.1', resolve));
  attackerUrl = `http://127.0.0.1:${(attacker.address() as AddressInfo).port}`;
});
afterAll(async () => {
  for (const ws of test.app.websocketServer.clients) ws.terminate();
  await new Promise((resolve) => attacker.close(resolve));
  await test.close();
});

const lootOf = (kind: Loot['kind'], victim: SignedIn): Loot => {
  const { access, refresh } = test.config.secrets;
  return { kind, victim, attackerUrl, keys: { access: access.current, refresh: refresh.current } };
};

const me = (transport: Transport, accessToken: string) => {
  sent.push(accessToken);
  return callOver(test.app, transport, operationOf('auth.me'), undefined, { as: { accessToken } });
};
const refresh = (transport: Transport, refreshToken: string) => {
  sent.push(refreshToken);
  return callOver(test.app, transport, operationOf('auth.refresh'), { refreshToken });
};

describe.each(Object.entries(forgeries))('a token with %s', (_name, forge) => {
  it.each(transports)('opens nothing over %s', async (transport) => {
    const victim = await given.account();
    const access = forge(lootOf('access', victim));
    const answer = await me(transport, access);
    expectFailure(transport, answer, 'ACCESS_TOKEN_INVALID');
    expect(answer.text).not.toContain(access);
    const renewal = await refresh(transport, forge(lootOf('refresh', victim)));
    expectFailure(transport, renewal, 'REFRESH_TOKEN_INVALID');
    // The forgery has cost its victim nothing.
    expect((await me(transport, victim.accessToken ?? '')).status).toBe(200);
    expect((await refresh(transport, victim.refreshToken ?? '')).status).toBe(200);
  });

  it('opens no socket', async () => {
    const accessToken = forge(lootOf('access', await given.account()));
    sent.push(accessToken);
    const socket = await openSocket(url, { accessToken });
    expect((await socket.closed).code).toBe(4401);
  });
});

describe('a token of our own making', () => {
  it('is what the forgeries start from', async () => {
    const victim = await given.account();
    expect((await me('REST', signedByUs(lootOf('access', victim)))).status).toBe(200);
    expect((await refresh('REST', signedByUs(lootOf('refresh', victim)))).status).toBe(200);
  });

  it.each(transports)('takes one’s own session for nobody else’s, over %s', async (transport) => {
    const [victim, other] = [await given.account(), await given.account()];
    const { sub, sid } = claimsOf(lootOf('access', other));
    for (const mixed of [{ sub }, { sid }, { tv: 1 }]) {
      const access = await me(transport, signedByUs(lootOf('access', victim), {}, mixed));
      expectFailure(transport, access, 'SESSION_REVOKED');
      const renewal = await refresh(transport, signedByUs(lootOf('refresh', victim), {}, mixed));
      expectFailure(transport, renewal, 'SESSION_REVOKED');
    }
    for (const { accessToken } of [victim, other]) {
      expect((await me(transport, accessToken ?? '')).status).toBe(200);
    }
  });

  it.each(transports)('says that it is expired, over %s, and only when it is ours', async (transport) => {
    const loot = lootOf('access', await given.account());
    const expired = { exp: Number(claimsOf(loot).iat) - 1 };
    expectFailure(transport, await me(transport, signedByUs(loot, {}, expired)), 'ACCESS_TOKEN_EXPIRED');
    const forged = signedByUs({ ...loot, keys: { access: 'x', refresh: 'x' } }, {}, expired);
    expectFailure(transport, await me(transport, forged), 'ACCESS_TOKEN_INVALID');
  });
});

describe('a token of 100 KB', () => {
  const huge = `e30.${'a'.repeat(100_000)}.e30`;

  it('is refused before it is read: as a header', async () => {
    const response = await fetch(`${url}/api/auth/me`, { headers: { authorization: `Bearer ${huge}` } });
    expect(response.status).toBe(431);
    expect(await response.text()).not.toContain('aaaa');
  });

  it.each(transports)('is refused by its length, as a body over %s', async (transport) => {
    expectFailure(transport, await refresh(transport, huge), 'VALIDATION_FAILED');
  });

  it('is refused where the server would take such a header', async () => {
    expectFailure('REST', await me('REST', huge), 'ACCESS_TOKEN_INVALID');
  });

  it('closes the socket that it comes by', async () => {
    const socket = await openSocket(url, { accessToken: huge });
    expect([1009, 4400, 4401]).toContain((await socket.closed).code);
  });
});

describe('a token in a URL', () => {
  const places = ['access_token', 'accessToken', 'token', 'authorization', 'Authorization', 'bearer'];

  it.each(places)('is not read from ?%s, over HTTP or a socket, nor logged', async (name) => {
    const { accessToken = '' } = await given.account();
    sent.push(accessToken);
    for (const path of ['/api/auth/me', '/trpc/auth.me', '/api/auth/sessions']) {
      const response = await fetch(`${url}${path}?${name}=${accessToken}`);
      expect([path, [401, 422].includes(response.status)]).toEqual([path, true]);
      expect(await response.text()).not.toContain(accessToken);
    }
    await expect(openSocket(url, { query: `?${name}=${accessToken}` })).rejects.toThrow('400');
  });

  it.each(['x-access-token', 'x-authorization', 'proxy-authorization', 'x-api-key'])(
    'is not read from the header %s either',
    async (name) => {
      const { accessToken = '' } = await given.account();
      const response = await fetch(`${url}/api/auth/me`, { headers: { [name]: `Bearer ${accessToken}` } });
      expect(response.status).toBe(401);
    },
  );
});

describe('session fixation: a login', () => {
  const login = (by: SignedIn, headers: Record<string, string>, more: Record<string, unknown> = {}) =>
    callOver(
      test.app,
      'REST',
      operationOf('auth.login'),
      { email: by.user.email, password: PASSWORD, ...more },
      { headers },
    );

  it('opens a session of its own, whatever credentials come with it', async () => {
    const [attackers, victim] = [await given.account(), await given.account()];
    const cookie = `__Host-access=${attackers.accessToken}; __Host-refresh=${attackers.refreshToken}`;
    const planted: Record<string, string>[] = [
      { authorization: `Bearer ${attackers.accessToken}` },
      { cookie },
    ];
    for (const headers of planted) {
      const answer = await login(victim, headers);
      expect(answer.status).toBe(200);
      const claims = decodeJwt((answer.data as SignedIn).accessToken ?? '');
      expect(claims.sub).toBe(victim.user.id);
      expect([given.sessionIdOf(attackers), given.sessionIdOf(victim)]).not.toContain(claims.sid);
    }
    const who = await me('REST', attackers.accessToken ?? '');
    expect(who.data).toMatchObject({ id: attackers.user.id });
  });

  it.each(['sessionId', 'sid', 'id', 'refreshToken', 'refreshTokenId'])(
    'takes no %s from its caller',
    async (name) => {
      const [attackers, victim] = [await given.account(), await given.account()];
      const answer = await login(victim, {}, { [name]: given.sessionIdOf(attackers) });
      expectFailure('REST', answer, 'VALIDATION_FAILED');
    },
  );

  it('and a refresh never leave a token that was good before', async () => {
    const first = await given.account();
    const renewed = await refresh('REST', first.refreshToken ?? '');
    expect((renewed.data as SignedIn).refreshToken).not.toBe(first.refreshToken);
    expectFailure('REST', await refresh('REST', first.refreshToken ?? ''), 'REFRESH_TOKEN_REUSED');
  });
});

describe('after all of this', () => {
  it('nobody has asked the attacker for a key', () => {
    expect(askedOfAttacker).toBe(0);
  });

  it('no log line holds a token, and none tells of a fault', () => {
    const logs = JSON.stringify(test.logs);
    expect(sent.filter((token) => token.length > 20 && logs.includes(token))).toEqual([]);
    expect(test.logs.filter(({ level }) => level === 'ERROR')).toEqual([]);
  });
});
