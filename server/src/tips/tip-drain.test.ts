import { SendTipInput, type SignedIn } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createFactories } from '../../test/factories.js';
import { holdTransaction } from '../../test/held-transaction.js';
import { openSecondNode } from '../../test/second-node.js';
import { createTestServices, type TestServices } from '../../test/services.js';
import type { EventBus, LogEntry } from '../platform/event-bus.js';
import type { Services } from '../services.js';

const platform: TestServices = await createTestServices();
const { services, database, databaseUrl, clock } = platform;
const second = openSecondNode(platform);
const factories = createFactories(platform);

let performer: SignedIn;
let viewer: SignedIn;
let streamId: string;
/** What each process has told of the stream, in the order of telling. */
let told: { here: LogEntry[]; there: LogEntry[] };
let tellings: { here: number; there: number };

const listen = (node: 'here' | 'there', bus: EventBus) =>
  bus.subscribe((event) => {
    if (event.type !== 'streamLogged' || event.streamId !== streamId) return;
    tellings[node] += 1;
    told[node].push(...event.entries);
  });
const leave = [listen('here', platform.bus), listen('there', second.bus)];

beforeAll(() => {
  services.tips.start();
  second.services.tips.start();
});
afterAll(async () => {
  for (const end of leave) end();
  await services.tips.stop();
  await second.services.tips.stop();
  await second.close();
  await platform.close();
});
beforeEach(async () => {
  [performer, viewer] = [await factories.performer(), await factories.account()];
  await factories.funds(viewer, 100_000);
  streamId = (await factories.stream(performer)).id;
  told = { here: [], there: [] };
  tellings = { here: 0, there: 0 };
});

const send = async (node: Services, given: Partial<SendTipInput> = {}, by = viewer): Promise<string> => {
  const identity = await node.auth.authenticateAfresh(by.accessToken);
  const input = SendTipInput.parse({ streamId, amount: 100, ...given });
  return (await node.tips.send(identity, input)).payment.id;
};
const sendMany = (node: Services, count: number) =>
  Promise.all(Array.from({ length: count }, () => send(node)));
/** As a process does that is killed between the payment and its announcement. */
const sendAndDie = async (): Promise<string> => {
  const id = uuidv7();
  await database.client.execute(sql`
    select send_tip(${id}, ${viewer.user.id}, ${streamId}, null, 100, null, null, false, false, 'USD', 2000, null, null,
      ${clock.now().toISOString()}::timestamptz)`);
  return id;
};
const tipsIn = (entries: LogEntry[]): string[] =>
  entries.flatMap(({ event }) => (event.type === 'tipReceived' ? [event.tip.paymentId] : []));
const allTold = () => tipsIn([...told.here, ...told.there]);
const waiting = async (): Promise<number> => {
  const rows = await database.client.execute(sql`select from tip_outbox where stream_id = ${streamId}`);
  return rows.length;
};

describe('the announcement of a tip', () => {
  it('comes after its commit, from the process that took it, with what the room sees', async () => {
    const seen: Promise<string>[] = [];
    const beside = await factories
      .admin()
      .then(({ accessToken }) => services.auth.authenticateAfresh(accessToken));
    const end = platform.bus.subscribe((event) => {
      if (event.type !== 'streamLogged' || event.streamId !== streamId) return;
      for (const id of tipsIn(event.entries)) {
        seen.push(second.services.payments.get(beside, id).then(({ status }) => status));
      }
    });
    const paymentId = await send(services, { message: 'Bravo!' });
    await expect.poll(() => told.here.length).toBe(1);
    end();
    expect(await Promise.all(seen)).toEqual(['completed']);
    const { id, username, displayName } = viewer.user;
    expect(told.here[0]).toEqual({
      seq: 2,
      event: {
        type: 'tipReceived',
        tip: {
          paymentId,
          from: { id, username, displayName, avatarUrl: null, isVerified: false },
          amount: 100,
          currency: 'USD',
          message: 'Bravo!',
          createdAt: clock.now().toISOString(),
        },
      },
    });
  });

  it('is made once, also when two processes make them', async () => {
    const ids = (await Promise.all([sendMany(services, 40), sendMany(second.services, 40)])).flat();
    await expect.poll(() => allTold().length).toBe(80);
    await expect.poll(waiting).toBe(0);
    expect(allTold().sort()).toEqual(ids.sort());
    const seqs = [...told.here, ...told.there].map(({ seq }) => seq).sort((one, other) => one - other);
    expect(seqs).toEqual(Array.from({ length: 80 }, (_, place) => place + 2));
  });

  it('is made by another when the process that took the money was killed', async () => {
    const ids = [await sendAndDie(), await sendAndDie()];
    await expect.poll(() => allTold().length, { timeout: 3000 }).toBe(2);
    expect(allTold()).toEqual(ids);
  });

  it('reaches the followers of a process whose tip another has moved: they are told to read the log', async () => {
    const id = await sendAndDie();
    const { client } = second.database;
    await client.execute(
      sql`select from log_tips(${streamId}, 500, ${clock.now().toISOString()}::timestamptz)`,
    );
    expect(allTold()).not.toContain(id);
    const before = tellings.here;
    await send(services);
    await expect.poll(() => tellings.here).toBeGreaterThan(before);
    expect(told.here.at(-1)?.seq).toBe(3);
  });

  it('waits for the log of its room without keeping the payer waiting, and is made when that is free', async () => {
    const held = await holdTransaction(
      databaseUrl,
      `select from stream_logs where stream_id = '${streamId}' for update`,
    );
    const first = await send(services);
    await held.untilWaitedFor();
    const others = await sendMany(services, 5);
    expect(allTold()).toEqual([]);
    await held.commit();
    await expect.poll(() => allTold().length).toBe(6);
    expect(allTold().sort()).toEqual([first, ...others].sort());
  });

  it('is made later when the database would not take it', async () => {
    const held = await holdTransaction(
      databaseUrl,
      `select from stream_logs where stream_id = '${streamId}' for update`,
    );
    const id = await send(services);
    // Nobody waits for a lock for long; whoever follows the room is told to look.
    await expect.poll(() => tellings.here, { timeout: 5000 }).toBeGreaterThan(0);
    expect(allTold()).toEqual([]);
    await held.commit();
    await expect.poll(allTold, { timeout: 3000 }).toEqual([id]);
  });
});

describe('a goal', () => {
  const goalOf = async () => (await services.tips.getGoal(null, streamId)).goal;
  const setGoal = async (title: string, targetAmount: number) => {
    const identity = await services.auth.authenticateAfresh(performer.accessToken);
    return services.tips.setGoal(identity, { streamId, title, targetAmount });
  };

  it('grows with every tip, anonymous ones too, and is reached once', async () => {
    await setGoal('A microphone', 500);
    await send(services, { amount: 200, isAnonymous: true });
    await expect.poll(goalOf).toMatchObject({ raisedAmount: 200, reachedAt: null });
    clock.advance(60);
    const reachedAt = clock.now().toISOString();
    await send(services, { amount: 300 });
    await expect.poll(goalOf).toMatchObject({ raisedAmount: 500, reachedAt });
    clock.advance(60);
    await send(services, { amount: 100 });
    await expect.poll(goalOf).toMatchObject({ raisedAmount: 600, reachedAt });
    const goals = told.here.flatMap(({ event }) => (event.type === 'tipGoalChanged' ? [event.goal] : []));
    expect(goals.map((goal) => goal?.raisedAmount)).toEqual([0, 200, 500, 600]);
  });

  it('loses no tip and counts none twice when another takes its place meanwhile', async () => {
    await setGoal('First', 100_000);
    const sending = Promise.all([sendMany(services, 30), sendMany(second.services, 30)]);
    await expect.poll(async () => (await goalOf())?.raisedAmount).toBeGreaterThan(0);
    await setGoal('Second', 100_000);
    await sending;
    await expect.poll(waiting).toBe(0);
    const goals = await database.client.execute<{ title: string; raised: number }>(sql`
      select title, raised_amount::int as raised from tip_goals where stream_id = ${streamId} order by id`);
    expect(goals.map(({ title }) => title)).toEqual(['First', 'Second']);
    expect(goals.reduce((sum, { raised }) => sum + raised, 0)).toBe(6000);
  });

  it('and the leaderboard know nobody by an anonymous tip', async () => {
    const open = await factories.account();
    await factories.funds(open, 1000);
    await send(services, { amount: 900, isAnonymous: true });
    await send(services, { amount: 200 }, open);
    await send(services, { amount: 300 }, open);
    await expect.poll(waiting).toBe(0);
    const { items } = await services.tips.leaderboard(null, { streamId, limit: 10 });
    expect(items).toMatchObject([{ rank: 1, user: { id: open.user.id }, amount: 500, tipCount: 2 }]);
  });
});
