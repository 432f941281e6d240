import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { buildApp } from '../src/app.js';
import { createEventBus } from '../src/platform/event-bus.js';
import { createServices, startServices } from '../src/services.js';
import { createWatchedClient, watch } from './client-sockets.js';
import { createFactories, PASSWORD } from './factories.js';
import { createTestApp, fakePasswords, type TestApp } from './harness.js';
import { createPortForwarder, type PortForwarder } from './port-forwarder.js';

let first: TestApp;
let forwarder: PortForwarder;
const closers: (() => Promise<unknown>)[] = [];

/** Another process of the same server, on the same database. */
const startSecond = async () => {
  const bus = createEventBus();
  const parts = { ...first, bus };
  const services = createServices({ ...parts, passwords: fakePasswords });
  const app = await buildApp({ ...parts, services });
  const stop = startServices(services);
  closers.push(() => app.close().then(stop));
  await app.listen({ host: '127.0.0.1', port: 0 });
  return { services, port: (app.server.address() as AddressInfo).port };
};

beforeAll(async () => {
  first = await createTestApp();
  await first.app.listen({ host: '127.0.0.1', port: 0 });
  forwarder = await createPortForwarder();
  forwarder.target = (first.app.server.address() as AddressInfo).port;
});
afterAll(async () => {
  await forwarder.close();
  for (const close of closers) await close();
  await first.close();
});

it('a client goes on at another server when its own restarts: nothing is missed, nothing comes twice', async () => {
  const given = createFactories(first);
  const performer = await given.performer();
  const stream = await given.stream(performer);
  const client = createWatchedClient(`http://127.0.0.1:${forwarder.port}`);
  await client.api.auth.login.mutate({ username: performer.user.username, password: PASSWORD });
  const feeds = [watch(client, stream.id), watch(client, stream.id)];
  for (const feed of feeds) await vi.waitFor(() => expect(feed.events.length).toBeGreaterThan(0));

  const second = await startSecond();
  const identity = await second.services.auth.authenticate(performer.accessToken);
  const sent: string[] = [];
  const say = async () => {
    sent.push(`message ${sent.length}`);
    await second.services.chat.send(identity, { streamId: stream.id, content: sent.at(-1) ?? '' });
  };
  for (let count = 0; count < 5; count += 1) await say();
  forwarder.target = second.port;
  let isClosed = false;
  const closed = first.app.close().then(() => {
    isClosed = true;
  });
  // As many as a performer may send in 30 s, and spread over the whole restart.
  while (!isClosed && sent.length < 90) {
    await say();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await closed;
  await say();

  for (const feed of feeds) {
    await vi.waitFor(() => expect(feed.said()).toEqual(sent), { timeout: 10_000 });
    expect(feed.types().filter((type) => type === 'snapshot')).toHaveLength(1);
    expect(feed.codes()).toEqual([]);
  }
  const [old, current] = client.sockets;
  expect([client.sockets.length, old?.readyState, current?.readyState]).toEqual([
    2,
    old?.CLOSED,
    current?.OPEN,
  ]);
  client.close();
});
