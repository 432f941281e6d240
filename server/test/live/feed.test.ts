import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createFactories, type Factories } from '../factories.js';
import { createTestApp, type TestApp } from '../harness.js';
import { createLiveClient, follow, type LiveClient } from './live-client.js';

let test: TestApp;
let url: string;
let given: Factories;
const clients: LiveClient[] = [];

const connect = (accessToken?: string): LiveClient => {
  const client = createLiveClient(url, accessToken);
  clients.push(client);
  return client;
};

beforeAll(async () => {
  test = await createTestApp();
  url = await test.app.listen({ host: '127.0.0.1', port: 0 });
  given = createFactories(test);
});
afterAll(async () => {
  for (const client of clients) await client.close();
  await test.close();
});

it('opens with a snapshot, for guests too', async () => {
  const performer = await given.performer();
  const stream = await given.stream(performer);
  const feed = follow(connect(), { streamId: stream.id });
  await vi.waitFor(() => expect(feed.events.length).toBeGreaterThan(0));
  expect(feed.events[0]).toMatchObject({
    id: expect.stringMatching(/^\d+:1$/),
    data: { type: 'snapshot', stream: { id: stream.id }, messages: [] },
  });
  console.log(JSON.stringify(feed.events), feed.errors);
  const identity = await test.services.auth.authenticate(performer.accessToken);
  await test.services.streams.update(identity, { id: stream.id, title: 'New title' });
  await vi.waitFor(() => expect(feed.events.length).toBeGreaterThan(1));
  console.log(JSON.stringify(feed.events.at(-1)));
});
