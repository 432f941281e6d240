import { once } from 'node:events';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFactories, type Factories } from '../factories.js';
import { createTestApp, type TestApp } from '../harness.js';
import { scaled } from '../scale.js';

let test: TestApp;
let given: Factories;
let port: number;
beforeAll(async () => {
  test = await createTestApp({ environment: { PUBLIC_URL: 'https://api.example.com', LOG_LEVEL: 'DEBUG' } });
  given = createFactories(test);
  port = Number(new URL(await test.app.listen({ host: '127.0.0.1', port: 0 })).port);
});
afterAll(async () => {
  expect(test.logs.filter(({ level }) => level === 'ERROR')).toEqual([]);
  await test.close();
});

/** Sends bytes on a connection of their own; everything that comes back until the server ends it. */
const exchange = (bytes: string): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'));
    let answer = '';
    socket.setEncoding('latin1').on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
  });

/** A request whose lines are taken as they are; the connection ends after the answer, unless they say otherwise. */
const request = (line: string, headers: string[] = [], body = '') =>
  exchange([line, 'Host: localhost', 'Connection: close', ...headers, '', body].join('\r\n'));

const statusesOf = (answer: string) =>
  [...answer.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status));

describe('smuggling: one connection, one understanding of where a request ends', () => {
  const hidden = 'GET /api/streams?limit=1 HTTP/1.1\r\nHost: localhost\r\n\r\n';
  const chunked = `0\r\n\r\n${hidden}`;

  it.each([
    ['a length and chunks', [`Content-Length: ${chunked.length}`, 'Transfer-Encoding: chunked'], chunked],
    ['chunks and a length', ['Transfer-Encoding: chunked', 'Content-Length: 4'], chunked],
    ['two lengths', ['Content-Length: 0', `Content-Length: ${hidden.length}`], hidden],
    ['two lengths in one', [`Content-Length: 0, ${hidden.length}`], hidden],
    ['a signed length', [`Content-Length: +${hidden.length}`], hidden],
    ['a length in hexadecimal', ['Content-Length: 0x10'], hidden],
    ['a length below zero', ['Content-Length: -1'], hidden],
    ['another coding after chunks', ['Transfer-Encoding: chunked, identity'], chunked],
    ['a coding that only looks like chunks', ['Transfer-Encoding: xchunked'], chunked],
    ['two codings', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], chunked],
    ['a space before the colon', ['Transfer-Encoding : chunked'], chunked],
    ['a vertical tab in the coding', ['Transfer-Encoding: \vchunked'], chunked],
    ['a folded header', ['X-A: 1', ' Transfer-Encoding: chunked'], chunked],
    ['a bare line feed in a header', ['X-A: 1\nTransfer-Encoding: chunked'], chunked],
    ['a bare carriage return in a header', ['X-A: 1\rTransfer-Encoding: chunked'], chunked],
    ['a NUL in a header', ['X-A: 1\0Transfer-Encoding: chunked'], chunked],
    ['a size that is none', ['Transfer-Encoding: chunked'], `x\r\n\r\n${hidden}`],
    ['a size beyond any number', ['Transfer-Encoding: chunked'], `ffffffffffffffffff\r\n${hidden}`],
    ['chunks that end on a bare line feed', ['Transfer-Encoding: chunked'], `0\n\n${hidden}`],
  ])('refuses %s, and reads nothing after it', async (_name, headers, body) => {
    const answer = await request('POST /api/auth/logout HTTP/1.1', headers, body);
    expect(statusesOf(answer)).toEqual([400]);
    expect(answer).not.toContain('"items"');
  });

  it('answers nothing that comes after a broken request', async () => {
    const broken = `POST /api/auth/logout HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n`;
    expect(statusesOf(await exchange(`${hidden}${broken}${hidden}`)).at(-1)).toBe(400);
  });

  it('takes the body of a GET for its body', async () => {
    const answer = await request('GET /health/live HTTP/1.1', [`Content-Length: ${hidden.length}`], hidden);
    expect(statusesOf(answer)).toHaveLength(1);
    expect(answer).not.toContain('"items"');
  });
});

describe('request lines', () => {
  it.each([
    'GET http://evil.example/api/streams HTTP/1.1',
    'GET //evil.example/%2e%2e HTTP/1.1',
    'GET /\\evil.example HTTP/1.1',
    'GET /%5cevil.example/%2f.. HTTP/1.1',
    'GET /https:/evil.example HTTP/1.1',
    'GET /api-docs//evil.example/ HTTP/1.1',
    'GET /api/streams/ HTTP/1.1',
    'GET /API/streams HTTP/1.1',
    'GET /api//streams HTTP/1.1',
    'GET /api/./streams HTTP/1.1',
    'GET /api/x/../streams HTTP/1.1',
    'GET /api%2fstreams HTTP/1.1',
    'GET /api/streams%00 HTTP/1.1',
    'GET /api/streams%0d%0aSet-Cookie:%20a=b HTTP/1.1',
    'GET /api/streams;a=b HTTP/1.1',
    'GET /api/streams.json HTTP/1.1',
    'GET /api/streams%20 HTTP/1.1',
    'GET * HTTP/1.1',
    'GET /metrics/../metrics HTTP/1.1',
    'TRACE /api/streams HTTP/1.1',
    'PROPFIND /api/streams HTTP/1.1',
    'QUERY /api/streams HTTP/1.1',
    'BREW /api/streams HTTP/1.1',
    'get /api/streams HTTP/1.1',
    'GET /api/streams HTTP/9.9',
    'PRI * HTTP/2.0',
    'GET /api/stréams HTTP/1.1',
  ])('%s is neither served, nor sent elsewhere, nor said back', async (line) => {
    const answer = await request(line, ['Cookie: canary=7f3a', 'X-Canary: 7f3a']);
    const [status = 400] = statusesOf(answer);
    expect([400, 404, 405]).toContain(status);
    expect(answer).not.toMatch(/^(location|set-cookie|refresh):/im);
    expect(answer).not.toMatch(/7f3a|"items"/);
  });

  it.each([
    '/api-docs/static/../../../package.json',
    '/api-docs/static/..%2f..%2f..%2fpackage.json',
    '/api-docs/static/%2e%2e/%2e%2e/package.json',
    '/api-docs/static/..%5c..%5cpackage.json',
    '/api-docs/static/..%252f..%252fpackage.json',
    '/api-docs/static//etc/passwd',
    '/api-docs/static/index.html%00.css',
    '/api-docs/static/.env',
    '/.env',
    '/.git/config',
    '/package.json',
    '/media/..%2f..%2f.env',
    '/media/%2e%2e/secrets.json',
  ])('%s gives no file away', async (path) => {
    const answer = await request(`GET ${path} HTTP/1.1`);
    expect(statusesOf(answer).every((status) => status === 400 || status === 403 || status === 404)).toBe(
      true,
    );
    expect(answer).not.toMatch(/root:|"dependencies"|SECRET|repositoryformatversion/);
  });

  it.each(['CONNECT evil.example:443 HTTP/1.1', 'CONNECT / HTTP/1.1'])('%s opens no tunnel', async (line) => {
    expect(statusesOf(await request(line))).not.toContain(200);
  });
});

describe('headers', () => {
  const json = (answer: string) => JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1));

  it.each([
    'evil.example',
    'localhost@evil.example',
    'localhost:3000@evil.example',
    'evil.example#localhost',
    'localhost.evil.example',
    'localhost, evil.example',
    'localhost/../evil.example',
    'api.example.com.',
    'api.example.com:99999999',
    '127.0.0.1.nip.io',
    '[::1',
    '::1',
    '0',
    '',
    'ａpi.example.com',
    '\tlocalhost x',
  ])('a Host of %j is refused', async (host) => {
    const answer = await exchange(
      `GET /api/streams HTTP/1.1\r\nHost: ${Buffer.from(host).toString('latin1')}\r\nConnection: close\r\n\r\n`,
    );
    expect([statusesOf(answer), json(answer).code]).toEqual([[400], 'HOST_NOT_ALLOWED']);
  });

  it.each(['http://localhost', 'https://api.example.com', 'HTTP://127.0.0.1:3000'])(
    'a target that names the host %s is served in its name',
    async (host) => {
      const answer = await exchange(
        `GET ${host}/api/streams HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`,
      );
      expect(statusesOf(answer)).toEqual([200]);
    },
  );

  it('a second Host is not the one that counts, and says so', async () => {
    const answer = await exchange(
      'GET /api/streams HTTP/1.1\r\nHost: evil.example\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    );
    expect(statusesOf(answer)).toEqual([400]);
  });

  it.each([
    'X-Forwarded-Host: evil.example',
    'X-Forwarded-Proto: gopher',
    'X-Forwarded-Prefix: //evil.example',
    'X-Forwarded-Port: 1',
    'Forwarded: for=127.0.0.1;host=evil.example;proto=http',
    'X-Host: evil.example',
    'X-Original-URL: /metrics',
    'X-Rewrite-URL: /metrics',
    'X-HTTP-Method-Override: DELETE',
    'X-HTTP-Method: DELETE',
    'X-Method-Override: DELETE',
    'Content-Encoding: gzip',
    'Upgrade: h2c',
    'HTTP2-Settings: AAMAAABkAAQAAP__',
    'Range: bytes=0-1',
    'If-None-Match: *',
    'Expect: 100-continue',
  ])('%s changes nothing', async (header) => {
    const plain = await request('GET /api/streams?limit=1 HTTP/1.1');
    const answer = await request('GET /api/streams?limit=1 HTTP/1.1', [header]);
    expect(statusesOf(answer).filter((status) => status !== 100)).toEqual([200]);
    expect(json(answer)).toEqual(json(plain));
    expect(answer).not.toContain('evil.example');
  });

  it('who asks through what claims to be a proxy is who is connected', async () => {
    const spoofed = ['X-Forwarded-For: 127.0.0.1', 'X-Real-IP: 127.0.0.1', 'Forwarded: for=127.0.0.1'];
    for (const header of spoofed) {
      const name = header.slice(0, header.indexOf(':')).toLowerCase();
      const { statusCode } = await test.app.inject({
        url: '/metrics',
        remoteAddress: '198.51.100.7',
        headers: { host: 'api.example.com', [name]: '127.0.0.1' },
      });
      expect(statusCode).not.toBe(200);
    }
  });

  it.each([
    ['one that is too long', `X-A: ${'a'.repeat(17_000)}`],
    ['ten thousand', Array.from({ length: 10_000 }, (_, count) => `X-${count}: a`).join('\r\n')],
  ])('%s are refused', async (_name, header) => {
    expect(statusesOf(await request('GET /api/streams HTTP/1.1', [header]))).toEqual([431]);
  });

  it('__proto__ and its like are names like any other', async () => {
    const headers = ['__proto__: {"accessToken":"x"}', 'constructor: x', 'hasOwnProperty: x'];
    expect(statusesOf(await request('GET /api/streams HTTP/1.1', headers))).toEqual([200]);
    expect(statusesOf(await request('GET /api/auth/me HTTP/1.1', headers))).toEqual([401]);
  });

  it('a body that says it is packed is read as it is, so that none unpacks to more', async () => {
    const answer = await request(
      'POST /api/auth/login HTTP/1.1',
      ['Content-Type: application/json', 'Content-Encoding: gzip', 'Content-Length: 4'],
      '\x1f\x8b\x08\x00',
    );
    expect([400, 415]).toContain(statusesOf(answer)[0]);
  });
});

it('a body that breaks off is no fault of ours, however soon its connection is reset', async () => {
  for (let round = 0; round < 10; round += 1) {
    for (const type of ['application/json', 'text/plain']) {
      for (const path of ['/api/auth/logout', '/trpc/auth.logout', '/api/payments/webhooks/sandbox']) {
        const socket = connect(port, '127.0.0.1', () => {
          const head = [
            `POST ${path} HTTP/1.1`,
            'Host: localhost',
            `Content-Type: ${type}`,
            'Content-Length: 9',
          ];
          socket.write(`${head.join('\r\n')}\r\n\r\n{`, () => socket.resetAndDestroy());
        });
        await once(socket, 'close');
      }
    }
  }
  const connections = promisify(test.app.server.getConnections.bind(test.app.server));
  await expect.poll(() => connections()).toBe(0);
  expect(test.logs.filter(({ level }) => level === 'ERROR')).toEqual([]);
});

describe('bodies', () => {
  const post = (payload: string | Buffer, url = '/api/auth/login', type = 'application/json') =>
    test.app.inject({ method: 'POST', url, payload, headers: { 'content-type': type } });

  const nested = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth);

  it.each(['/api/auth/login', '/trpc/auth.login', '/trpc/auth.login?batch=1'])(
    'a hundred thousand levels are no fault of ours: %s',
    async (url) => {
      for (const text of [nested('[', ']', 100_000), `${nested('{"a":', '}', 100_000).replace('}', '1}')}`]) {
        const { statusCode } = await post(text, url);
        expect([400, 422]).toContain(statusCode);
      }
    },
  );

  it.each([
    ['a byte order mark alone', Buffer.from('\ufeff')],
    ['UTF-16', Buffer.from('\ufeff{"email":"a@example.com","password":"x"}', 'utf16le')],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
    ['an overlong slash', Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
    ['a number beyond any', '1e400'],
    ['a million digits', '9'.repeat(1_000_000)],
    ['NaN', 'NaN'],
    ['a comment', '{/* */}'],
  ])('%s is refused', async (_name, body) => {
    expect([400, 422]).toContain((await post(body)).statusCode);
  });

  it('keys by the ten thousand are refused by the names of a few', async () => {
    const keys = Object.fromEntries(Array.from({ length: 50_000 }, (_, count) => [`key${count}`, 1]));
    const answer = await post(JSON.stringify(keys));
    expect(answer.statusCode).toBe(422);
    expect(answer.body.length).toBeLessThan(20_000);
  });

  it.each([
    'application/json;charset=utf-7',
    'application/json; charset=utf-16',
    'Application/JSON',
    'application/json, text/plain',
    'text/plain; application/json',
    'application/jsonp',
    'text/json',
    'application/x-www-form-urlencoded; a=application/json',
    'application/vnd.api+json',
    'application/json\u00a0',
  ])('what comes as %j is JSON in UTF-8, or nothing', async (type) => {
    const text = JSON.stringify({ email: 'nobody@example.com', password: 'no such password' });
    const { statusCode } = await post(text, '/api/auth/login', type);
    expect([401, 415]).toContain(statusCode);
    expect(type.toLowerCase().startsWith('application/json') || statusCode === 415).toBe(true);
  });
});

describe('names of procedures', () => {
  it.each([
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'streams.__proto__',
    'streams.constructor.constructor',
    'streams',
    'streams.',
    '.list',
    'streams..list',
    'streams.list.list',
    'streams%2elist%00',
    'streams.list/',
    '%5b%5d',
  ])('/trpc/%s is nothing that could be called', async (name) => {
    const { statusCode, body } = await test.app.inject(`/trpc/${name}`);
    expect([400, 404]).toContain(statusCode);
    expect(body).not.toMatch(/function|native code|\.ts\b|node_modules/);
  });

  it.each([
    'batch=1&input=[]',
    'batch=1&input=null',
    'batch=1&input="x"',
    'batch=1&input={"0":{"__proto__":{"limit":1}}}',
    'batch=1&input={"__proto__":{"0":{"limit":1}}}',
    'batch=1&input={"constructor":1,"1":2,"-1":3,"length":1000000000}',
    'batch=2&input={}',
    'batch[]=1&input={}',
    'input={"limit":1}&input={"limit":2}',
    'input[]=1',
  ])('a query of ?%s is no fault of ours', async (query) => {
    const { statusCode } = await test.app.inject(`/trpc/streams.list?${encodeURI(query)}`);
    expect(statusCode).toBeLessThan(500);
  });
});

describe('what guests share', () => {
  it('an answer is not changed for others by what a request claims', async () => {
    const url = '/api/streams?limit=3';
    const poison = { 'x-forwarded-host': 'evil.example', accept: 'text/csv', cookie: '__Host-access=x' };
    const first = await test.app.inject({ url, headers: poison });
    const second = await test.app.inject({ url });
    expect(second.body).not.toContain('evil.example');
    expect(second.statusCode).toBe(200);
    expect(first.headers['cache-control']).toBe('no-store');
  });

  it('one who is signed in gets an answer of their own', async () => {
    const { accessToken } = await given.account();
    await test.app.inject('/api/streams?limit=4');
    const answer = await test.app.inject({
      url: '/api/streams?limit=4',
      headers: { authorization: `Bearer ${accessToken}x` },
    });
    expect(answer.statusCode).toBe(401);
  });
});

describe('slow senders', () => {
  const CONNECTIONS = scaled({ quick: 200, full: 2000 });

  it('are given ten seconds for the headers, thirty for the whole, and are looked for all the time', () => {
    expect(test.app.server).toMatchObject({ headersTimeout: 10_000, requestTimeout: 30_000 });
    expect(test.app.server).toHaveProperty('timeout', 90_000);
  });

  it(`keep nobody else waiting: ${CONNECTIONS} half requests, and an answer before any of them is given up`, async () => {
    const sockets = await Promise.all(
      Array.from(
        { length: CONNECTIONS },
        (_, count) =>
          new Promise<ReturnType<typeof connect>>((resolve) => {
            const socket = connect(port, '127.0.0.1', () => {
              const isBody = count % 2 === 0;
              socket.write(
                isBody
                  ? 'POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{'
                  : 'GET /api/streams HTTP/1.1\r\nHost: localhost\r\nX-A: ',
              );
              resolve(socket);
            });
            socket.on('error', () => {});
          }),
      ),
    );
    const started = performance.now();
    expect((await fetch(`http://127.0.0.1:${port}/api/streams`)).status).toBe(200);
    expect(performance.now() - started).toBeLessThan(5000);
    for (const socket of sockets) socket.destroy();
  });
});
