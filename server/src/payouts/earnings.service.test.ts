import { type Earnings, EarningsInput, type SignedIn } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, expect, it } from 'vitest';
import { createFactories } from '../../test/factories.js';
import { brokenBooks } from '../../test/money/books.js';
import { outcomeOf } from '../../test/outcome.js';
import { scaled } from '../../test/scale.js';
import { createTestServices } from '../../test/services.js';

const platform = await createTestServices({ environment: { FEE_TICKETS_BASIS_POINTS: '3333' } });
const { services, database, clock } = platform;
const given = createFactories(platform);
afterAll(platform.close);

const DAY_SECONDS = 86_400;

const identityOf = ({ accessToken }: SignedIn) => services.auth.authenticateAfresh(accessToken);
const admin = await identityOf(await given.admin());
const today = () => clock.now().toISOString().slice(0, 10);
const settle = (streamId: string) =>
  database.client.execute(
    sql`select settle_show(${streamId}, array[${uuidv7()}::uuid], ${clock.now().toISOString()}::timestamptz)`,
  );

/** What the ledger says was credited in a period, less what was given back. */
const creditedTo = async (userId: string, { from, to }: Earnings): Promise<number> => {
  const rows = await database.client.execute<{ amount: number }>(sql`
    select coalesce(sum(entry.amount), 0)::int as amount from ledger_entries as entry
    join ledger_accounts as account on account.id = entry.account_id
    join ledger_transactions as posted on posted.id = entry.transaction_id
    where account.kind = 'earnings' and owner_id = ${userId} and posted.kind in ('tip', 'release', 'refund')
      and (entry.created_at at time zone 'UTC')::date between ${from}::date and ${to}::date`);
  return rows[0]?.amount ?? Number.NaN;
};
const added = (sums: Earnings['total'][]): Earnings['total'] => {
  const total = { count: 0, gross: 0, fee: 0, net: 0 };
  for (const one of sums) {
    for (const name of ['count', 'gross', 'fee', 'net'] as const) total[name] += one[name];
  }
  return total;
};

/** A performer with a private show to come at 9.99, and a viewer who can pay for much. */
const openShow = async () => {
  const [performer, viewer] = [await given.performer(), await given.account()];
  await given.funds(viewer, 1_000_000);
  const show = await given.scheduledStream(performer, { isPrivate: true, price: 999, title: 'A show' });
  return { performer: await identityOf(performer), viewer: await identityOf(viewer), show };
};

it('counts tickets when their show has taken place, and not those that were given back before', async () => {
  const { performer, viewer, show } = await openShow();
  const [early, late] = [await given.account(), await given.account()];
  for (const account of [early, late]) await given.funds(account, 999);
  const buy = async (by: typeof viewer) => (await services.tickets.buy(by, { streamId: show.id })).payment.id;
  await buy(viewer);
  const givenBack = await buy(await identityOf(early));
  const regretted = await buy(await identityOf(late));
  await services.refunds.refund(admin, givenBack);
  await services.streams.start(performer, show.id);
  const get = (input: EarningsInput = {}) => services.earnings.get(performer, input);
  expect((await get()).total.count).toBe(0);

  clock.advance(DAY_SECONDS);
  await services.streams.end(performer, show.id);
  await settle(show.id);
  const released = today();
  const sums = { count: 2, gross: 1998, fee: 664, net: 1334 };
  expect(await get()).toMatchObject({
    total: sums,
    byDay: [{ day: released, ...sums }],
    byType: [{ type: 'private_show', ...sums }],
    byStream: [{ streamId: show.id, title: 'A show', ...sums }],
  });

  clock.advance(DAY_SECONDS);
  await services.refunds.refund(admin, regretted);
  const refund = { count: -1, gross: -999, fee: -332, net: -667 };
  expect(await get()).toMatchObject({
    total: { count: 1, gross: 999, fee: 332, net: 667 },
    byDay: [
      { day: released, ...sums },
      { day: today(), ...refund },
    ],
  });
  expect((await get({ from: released, to: released })).total).toEqual(sums);
});

it('agrees with the ledger to the unit, over any days, whatever was sent, shown and given back', {
  timeout: 600_000,
}, async () => {
  const operation = fc.record({
    do: fc.constantFrom('tip', 'tip', 'ticket', 'refund', 'end', 'wait'),
    amount: fc.integer({ min: 100, max: 9_999 }),
    pick: fc.nat(9),
  });
  const scenario = fc.record({
    operations: fc.array(operation, { maxLength: 20 }),
    periods: fc.array(fc.tuple(fc.nat(12), fc.nat(12)), { minLength: 1, maxLength: 3 }),
  });
  const property = fc.asyncProperty(scenario, async ({ operations, periods }) => {
    const { performer, viewer, show } = await openShow();
    const { id: roomId } = await given.stream(await given.performer());
    const performerId = performer.userId;
    const paid: string[] = [];
    const pay = async (paying: Promise<{ payment: { id: string } }>) => {
      const outcome = await outcomeOf(paying);
      if (outcome === 'ok') paid.push((await paying).payment.id);
    };
    for (const { do: name, amount, pick } of operations) {
      if (name === 'tip') {
        await pay(services.tips.send(viewer, { performerId, amount, isAnonymous: pick < 5 }));
        await pay(services.tips.send(viewer, { streamId: roomId, amount, isAnonymous: false }));
      } else if (name === 'ticket') {
        await pay(services.tickets.buy(viewer, { streamId: show.id }));
      } else if (name === 'refund') {
        const [id] = paid.splice(pick, 1);
        if (id !== undefined) await services.refunds.refund(admin, id);
      } else if (name === 'wait') {
        clock.advance((pick + 1) * DAY_SECONDS * 0.4);
      } else {
        await outcomeOf(services.streams.start(performer, show.id));
        await services.streams.end(performer, show.id);
        await settle(show.id);
      }
    }

    for (const [length, ago] of [[29, 0], ...periods] as const) {
      const day = (back: number) =>
        new Date(clock.now().getTime() - back * DAY_SECONDS * 1000).toISOString().slice(0, 10);
      const input = EarningsInput.parse({ from: day(ago + length), to: day(ago) });
      const earnings = await services.earnings.get(performer, input);
      const { total, byDay, byType, byStream } = earnings;
      expect(total.net).toBe(await creditedTo(performerId, earnings));
      expect(total.gross - total.fee).toBe(total.net);
      for (const parts of [byDay, byType, byStream]) expect(added(parts)).toEqual(total);
      const days = byDay.map((each) => each.day);
      expect(days).toEqual([...new Set(days)].sort());
    }
  });
  await fc.assert(property, { numRuns: scaled({ quick: 20, full: 500 }), seed: 20_260_311 });
  expect(await brokenBooks(database)).toEqual([]);
  expect(await services.ledger.audit()).toMatchObject({ breaks: [] });
});
