import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { createHttpApp } from '../../test/http-app.js';
import { router } from '../trpc/init.js';
import { openProcedure } from '../trpc/procedures.js';

let release = () => {};
const held = new Promise<void>((resolve) => {
  release = resolve;
});
let arrive = () => {};
const arrived = new Promise<void>((resolve) => {
  arrive = resolve;
});

const { app } = await createHttpApp(
  router({
    echo: openProcedure
      .meta({ openapi: { method: 'POST', path: '/echo' } })
      .input(z.strictObject({ text: z.string() }))
      .output(z.any())
      .mutation(({ input }) => input),
    slow: openProcedure
      .meta({ openapi: { method: 'GET', path: '/slow' } })
      .output(z.string())
      .query(async () => {
        arrive();
        await held;
        return 'done';
      }),
  }),
);

let port = 0;
beforeAll(async () => {
  await app.listen({ host: '127.0.0.1', port: 0 });
  port = (app.server.address() as AddressInfo).port;
});
afterAll(() => app.close());

/** Writes bytes to a new connection, and answers all that comes back until it closes. */
const exchange = (write: (socket: ReturnType<typeof connect>) => void): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => write(socket));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
  });

it.each([
  ['what is not HTTP', 'nonsense\r\n\r\n', 400],
  [
    'headers that are too large',
    `GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ${'a'.repeat(20_000)}\r\n\r\n`,
    431,
  ],
  ['a request without Host', 'GET /api/slow HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
])('answers %s as any other failure', async (_name, bytes, status) => {
  const answer = await exchange((socket) => socket.write(bytes));
  expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(answer).toMatch(/content-type: application\/problem\+json/i);
  const requestId = /x-request-id: (\S+)/i.exec(answer)?.[1];
  expect(JSON.parse(answer.slice(answer.indexOf('{')))).toMatchObject({ status, requestId });
});

it.each([
  ['/api/echo', 'application/json'],
  ['/trpc/echo', 'application/json'],
  ['/trpc/echo', 'multipart/form-data; boundary=x'],
  ['/trpc/echo', 'application/octet-stream'],
  ['/nothing', 'application/json'],
])('does not keep 150 MB that are sent to %s as %s', async (path, type) => {
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  const chunkedFrame = Buffer.concat([
    Buffer.from(`${chunk.length.toString(16)}\r\n`),
    chunk,
    Buffer.from('\r\n'),
  ]);
  const before = process.memoryUsage().rss;
  let peak = before;
  const answer = await exchange((socket) => {
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`,
    );
    let left = 150;
    const send = () => {
      while (left > 0 && !socket.destroyed) {
        left -= 1;
        peak = Math.max(peak, process.memoryUsage().rss);
        if (!socket.write(chunkedFrame)) return;
      }
      socket.end('0\r\n\r\n');
    };
    socket.on('drain', send);
    send();
  });
  expect(answer).toMatch(/^HTTP\/1\.1 (413|415|404) /);
  expect(peak - before).toBeLessThan(60 * 1024 * 1024);
});

it('finishes what is in flight when it closes', async () => {
  const answer = fetch(`http://127.0.0.1:${port}/api/slow`);
  await arrived;
  const closed = app.close();
  release();
  expect(await (await answer).json()).toBe('done');
  await closed;
});
