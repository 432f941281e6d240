import { audienceLeases, streams, users } from '@versbottomlex/database';
import type { UserSummary } from '@versbottomlex/shared';
import { eq } from 'drizzle-orm';
import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createFactories } from '../../test/factories.js';
import { createPortForwarder } from '../../test/port-forwarder.js';
import { liveStreamRow, streamRow, userRow } from '../../test/rows.js';
import { scaled } from '../../test/scale.js';
import { createTestServices } from '../../test/services.js';
import { createDatabase, type Database } from '../platform/database.js';
import { createLogger } from '../platform/logger.js';
import { createPresenceService } from './presence.service.js';
import type { PresenceEvent } from './presence-room.js';

const platform = await createTestServices();
const { clock, database } = platform;
const { client } = database;
const given = createFactories(platform);
afterAll(platform.close);

/** Presence as in a process of its own. Its timer never runs: a test ticks it, or no longer does when it is killed. */
const openNode = (on: Database = database) => {
  const logs: Record<string, unknown>[] = [];
  const logger = createLogger('DEBUG', (line) => logs.push(JSON.parse(line)));
  const presence = createPresenceService({ database: on, clock, logger, nodeId: uuidv7() });
  const told: { streamId: string; event: PresenceEvent; atMs: number }[] = [];
  presence.onChange((streamId, event) => told.push({ streamId, event, atMs: clock.now().getTime() }));
  return {
    ...presence,
    logs,
    /** What was told of a stream since the last look. */
    take: (streamId: string) => {
      const mine = told.filter((each) => each.streamId === streamId);
      for (const each of mine) told.splice(told.indexOf(each), 1);
      return mine.map(({ event }) => event);
    },
    told,
  };
};
type Node = ReturnType<typeof openNode>;

/** Lets time pass for these processes, as their timers would see it. */
const pass = async (seconds: number, ...nodes: Node[]) => {
  for (let passed = 0; passed < seconds; passed += 0.25) {
    clock.advance(0.25);
    for (const node of nodes) await node.tick();
  }
};

const addUsers = async (count: number): Promise<UserSummary[]> => {
  const rows = Array.from({ length: count }, () => userRow());
  await client.insert(users).values(rows);
  return rows.map(({ id, username = null, displayName }) => ({
    id,
    username,
    displayName,
    avatarUrl: null,
    isVerified: false,
  }));
};
const performers = await addUsers(30);
const addStream = async (status: 'live' | 'scheduled' = 'live'): Promise<string> => {
  const performerId = performers.pop()?.id ?? expect.fail();
  const row = status === 'live' ? liveStreamRow({ performerId }) : streamRow({ performerId });
  await client.insert(streams).values(row);
  return row.id;
};
const countsOf = async (streamId: string) => {
  const [row] = await client.select().from(streams).where(eq(streams.id, streamId));
  return { now: row?.viewerCount, peak: row?.peakViewerCount };
};
const leasesOf = (streamId: string) => client.$count(audienceLeases, eq(audienceLeases.streamId, streamId));

const asViewer = (user: UserSummary) => ({ key: user.id, user });
let guests = 0;
const aGuest = () => {
  guests += 1;
  return { key: `guest:${guests}`, user: null };
};
const joined = (user: UserSummary) => ({ type: 'userJoined', user });
const left = ({ id }: UserSummary) => ({ type: 'userLeft', userId: id });
const count = (viewerCount: number, guestCount = 0) => ({ type: 'viewerCount', viewerCount, guestCount });

let streamId: string;
let [ava, ben, cleo]: UserSummary[] = [];
const people = () =>
  [ava, ben, cleo].map((user) => user ?? expect.fail()) as [UserSummary, UserSummary, UserSummary];
beforeEach(async () => {
  streamId = await addStream();
  [ava, ben, cleo] = await addUsers(3);
});

describe('one process', () => {
  it('tells one join for two tabs, nothing for a reload, and the leave 8 s after the last tab', async () => {
    const node = openNode();
    const [ava] = people();
    const closeFirst = node.enter(streamId, asViewer(ava));
    const closeSecond = node.enter(streamId, asViewer(ava));
    await node.tick();
    expect(node.take(streamId)).toEqual([joined(ava), count(1)]);
    closeFirst();
    closeFirst();
    closeFirst();
    await pass(30, node);
    closeSecond();
    await pass(7, node);
    const closeReloaded = node.enter(streamId, asViewer(ava));
    await pass(30, node);
    expect(node.take(streamId)).toEqual([]);
    closeReloaded();
    await pass(7.75, node);
    expect(node.take(streamId)).toEqual([]);
    await pass(0.25, node);
    expect(node.take(streamId)).toEqual([left(ava), count(0)]);
  });

  it('keeps the number and the peak with the stream, and no lease when everybody has left', async () => {
    const node = openNode();
    const [ava, ben] = people();
    const leave = [asViewer(ava), asViewer(ben), aGuest(), aGuest()].map((viewer) =>
      node.enter(streamId, viewer),
    );
    await pass(1, node);
    expect([await countsOf(streamId), await leasesOf(streamId)]).toEqual([{ now: 4, peak: 4 }, 1]);
    expect(node.audienceOf(streamId)).toEqual({ viewerCount: 4, guestCount: 2 });
    for (const each of leave) each();
    await pass(10, node);
    expect([await countsOf(streamId), await leasesOf(streamId)]).toEqual([{ now: 0, peak: 4 }, 0]);
    node.enter(streamId, asViewer(ava));
    await pass(1, node);
    expect(await countsOf(streamId)).toEqual({ now: 1, peak: 4 });
  });

  it('keeps nothing with a stream that has ended', async () => {
    const node = openNode();
    node.enter(streamId, aGuest());
    await pass(1, node);
    const endedAt = clock.now().toISOString();
    await client
      .update(streams)
      .set({ status: 'ended', endedAt, viewerCount: 0 })
      .where(eq(streams.id, streamId));
    node.enter(streamId, aGuest());
    await pass(20, node);
    expect(node.audienceOf(streamId).viewerCount).toBe(2);
    expect(await countsOf(streamId)).toEqual({ now: 0, peak: 1 });
  });

  it('mends a number that somebody else has written', async () => {
    const node = openNode();
    node.enter(streamId, aGuest());
    await pass(1, node);
    await client.update(streams).set({ viewerCount: 0 }).where(eq(streams.id, streamId));
    await pass(9, node);
    expect(await countsOf(streamId)).toEqual({ now: 1, peak: 1 });
  });

  it('tells of 5000 joins within 10 s at most one number a second, the last one right', async () => {
    const node = openNode();
    const crowd = await addUsers(5000);
    for (let step = 0; step < 40; step += 1) {
      for (const user of crowd.slice(step * 125, (step + 1) * 125)) node.enter(streamId, asViewer(user));
      await pass(0.25, node);
    }
    await pass(1, node);
    const told = node.told.filter((each) => each.streamId === streamId);
    const counts = told.filter(({ event }) => event.type === 'viewerCount');
    const gaps = counts.slice(1).map(({ atMs }, index) => atMs - (counts[index]?.atMs ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1000);
    expect(counts.length).toBeGreaterThanOrEqual(10);
    expect(counts.at(-1)?.event).toEqual(count(5000));
    expect(told.length - counts.length).toBeLessThan(50);
    expect(await countsOf(streamId)).toEqual({ now: 5000, peak: 5000 });
  });
});

describe('two processes', () => {
  it('count a user once, and tell joins and leaves of either', async () => {
    const [here, there] = [openNode(), openNode()];
    const [ava, ben] = people();
    const leaveHere = here.enter(streamId, asViewer(ava));
    await pass(3, here, there);
    expect(here.take(streamId)).toEqual([joined(ava), count(1)]);
    // Ava was here before the other process had heard of the stream.
    const leaveThere = there.enter(streamId, asViewer(ava));
    there.enter(streamId, asViewer(ben));
    there.enter(streamId, aGuest());
    await pass(4, here, there);
    expect(there.take(streamId)).toEqual([joined(ben), count(3, 1)]);
    expect(here.take(streamId)).toEqual([joined(ben), count(3, 1)].reverse());
    expect(await countsOf(streamId)).toEqual({ now: 3, peak: 3 });

    leaveHere();
    await pass(12, here, there);
    expect([...here.take(streamId), ...there.take(streamId)]).toEqual([]);
    leaveThere();
    await pass(12, there);
    expect(there.take(streamId)).toEqual([left(ava), count(2, 1)]);
    expect(await countsOf(streamId)).toEqual({ now: 2, peak: 3 });
  });

  it('tell nothing of a user who moves from one to the other', async () => {
    const [here, there] = [openNode(), openNode()];
    const [ava, ben, cleo] = people();
    here.enter(streamId, asViewer(ben));
    there.enter(streamId, asViewer(cleo));
    const leave = here.enter(streamId, asViewer(ava));
    await pass(4, here, there);
    here.take(streamId);
    there.take(streamId);
    leave();
    await pass(2, here, there);
    there.enter(streamId, asViewer(ava));
    await pass(20, here, there);
    expect([...here.take(streamId), ...there.take(streamId)]).toEqual([]);
  });

  it('let the viewers of a killed one vanish within 30 s', async () => {
    const [here, killed] = [openNode(), openNode()];
    const [ava, ben] = people();
    const onlyThere = await addStream();
    const planned = await addStream('scheduled');
    here.enter(streamId, asViewer(ava));
    for (const each of [streamId, onlyThere, planned]) {
      killed.enter(each, asViewer(ben));
      killed.enter(each, aGuest());
    }
    await pass(10, here, killed);
    expect(here.audienceOf(streamId)).toEqual({ viewerCount: 3, guestCount: 1 });
    expect([await countsOf(onlyThere), await countsOf(planned)]).toMatchObject([{ now: 2 }, { now: 2 }]);
    here.take(streamId);

    await pass(15, here);
    expect(here.take(streamId)).toEqual([]);
    await pass(15, here);
    expect(here.take(streamId)).toEqual([left(ben), count(1)]);
    expect(await countsOf(streamId)).toEqual({ now: 1, peak: 3 });
    for (const each of [onlyThere, planned]) {
      expect([await countsOf(each), await leasesOf(each)]).toEqual([{ now: 0, peak: 2 }, 0]);
    }
  });

  it('tell nothing of users who come back after one was stopped', async () => {
    const [here, stopped] = [openNode(), openNode()];
    const [ava, ben, cleo] = people();
    here.enter(streamId, asViewer(ava));
    stopped.enter(streamId, asViewer(ben));
    stopped.enter(streamId, asViewer(cleo));
    await pass(4, here, stopped);
    here.take(streamId);
    await stopped.stop();
    await pass(3, here);
    const restarted = openNode();
    restarted.enter(streamId, asViewer(ben));
    await pass(20, here, restarted);
    expect(here.take(streamId)).toEqual([left(cleo), count(2)]);
    expect(restarted.take(streamId).map(({ type }) => type)).toEqual([
      'viewerCount',
      'userLeft',
      'viewerCount',
    ]);
    await here.stop();
    await restarted.stop();
    await pass(9, openNode());
    expect([await countsOf(streamId), await leasesOf(streamId)]).toEqual([{ now: 0, peak: 3 }, 0]);
  });
});

it('comes to the same number in every process and in the database, whatever viewers do', async () => {
  const crowd = await addUsers(4);
  const aMove = fc.record({
    node: fc.nat(1),
    who: fc.nat(5),
    isEntering: fc.boolean(),
    thenSeconds: fc.constantFrom(0, 0, 0.25, 3, 9),
  });
  const property = fc.asyncProperty(fc.array(aMove, { maxLength: 25 }), async (moves) => {
    const streamId = uuidv7();
    const performerId = crowd[0]?.id ?? expect.fail();
    await client.insert(streams).values(streamRow({ id: streamId, performerId }));
    const nodes = [openNode(), openNode()] as const;
    const open: { node: number; who: number; leave: () => void }[] = [];
    const attendees = [...crowd.map(asViewer), aGuest(), aGuest()];
    for (const { node, who, isEntering, thenSeconds } of moves) {
      const place = open.findIndex((each) => each.node === node && each.who === who);
      const viewer = attendees[who] ?? expect.fail();
      if (isEntering) open.push({ node, who, leave: nodes[node === 0 ? 0 : 1].enter(streamId, viewer) });
      else if (place >= 0) open.splice(place, 1)[0]?.leave();
      await pass(thenSeconds, ...nodes);
    }
    await pass(15, ...nodes);
    const users = new Set(open.filter(({ who }) => who < 4).map(({ who }) => who)).size;
    const guests = new Set(open.filter(({ who }) => who >= 4).map(({ who, node }) => `${who} ${node}`)).size;
    for (const [index, node] of nodes.entries()) {
      const isOpen = open.some((each) => each.node === index);
      const expected = isOpen ? { viewerCount: users + guests, guestCount: guests } : expect.anything();
      expect(node.audienceOf(streamId)).toEqual(expected);
    }
    expect((await countsOf(streamId)).now).toBe(users + guests);
    expect(await leasesOf(streamId)).toBe(new Set(open.map(({ node }) => node)).size);
  });
  await fc.assert(property, { numRuns: scaled({ quick: 20, full: 500 }) });
});

describe('a process', () => {
  it('keeps time by itself from its start to its stop', async () => {
    const node = openNode();
    node.start();
    node.enter(streamId, aGuest());
    await expect.poll(() => countsOf(streamId)).toEqual({ now: 1, peak: 1 });
    clock.advance(5);
    node.enter(streamId, aGuest());
    await expect.poll(() => countsOf(streamId)).toEqual({ now: 2, peak: 2 });
    await node.stop();
    const [lease] = await client.select().from(audienceLeases).where(eq(audienceLeases.streamId, streamId));
    expect(lease?.guestCount).toBe(0);
    expect(Date.parse(lease?.expiresAt ?? '') - clock.now().getTime()).toBe(8000);
  });
});

describe('the list of viewers', () => {
  it('has each user of all processes once, in pages, and no guest', async () => {
    const [here, there] = [openNode(), openNode()];
    const admin = await given.admin();
    const identity = await platform.services.auth.authenticateAfresh(admin.accessToken);
    const crowd = await addUsers(9);
    crowd.forEach((user, place) => {
      if (place < 6) here.enter(streamId, asViewer(user));
      if (place > 2) there.enter(streamId, asViewer(user));
    });
    const leave = here.enter(streamId, asViewer(people()[0]));
    here.enter(streamId, aGuest());
    await pass(1, here, there);
    const read = async (node: Node) => {
      const pages: UserSummary[][] = [];
      let cursor: string | undefined;
      do {
        const page = await node.list(identity, { streamId, limit: 4, ...(cursor && { cursor }) });
        pages.push(page.items);
        cursor = page.nextCursor ?? undefined;
      } while (cursor);
      return pages;
    };
    expect((await read(here)).map((page) => page.length)).toEqual([4, 4, 2]);
    const ids = [...crowd, people()[0]].map(({ id }) => id).sort();
    expect((await read(here)).flat().map(({ id }) => id)).toEqual(ids);
    // A third process, where the stream is not open, knows it from the leases.
    expect((await read(openNode())).flat().map(({ id }) => id)).toEqual(ids);
    leave();
    await pass(9, here, there);
    expect((await read(here)).flat().map(({ id }) => id)).toEqual(crowd.map(({ id }) => id).sort());
  });
});

describe('a database that is away', () => {
  it('is told of once; viewers come and go meanwhile, and all is right when it is back', async () => {
    const forwarder = await createPortForwarder();
    const url = new URL(platform.databaseUrl);
    forwarder.target = Number(url.port);
    url.host = `127.0.0.1:${forwarder.port}`;
    const cut = createDatabase({ url: url.href, poolMax: 5, prepare: true });
    const [node, other] = [openNode(cut), openNode(cut)];
    const [ava, ben, cleo] = people();
    node.enter(streamId, asViewer(ava));
    other.enter(streamId, asViewer(ben));
    await pass(4, node, other);
    node.take(streamId);

    forwarder.target = 1;
    forwarder.dropConnections();
    node.enter(streamId, asViewer(cleo));
    expect(node.take(streamId)).toEqual([joined(cleo), count(3)]);
    const unheard = await addStream();
    node.enter(unheard, asViewer(ava));
    clock.advance(60);
    await node.tick();
    expect(node.take(unheard)).toEqual([joined(ava), count(1)]);
    const warnings = () => node.logs.filter(({ level }) => level === 'WARN');
    expect(warnings()).toHaveLength(1);
    await expect(node.stop()).resolves.toBeUndefined();
    node.start();

    forwarder.target = Number(new URL(platform.databaseUrl).port);
    await expect.poll(() => cut.isReachable(), { timeout: 5000 }).toBe(true);
    await pass(10, node, other);
    expect(await countsOf(streamId)).toEqual({ now: 3, peak: 3 });
    expect(await countsOf(unheard)).toEqual({ now: 1, peak: 1 });
    expect(node.take(streamId)).toEqual([]);
    expect(warnings()).toHaveLength(1);
    expect(node.logs.at(-1)).toMatchObject({ level: 'INFO' });
    await node.stop();
    await cut.close();
    await forwarder.close();
  });
});
