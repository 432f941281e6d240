import type { DirectoryEvent, Stream } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createLiveClient, type LiveClient, opened } from './live-client.js';
import { type LiveNode, openLiveNode, openOtherNode } from './live-node.js';

let node: LiveNode;

beforeAll(async () => {
  node = await openLiveNode();
});
afterAll(() => node.close());
afterEach(() => node.disconnect());

type Directory = { events: { id: string; data: DirectoryEvent }[]; errors: unknown[]; stop(): void };

const browse = ({ api }: Pick<LiveClient, 'api'>, lastEventId?: string): Directory => {
  const events: Directory['events'] = [];
  const errors: unknown[] = [];
  const { unsubscribe } = api.streams.onDirectory.subscribe(
    lastEventId === undefined ? undefined : { lastEventId },
    {
      onData: (event) => events.push(event),
      onError: (error) => errors.push(error),
    },
  );
  return { events, errors, stop: unsubscribe };
};

const typesOf = ({ events }: Directory) => events.map(({ data }) => data.type);

const listed = ({ events }: Directory): string[] =>
  events.flatMap(({ data }) => (data.type === 'directory' ? data.streams.map(({ id }) => id) : []));

/** What was told last of a stream, listed or changed. */
const latest = ({ events }: Directory, id: string): Stream | undefined =>
  events
    .flatMap(({ data }) =>
      data.type === 'directory' ? data.streams : data.type === 'streamUpdate' ? [data.stream] : [],
    )
    .findLast((stream) => stream.id === id);

/** Many streams of one performer, announced; the tables are written directly. */
const announce = (performerId: string, count: number) =>
  node.test.database.client.execute(
    sql`insert into streams (id, performer_id, title, status)
      select gen_random_uuid(), ${performerId}, 'Announced ' || number, 'scheduled'
      from generate_series(1, ${count}::int) as number`,
  );

const identityOf = (accessToken: string) => node.test.services.auth.authenticate(accessToken);

it('opens with what is live, newest first, and tells what goes live, changes and ends', async () => {
  const [first, second] = [await node.given.performer(), await node.given.performer()];
  const older = await node.given.stream(first);
  const planned = await node.given.scheduledStream(second);
  const directory = await opened(browse(node.connect()));
  expect(typesOf(directory)[0]).toBe('directory');
  expect(listed(directory)).toContain(older.id);
  expect(listed(directory)).not.toContain(planned.id);

  await node.test.services.streams.start(await identityOf(second.accessToken), planned.id);
  await vi.waitFor(() => expect(latest(directory, planned.id)?.status).toBe('live'));
  await node.test.services.streams.update(await identityOf(second.accessToken), {
    id: planned.id,
    title: 'Another title',
  });
  await vi.waitFor(() => expect(latest(directory, planned.id)?.title).toBe('Another title'));
  await node.test.services.streams.end(await identityOf(first.accessToken), older.id);
  await vi.waitFor(() => expect(latest(directory, older.id)?.status).toBe('ended'));
});

it('never shows a private stream', async () => {
  const performer = await node.given.performer();
  const directory = await opened(browse(node.connect()));
  const hidden = await node.given.stream(performer, { isPrivate: true, price: 500 });
  const shown = await node.given.stream(await node.given.performer());
  await vi.waitFor(() => expect(latest(directory, shown.id)).toBeDefined());
  const identity = await identityOf(performer.accessToken);
  await node.test.services.streams.update(identity, { id: hidden.id, title: 'Still hidden' });
  await node.test.services.streams.end(identity, hidden.id);
  const later = await opened(browse(node.connect(), directory.events[0]?.id));
  await node.test.services.streams.update(await identityOf(performer.accessToken), {
    id: (await node.given.scheduledStream(performer)).id,
    title: 'The end',
  });
  await vi.waitFor(() => expect(JSON.stringify(directory.events)).toContain('The end'));
  expect(JSON.stringify([directory.events, later.events])).not.toContain(hidden.id);
});

it('tells of the streams that end with their performer’s account', async () => {
  const performer = await node.given.performer();
  const stream = await node.given.stream(performer);
  const directory = await opened(browse(node.connect()));
  await node.given.deleted(performer);
  await vi.waitFor(() => expect(latest(directory, stream.id)?.status).toBe('ended'), 5000);
});

it('tells within a few seconds what another process did, of which this one hears nothing', async () => {
  const other = await openOtherNode(node.test);
  const client = createLiveClient(other.url);
  const directory = await opened(browse(client));
  const stream = await node.given.stream(await node.given.performer());
  await vi.waitFor(() => expect(latest(directory, stream.id)?.status).toBe('live'), 5000);
  await client.close();
  await other.close();
});

it('tells whoever comes while streams change of each of them', async () => {
  const performers = await Promise.all(Array.from({ length: 10 }, () => node.given.performer()));
  // The first keeps the directory warm, so that lists may be a second old.
  await opened(browse(node.connect()));
  const coming: Promise<Directory>[] = [];
  const streams: Stream[] = [];
  for (const performer of performers) {
    coming.push(opened(browse(node.connect())));
    streams.push(await node.given.stream(performer));
    coming.push(opened(browse(node.connect())));
  }
  for (const directory of await Promise.all(coming)) {
    await vi.waitFor(() => {
      for (const { id } of streams) expect(latest(directory, id)?.status).toBe('live');
    });
  }
});

describe('a client that comes back', () => {
  it('is told what changed meanwhile', async () => {
    const performer = await node.given.performer();
    const client = node.connect();
    const directory = await opened(browse(client));
    client.drop();
    const stream = await node.given.stream(performer);
    await vi.waitFor(() => expect(latest(directory, stream.id)?.status).toBe('live'), 5000);
    expect(typesOf(directory).filter((type) => type === 'directory')).toHaveLength(1);
    expect(typesOf(directory)).not.toContain('resync');
  });

  it('starts anew when more than 200 streams changed', async () => {
    const performer = await node.given.performer();
    const place = (await opened(browse(node.connect()))).events[0]?.id ?? '';
    await announce(performer.user.id, 201);
    const directory = await opened(browse(node.connect(), place));
    await vi.waitFor(() => expect(typesOf(directory).slice(0, 2)).toEqual(['resync', 'directory']));
  });

  it.each(['', 'x', '-1', '1:2', '9999999999999', '999999999999999'])(
    'with the id %j starts anew, without an error',
    async (lastEventId) => {
      const directory = await opened(browse(node.connect(), lastEventId));
      await vi.waitFor(() => expect(typesOf(directory).slice(0, 2)).toEqual(['resync', 'directory']));
      expect(directory.errors).toEqual([]);
    },
  );
});

it('tells of more changes at once than are replayed, though the bus said nothing', async () => {
  const performer = await node.given.performer();
  const directory = await opened(browse(node.connect()));
  await announce(performer.user.id, 450);
  await vi.waitFor(() => {
    const told = new Set(
      directory.events.flatMap(({ data }) => (data.type === 'streamUpdate' ? data.stream.id : [])),
    );
    expect(told.size).toBeGreaterThanOrEqual(450);
  }, 8000);
});
