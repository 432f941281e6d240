import { mkdtemp, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../database.js';
import { createFactories } from '../factories.js';
import { createTestApp } from '../harness.js';
import { type ServerProcess, startServerProcess } from '../server-process.js';
import { handshake, openBytes, openSocket, type RawSocket } from './raw-socket.js';

const RECONNECT = { id: null, method: 'reconnect' };

const pause = ({ ws }: RawSocket) => (ws as unknown as { _socket: Socket })._socket.pause();

const openMany = (url: string, count: number): Promise<RawSocket[]> =>
  Promise.all(Array.from({ length: count }, () => openSocket(url)));

describe('a server that stops', () => {
  it('tells each socket to reconnect, closes them with 1012, and serves HTTP meanwhile', async () => {
    const test = await createTestApp({ environment: { RATE_LIMIT_HANDSHAKES_PER_MINUTE: '1000' } });
    const url = await test.app.listen({ host: '127.0.0.1', port: 0 });
    const given = createFactories(test);
    const account = await given.account();
    const { id: streamId } = await given.stream(await given.performer());
    const sockets = await openMany(url, 50);
    sockets.push(await openSocket(url, { accessToken: account.accessToken }));
    sockets.push(await openSocket(url, { query: '?connectionParams=1' }));
    await Promise.all(
      sockets.slice(0, 51).map((socket) => socket.call('subscription', 'streams.onEvent', { streamId }, 1)),
    );
    const begunAtMs = performance.now();
    const closing = test.app.close();
    // New sockets are refused from the first moment, while requests are served to the last.
    const late = await openBytes(url).catch(() => undefined);
    late?.socket.write(handshake('/trpc'));
    const answer = fetch(`${url}/api/streams`, { headers: { connection: 'close' } });
    if (late) {
      await expect.poll(late.isEnded).toBe(true);
      expect(late.received()).toMatch(/^HTTP\/1.1 503[\s\S]*Retry-After: 1[\s\S]*"code":"OVERLOADED"/);
    }
    expect((await answer).status).toBe(200);
    await closing;
    expect(performance.now() - begunAtMs).toBeLessThan(6000);
    for (const socket of sockets) {
      expect((await socket.closed).code).toBe(1012);
      expect(socket.frames).toContainEqual(RECONNECT);
    }
    expect(test.logs.filter(({ level }) => level === 'ERROR')).toEqual([]);
    await test.close();
  });

  it('ends within 6 s though sockets do not read', async () => {
    const test = await createTestApp({ environment: { RATE_LIMIT_HANDSHAKES_PER_MINUTE: '1000' } });
    const url = await test.app.listen({ host: '127.0.0.1', port: 0 });
    const sockets = await openMany(url, 10);
    for (const socket of sockets.slice(0, 5)) pause(socket);
    const begunAtMs = performance.now();
    await test.app.close();
    expect(performance.now() - begunAtMs).toBeLessThan(6000);
    for (const { ws } of sockets) ws.terminate();
    await test.close();
  });

  it('ends at once when there are no sockets', async () => {
    const test = await createTestApp();
    await test.app.listen({ host: '127.0.0.1', port: 0 });
    const begunAtMs = performance.now();
    await test.app.close();
    expect(performance.now() - begunAtMs).toBeLessThan(500);
    await test.close();
  });
});

describe('the process', () => {
  let directory: string;
  let own: TestDatabase;
  let server: ServerProcess;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'versbottomlex-stop-'));
    own = await createTestDatabase(inject('databaseServerUrl'), inject('templateDatabase'));
    server = await startServerProcess({ DATABASE_URL: own.url, DATA_DIRECTORY: directory });
  });
  afterEach(async () => {
    server.process.kill('SIGKILL');
    await own.drop();
    await rm(directory, { recursive: true, force: true });
  });

  it('ends with 0 within 10 s of SIGTERM with 20 sockets, of which 5 do not read', async () => {
    const sockets = await openMany(server.url, 20);
    await Promise.all(
      sockets.map((socket) => socket.call('subscription', 'streams.onDirectory', undefined, 1)),
    );
    for (const socket of sockets.slice(0, 5)) pause(socket);
    const begunAtMs = performance.now();
    expect(await server.end('SIGTERM')).toBe(0);
    expect(performance.now() - begunAtMs).toBeLessThan(10_000);
    for (const socket of sockets.slice(5)) {
      expect((await socket.closed).code).toBe(1012);
      expect(socket.frames).toContainEqual(RECONNECT);
    }
    expect(server.logs.filter(({ level }) => level === 'ERROR')).toEqual([]);
    for (const { ws } of sockets) ws.terminate();
  });
});
