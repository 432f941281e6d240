import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createTestApp, type TestApp } from '../harness.js';
import { handshake, openBytes, openSocket, refusalOf } from './raw-socket.js';

let test: TestApp;
let url: string;
beforeAll(async () => {
  test = await createTestApp({
    environment: {
      PUBLIC_URL: 'https://live.example.com',
      WEB_ORIGINS: 'https://example.com,https://app.example.com:8443',
      RATE_LIMIT_HANDSHAKES_PER_MINUTE: '1000',
    },
  });
  url = await test.app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => test.close());

const connectionCount = () =>
  new Promise<number>((resolve) => test.app.server.getConnections((_error, count) => resolve(count)));

describe('origins', () => {
  it.each([undefined, 'https://live.example.com', 'https://example.com', 'https://app.example.com:8443'])(
    'opens for %s',
    async (origin) => {
      const { ws, closed } = await openSocket(url, { ...(origin && { origin }) });
      ws.close();
      await closed;
    },
  );

  it.each([
    'null',
    '',
    'http://example.com',
    'https://example.com.evil.com',
    'https://example.com@evil.com',
    'https://evil-example.com',
    'https://example.com:444',
    'https://app.example.com',
    'https://example.com/',
    'HTTPS://EXAMPLE.COM',
    'http://localhost:3000',
    'file://',
  ])('refuses %j with 403', async (origin) => {
    expect(await refusalOf(url, { headers: { origin } })).toMatchObject({ status: 403, code: 'FORBIDDEN' });
  });
});

describe('the URL', () => {
  it.each([
    '?token=abc',
    '?accessToken=abc',
    '?connectionParams=1&accessToken=abc',
    '?connectionParams=0',
    '?connectionParams=1&connectionParams=1',
    '?__proto__=1',
  ])('is refused with %s', async (query) => {
    const refusal = await refusalOf(url, { query });
    expect(refusal).toMatchObject({ status: 400, code: 'MALFORMED_REQUEST' });
  });

  it('does not take the place of a token in a header, whose sender would be a guest', async () => {
    const refusal = await refusalOf(url, { headers: { authorization: 'Bearer abc' } });
    expect(refusal).toMatchObject({ status: 400, code: 'MALFORMED_REQUEST' });
  });

  it('answers a plain request that it is a WebSocket', async () => {
    expect((await test.app.inject('/trpc')).statusCode).toBe(404);
  });
});

describe('what is not the socket', () => {
  it.each([
    ['another path', handshake('/chat'), '404'],
    ['a route of REST', handshake('/api/streams'), '404'],
    ['a procedure', handshake('/trpc/auth.me'), '404'],
    ['the path with a slash', handshake('/trpc/'), '404'],
    ['an encoded path', handshake('/%74rpc'), '404'],
    ['a path that cannot be decoded', handshake('/%'), '404'],
    ['a path with a part that is too long', handshake(`/api/streams/${'x'.repeat(2000)}`), '404'],
    ['a whole URL', handshake('http://localhost/trpc'), '404'],
    ['another host', handshake('/trpc', { Host: 'evil.com' }), '400'],
    ['no host', handshake('/trpc').replace('Host: localhost\r\n', ''), '400'],
    ['another version of the protocol', handshake('/trpc', { 'Sec-WebSocket-Version': '12' }), '400'],
    ['a bad key', handshake('/trpc', { 'Sec-WebSocket-Key': 'x' }), '400'],
    ['another method', handshake('/trpc').replace('GET', 'POST'), '405'],
    ['HEAD', handshake('/trpc').replace('GET', 'HEAD'), '40'],
  ])('is refused, and its connection ended: %s', async (_name, head, status) => {
    const { socket, received, isEnded } = await openBytes(url);
    socket.write(head);
    await expect.poll(isEnded).toBe(true);
    expect(received()).toMatch(new RegExp(`^HTTP/1.1 ${status}`));
    await expect.poll(connectionCount).toBe(0);
  });

  it.each(['localhost:99999', '127.999.1.1', 'localhost:'])(
    'a Host that is no part of a URL makes no half socket: %s',
    async (host) => {
      for (const query of ['', '?connectionParams=1']) {
        const socket = new WebSocket(`${url.replace('http', 'ws')}/trpc${query}`, { headers: { host } });
        const answers: string[] = [];
        socket.on('message', (data) => answers.push(data.toString()));
        socket.on('error', () => answers.push('refused'));
        socket.on('open', () => {
          if (query) socket.send('{"method":"connectionParams","data":null}');
          socket.send('PING');
        });
        await vi.waitFor(() => expect(answers).toHaveLength(1));
        expect(['PONG', 'refused']).toContain(answers[0]);
        socket.terminate();
      }
      await expect.poll(connectionCount).toBe(0);
    },
  );
});

describe('an offer to upgrade to something else', () => {
  // As Java's HttpClient sends them with its first request over plain HTTP.
  const offer = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAB\r\n';

  it('is ignored, and the request served', async () => {
    const { socket, received } = await openBytes(url);
    socket.write(`GET /api/streams HTTP/1.1\r\nHost: localhost\r\n${offer}\r\n`);
    await expect.poll(received).toMatch(/^HTTP\/1.1 200[\s\S]*"items":\[\]/);
    socket.write(`GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await expect.poll(received).toMatch(/HTTP\/1.1 200[\s\S]*HTTP\/1.1 200/);
    socket.destroy();
  });

  it('is ignored with a body, which arrives whole', async () => {
    const body = JSON.stringify({ email: 'nobody@example.com', password: 'not the password' });
    const { socket, received } = await openBytes(url);
    socket.write(
      `POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${offer}` +
        `Content-Length: ${body.length}\r\n\r\n${body.slice(0, 10)}`,
    );
    await expect.poll(connectionCount).toBe(1);
    socket.write(body.slice(10));
    await expect.poll(received).toMatch(/^HTTP\/1.1 401[\s\S]*INVALID_CREDENTIALS/);
    socket.destroy();
  });
});
