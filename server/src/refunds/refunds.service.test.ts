import { streamTippers, tipGoals, tipOutbox } from '@versbottomlex/database';
import { type SignedIn, type Stream, sandboxAmounts } from '@versbottomlex/shared';
import { eq } from 'drizzle-orm';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createFactories } from '../../test/factories.js';
import { brokenBooks } from '../../test/money/books.js';
import { outcomeOf, tally } from '../../test/outcome.js';
import { scaled } from '../../test/scale.js';
import { openSecondNode } from '../../test/second-node.js';
import { createTestServices } from '../../test/services.js';
import type { BusEvent } from '../platform/event-bus.js';
import { logTips } from '../tips/tips.queries.js';

const platform = await createTestServices();
const { services, database, clock, bus } = platform;
const given = createFactories(platform);
const other = openSecondNode(platform);
afterAll(async () => {
  await other.close();
  await platform.close();
});

const identityOf = (by: SignedIn) => services.auth.authenticateAfresh(by.accessToken);
const balanceOf = async (by: SignedIn) => (await services.wallet.get(await identityOf(by))).balance;
const earningsOf = async (by: SignedIn) =>
  (await services.wallet.get(await identityOf(by))).earnings?.balance ?? 0;
const refund = async (by: SignedIn, id: string) => services.refunds.refund(await identityOf(by), id);

const admin = await given.admin();
let performer: SignedIn;
let viewer: SignedIn;
beforeEach(async () => {
  performer = await given.performer();
  viewer = await given.account();
});

describe('a payment', () => {
  const several = async (id: string) => {
    const identity = await identityOf(admin);
    const nodes = [services, other.services, services, other.services, services];
    return tally(nodes.map((node) => node.refunds.refund(identity, id)));
  };

  it('is given back once when that is asked for at once: a ticket', async () => {
    const { id } = await given.ticket(viewer, await given.show(performer));
    expect(await several(id)).toEqual({ ok: 1, ALREADY_REFUNDED: 4 });
    expect(await balanceOf(viewer)).toBe(500);
  });

  it('is given back once when that is asked for at once: a tip', async () => {
    await given.funds(viewer, 500);
    const input = { performerId: performer.user.id, amount: 500, isAnonymous: false };
    const { payment } = await services.tips.send(await identityOf(viewer), input);
    expect(await several(payment.id)).toEqual({ ok: 1, ALREADY_REFUNDED: 4 });
    expect([await balanceOf(viewer), await earningsOf(performer)]).toEqual([500, 0]);
  });

  it('is given back once when that is asked for at once: a top-up', async () => {
    const { payment } = await given.topUp(viewer, 5_000);
    await given.funds(viewer, 5_000);
    expect(await several(payment.id)).toEqual({ ok: 1, ALREADY_REFUNDED: 4 });
    expect(await balanceOf(viewer)).toBe(5_000);
    expect(await brokenBooks(database)).toEqual([]);
  });

  it('tells both parties, and the feeds of whoever held a ticket', async () => {
    const show = await given.show(performer);
    const { id } = await given.ticket(viewer, show);
    const told: BusEvent[] = [];
    const stop = bus.subscribe((event) => told.push(event));
    await refund(performer, id);
    stop();
    expect(told).toEqual([
      { type: 'walletChanged', userId: viewer.user.id },
      { type: 'walletChanged', userId: performer.user.id },
      { type: 'accessChanged', userId: viewer.user.id, streamId: show.id },
    ]);
  });

  it('of a deleted account is given back to nobody else', async () => {
    const { id } = await given.ticket(viewer, await given.show(performer));
    await given.deleted(viewer);
    await refund(performer, id);
    const [wallet] = await database.client.query.ledgerAccounts
      .findMany({ where: (account, { eq: is }) => is(account.ownerId, viewer.user.id) })
      .execute();
    expect(wallet?.balance).toBe(0);
    expect(await brokenBooks(database)).toEqual([]);
  });
});

describe('the refund of a ticket', () => {
  it('while the show is cancelled and settled gives it back once', async () => {
    const identity = await identityOf(performer);
    for (let round = 0; round < scaled({ quick: 12, full: 300 }); round += 1) {
      const buyer = await given.account();
      const show = await given.show(performer);
      const { id } = await given.ticket(buyer, show);
      await services.streams.end(identity, show.id);
      const [refunded] = await Promise.all([
        outcomeOf(services.refunds.refund(identity, id)),
        other.services.tickets.settleDue(),
      ]);
      expect(['ok', 'ALREADY_REFUNDED']).toContain(refunded);
      expect(await balanceOf(buyer)).toBe(500);
    }
  });

  it('while its show is released comes out of the one or the other', async () => {
    const identity = await identityOf(performer);
    for (let round = 0; round < scaled({ quick: 12, full: 300 }); round += 1) {
      const buyer = await given.account();
      const show = await given.stream(performer, { isPrivate: true, price: 500 });
      const { id } = await given.ticket(buyer, show);
      await services.streams.end(identity, show.id);
      const refunding = outcomeOf(services.refunds.refund(identity, id));
      const [refunded] = await Promise.all([refunding, other.services.tickets.settleDue()]);
      expect([refunded, await balanceOf(buyer)]).toEqual(['ok', 500]);
      await services.tickets.settleDue();
    }
    expect(await earningsOf(performer)).toBe(0);
    expect(await brokenBooks(database)).toEqual([]);
  });
});

describe('the refund of a tip to a room', () => {
  let stream: Stream;
  const tip = async (amount: number, isAnonymous = false) => {
    await given.funds(viewer, amount);
    const input = { streamId: stream.id, amount, isAnonymous };
    return (await services.tips.send(await identityOf(viewer), input)).payment.id;
  };
  const announce = () =>
    logTips(database, { streamId: stream.id, tipsMax: 100, now: clock.now().toISOString() });
  const setGoal = async (targetAmount: number) => {
    const identity = await identityOf(performer);
    await services.tips.setGoal(identity, { streamId: stream.id, title: 'A microphone', targetAmount });
  };
  const goal = async () => {
    const [row] = await database.client.select().from(tipGoals).where(eq(tipGoals.streamId, stream.id));
    return row && { raised: row.raisedAmount, isReached: row.reachedAt !== null };
  };
  const tippers = async () => {
    const rows = await database.client
      .select()
      .from(streamTippers)
      .where(eq(streamTippers.streamId, stream.id));
    return rows.map(({ amount, tipCount }) => [amount, tipCount]);
  };

  beforeEach(async () => {
    stream = await given.stream(performer);
  });

  it('takes it off the leaderboard and the goal, and tells the room', async () => {
    await setGoal(1_000);
    await tip(400);
    const id = await tip(700);
    await announce();
    expect([await goal(), await tippers()]).toEqual([{ raised: 1_100, isReached: true }, [[1_100, 2]]]);
    const told: BusEvent[] = [];
    const stop = bus.subscribe((event) => told.push(event));
    await refund(admin, id);
    stop();
    expect([await goal(), await tippers()]).toEqual([{ raised: 400, isReached: false }, [[400, 1]]]);
    expect(told).toContainEqual({ type: 'streamLogged', streamId: stream.id, entries: [] });
  });

  it('leaves a goal alone that was set after it, and who has tipped nothing else is off the leaderboard', async () => {
    const id = await tip(400);
    await announce();
    await setGoal(1_000);
    await tip(300, true);
    await announce();
    await refund(admin, id);
    expect([await goal(), await tippers()]).toEqual([{ raised: 300, isReached: false }, []]);
  });

  it('that waits for the log keeps it from being announced', async () => {
    await setGoal(1_000);
    const id = await tip(400);
    await refund(admin, id);
    expect(await announce()).toEqual([]);
    expect([await goal(), await tippers()]).toEqual([{ raised: 0, isReached: false }, []]);
    expect(await database.client.select().from(tipOutbox)).toEqual([]);
  });

  it('counts what is left when it is announced at the same moment', async () => {
    await setGoal(100_000);
    for (let round = 0; round < scaled({ quick: 10, full: 200 }); round += 1) {
      const id = await tip(100);
      await Promise.all([announce(), refund(admin, id)]);
    }
    await announce();
    expect([await goal(), await tippers()]).toEqual([{ raised: 0, isReached: false }, []]);
  });

  it('never waits for another in a circle', async () => {
    const people = [performer, await given.performer(), await given.performer()];
    for (const person of people) await given.funds(person, 100_000);
    const identity = await identityOf(admin);
    const [rounds, ids] = [scaled({ quick: 4, full: 60 }), [] as string[]];
    for (let round = 0; round < rounds; round += 1) {
      const sending = people.flatMap((from) =>
        people
          .filter((to) => to !== from)
          .map(async (to) =>
            services.tips.send(await identityOf(from), {
              performerId: to.user.id,
              amount: 1_000,
              isAnonymous: false,
            }),
          ),
      );
      const refunding = ids.splice(0).map((id) => services.refunds.refund(identity, id));
      for (const { payment } of await Promise.all(sending)) ids.push(payment.id);
      expect((await tally(refunding)).DEPENDENCY_UNAVAILABLE).toBeUndefined();
    }
    expect(await brokenBooks(database)).toEqual([]);
  });
});

describe('the refund of a top-up', () => {
  it('is pending until the provider has given the money back, and cannot be spent meanwhile', async () => {
    const { payment } = await given.topUp(viewer, sandboxAmounts.refundProcessed);
    const answer = await refund(admin, payment.id);
    expect(answer).toMatchObject({ payment: { status: 'completed' }, refund: { status: 'pending' } });
    expect(await balanceOf(viewer)).toBe(0);
    expect(await outcomeOf(refund(admin, payment.id))).toBe('ALREADY_REFUNDED');
    expect(await brokenBooks(database)).toEqual([]);
  });
});
