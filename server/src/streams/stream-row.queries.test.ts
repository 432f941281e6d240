import { streams, users } from '@versbottomlex/database';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestApp, type TestApp } from '../../test/harness.js';
import { findStream } from './streams.queries.js';

let given: TestApp;
beforeAll(async () => {
  given = await createTestApp();
});
afterAll(() => given.close());

test('reads every column into its own field', async () => {
  const { database } = given;
  const id = uuidv7();
  const performer = {
    id: uuidv7(),
    username: 'the_username',
    displayName: 'The display name',
    avatarUrl: '/the/avatar.webp',
    isVerified: true,
  };
  const stream = {
    title: 'The title',
    description: 'The description',
    category: 'The category',
    thumbnailUrl: 'https://example.com/media/the-thumbnail.webp',
    tags: ['one', 'null', 'with "quotes" and, a comma'],
    isPrivate: true,
    currency: 'EUR',
    viewerCount: 7,
    peakViewerCount: 9,
    scheduledStartAt: '2026-01-01T00:00:00.000Z',
    startedAt: '2026-01-02T03:04:05.678Z',
    endedAt: '2026-01-02T03:04:06.700Z',
    createdAt: '2025-12-01T00:00:00.050Z',
    updatedAt: '2025-12-02T23:59:59.999Z',
  };
  await database.client
    .insert(users)
    .values({ ...performer, email: 'e@example.com', passwordHash: 'none', role: 'performer' });
  await database.client
    .insert(streams)
    .values({ ...stream, id, performerId: performer.id, status: 'ended', priceAmount: 1234 });

  expect(await findStream(database, id)).toEqual({ ...stream, id, performer, status: 'ended', price: 1234 });
});

test('reads what is absent as null, and no tags as an empty list', async () => {
  const { database } = given;
  const [id, performerId] = [uuidv7(), uuidv7()];
  await database.client
    .insert(users)
    .values({ id: performerId, displayName: 'Deleted', deletedAt: '2026-01-01T00:00:00.000Z' });
  await database.client.insert(streams).values({ id, performerId, title: 'Title', status: 'scheduled' });

  expect(await findStream(database, id)).toMatchObject({
    performer: { username: null, avatarUrl: null, isVerified: false },
    description: '',
    category: null,
    tags: [],
    price: null,
    scheduledStartAt: null,
    startedAt: null,
    endedAt: null,
  });
});
