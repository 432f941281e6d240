import type { RoomEvent, SignedIn, Stream } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { createFactories, type Factories } from '../../test/factories.js';
import { createTestServices, type TestServices } from '../../test/services.js';
import type { Identity } from '../auth/identity.js';
import { AppError } from '../platform/app-error.js';
import { createRooms, type Rooms } from './rooms.js';

let test: TestServices;
let given: Factories;
let performer: SignedIn;
let identity: Identity;
let stream: Stream;
let rooms: Rooms;
/** What is done before a stream is read. */
let beforeFinding: () => Promise<void>;
let told: RoomEvent[];

beforeAll(async () => {
  test = await createTestServices();
  given = createFactories(test);
});
afterAll(() => test.close());
beforeEach(async () => {
  performer = await given.performer();
  identity = await test.services.auth.authenticate(performer.accessToken);
  stream = await given.stream(performer);
  told = [];
  beforeFinding = async () => {};
  rooms = createRooms({
    ...test,
    findStream: async (id) => {
      await beforeFinding();
      return test.services.streams.find(id);
    },
    audienceOf: () => ({ viewerCount: 0, guestCount: 0 }),
    onEvent: (_streamId, event) => told.push(event),
  });
});
afterEach(() => rooms.stop());

const append = () =>
  test.database.client.execute(
    sql`select append_stream_event(${stream.id}, 'viewerRestored', jsonb_build_object('userId', ${stream.id}::text))`,
  );
const hint = () => test.bus.publish({ type: 'streamLogged', streamId: stream.id, entries: [] });

it('opens a room once for all who come together, and closes it after the last of them', async () => {
  const find = vi.fn(async () => {});
  beforeFinding = find;
  const entered = await Promise.all(Array.from({ length: 10 }, () => rooms.enter(stream.id)));
  expect(new Set(entered.map(({ room }) => room)).size).toBe(1);
  expect(find).toHaveBeenCalledTimes(1);
  for (const { release } of entered.slice(1)) release();
  expect(rooms.openCount()).toBe(1);
  entered[0]?.release();
  expect(rooms.openCount()).toBe(0);
});

it('opens another room for whoever comes after the last has left', async () => {
  const first = await rooms.enter(stream.id);
  first.release();
  const second = await rooms.enter(stream.id);
  expect(second.room).not.toBe(first.room);
  await append();
  hint();
  await vi.waitFor(() => expect(second.room.place().seq).toBe(2));
  expect(told).toHaveLength(1);
  second.release();
});

it('keeps nothing of a stream that is not there, or cannot be read', async () => {
  await expect(rooms.enter(performer.user.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  beforeFinding = () => Promise.reject(new AppError('DEPENDENCY_UNAVAILABLE'));
  const entering = Array.from({ length: 3 }, () => rooms.enter(stream.id));
  for (const result of await Promise.allSettled(entering)) expect(result.status).toBe('rejected');
  expect(rooms.openCount()).toBe(0);
  beforeFinding = async () => {};
  const { room, release } = await rooms.enter(stream.id);
  expect(room.state.stream.id).toBe(stream.id);
  release();
});

it('misses nothing that is logged while the room is being read', async () => {
  beforeFinding = async () => {
    beforeFinding = async () => {};
    await append();
    hint();
  };
  const { room, release } = await rooms.enter(stream.id);
  await vi.waitFor(() => expect(room.place().seq).toBe(2));
  release();
});

it('shows no older stream than the one of its place in the log', async () => {
  const titles: string[] = [];
  for (let round = 0; round < 10; round += 1) {
    const title = `Title ${round}`;
    const [entered] = await Promise.all([
      rooms.enter(stream.id),
      test.services.streams.update(identity, { id: stream.id, title }),
    ]);
    await vi.waitFor(() => expect(entered.room.place().seq).toBe(round + 2));
    titles.push(entered.room.state.stream.title);
    entered.release();
  }
  expect(titles).toEqual(titles.map((_, round) => `Title ${round}`));
});

it('reads a stream once for a burst of its changes', async () => {
  const { room, release } = await rooms.enter(stream.id);
  const find = vi.fn(async () => {});
  beforeFinding = find;
  await test.database.client.execute(
    sql`select append_stream_event(${stream.id}, 'streamUpdate', null) from generate_series(1, 50)`,
  );
  hint();
  await vi.waitFor(() => expect(room.place().seq).toBe(51));
  expect(find).toHaveBeenCalledTimes(1);
  release();
});

it('finds out by itself what the bus has not told', async () => {
  rooms.start();
  const { room, release } = await rooms.enter(stream.id);
  await append();
  await vi.waitFor(() => expect(room.place().seq).toBe(2), 3000);
  release();
});
