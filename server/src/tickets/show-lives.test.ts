import { ledgerAccounts } from '@versbottomlex/database';
import type { SignedIn } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { createFactories } from '../../test/factories.js';
import { brokenBooks } from '../../test/money/books.js';
import { outcomeOf } from '../../test/outcome.js';
import { scaled } from '../../test/scale.js';
import { openSecondNode } from '../../test/second-node.js';
import { createTestServices } from '../../test/services.js';

const platform = await createTestServices({ environment: { SHOW_GRACE_MINUTES: '60' } });
const { services, database, clock } = platform;
const given = createFactories(platform);
const other = openSecondNode(platform);
afterAll(async () => {
  await other.close();
  await platform.close();
});

const FUNDS = 1_500;
const HOUR_MS = 3_600_000;
const VIEWERS = 3;

type Step =
  | { do: 'buy' | 'refund'; viewer: number }
  | { do: 'price'; price: number }
  | { do: 'start' | 'end' | 'wait' | 'settle' | 'settleTwice' };

/** A show with its viewers, in so many words. Refunded tickets may be bought again. */
const createModel = (dueAt: number) => ({
  status: 'scheduled' as 'scheduled' | 'live' | 'ended',
  hasBegun: false,
  isSettled: false,
  price: 500,
  wallets: Array.from({ length: VIEWERS }, () => FUNDS),
  /** What each paid for the ticket that they hold, and whether they have ever held one. */
  held: Array.from({ length: VIEWERS }, (): number | null => null),
  hasBought: Array.from({ length: VIEWERS }, () => false),
  earnings: 0,
  revenue: 0,
  hasOpenTickets: false,
  dueAt,
});
type Model = ReturnType<typeof createModel>;

const feeOf = (price: number) => Math.floor((price * 2_000) / 10_000);

const buy = (model: Model, viewer: number): string => {
  const balance = model.wallets[viewer] ?? 0;
  if (model.status === 'ended') return 'STREAM_ENDED';
  if (model.held[viewer] !== null) return 'ALREADY_OWNED';
  if (balance < model.price) return 'INSUFFICIENT_FUNDS';
  model.wallets[viewer] = balance - model.price;
  model.held[viewer] = model.price;
  model.hasBought[viewer] = true;
  model.hasOpenTickets = true;
  return 'ok';
};

const giveBack = (model: Model, viewer: number): void => {
  const paid = model.held[viewer] ?? 0;
  model.wallets[viewer] = (model.wallets[viewer] ?? 0) + paid;
  model.held[viewer] = null;
  if (!model.isSettled) return;
  model.earnings -= paid - feeOf(paid);
  model.revenue -= feeOf(paid);
};

const settle = (model: Model, now: number): void => {
  if (!model.hasOpenTickets || model.isSettled) return;
  if (model.status === 'scheduled' && now >= model.dueAt + HOUR_MS) model.status = 'ended';
  if (model.status !== 'ended') return;
  for (const [viewer, paid] of model.held.entries()) {
    if (paid === null) continue;
    if (!model.hasBegun) giveBack(model, viewer);
    else {
      model.earnings += paid - feeOf(paid);
      model.revenue += feeOf(paid);
    }
  }
  model.isSettled = true;
};

const stepOf = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('buy' as const), viewer: fc.nat(VIEWERS - 1) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('refund' as const), viewer: fc.nat(VIEWERS - 1) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('price' as const), price: fc.integer({ min: 1, max: 900 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('start', 'end', 'wait', 'settle', 'settleTwice') }),
  },
) as fc.Arbitrary<Step>;

const balancesOf = async (owners: string[], streamId: string) => {
  await database.client.execute(sql`select fold_ledger(null, 100000)`);
  const accounts = await database.client.select().from(ledgerAccounts);
  const held = (kind: string, ownerId: string | null) =>
    accounts.find((account) => account.kind === kind && account.ownerId === ownerId)?.balance ?? 0;
  const escrow = accounts.find((account) => account.streamId === streamId)?.balance ?? 0;
  return { wallets: owners.map((id) => held('wallet', id)), revenue: held('revenue', null), escrow, held };
};

const live = async (steps: Step[]): Promise<void> => {
  const performer = await given.performer();
  const viewers: SignedIn[] = [];
  for (let made = 0; made < VIEWERS; made += 1) viewers.push(await given.account());
  for (const viewer of viewers) await given.funds(viewer, FUNDS);
  const ids = viewers.map(({ user }) => user.id);
  const own = await services.auth.authenticateAfresh(performer.accessToken);
  const identities = await Promise.all(
    viewers.map((viewer) => services.auth.authenticateAfresh(viewer.accessToken)),
  );
  const { id: streamId, scheduledStartAt } = await given.show(performer);
  const before = await balancesOf(ids, streamId);
  const model = createModel(Date.parse(scheduledStartAt ?? ''));
  const tickets: (string | undefined)[] = [];

  const perform = async (step: Step): Promise<[expected: string, actual: string]> => {
    if (step.do === 'buy') {
      const identity = identities[step.viewer] ?? expect.fail();
      const buying = services.tickets.buy(identity, { streamId }).then(({ payment }) => {
        tickets[step.viewer] = payment.id;
      });
      return [buy(model, step.viewer), await outcomeOf(buying)];
    }
    if (step.do === 'refund') {
      const ticket = tickets[step.viewer];
      if (ticket === undefined) return ['', ''];
      const isHeld = model.held[step.viewer] !== null;
      if (isHeld) giveBack(model, step.viewer);
      return [isHeld ? 'ok' : 'ALREADY_REFUNDED', await outcomeOf(services.refunds.refund(own, ticket))];
    }
    if (step.do === 'price') {
      const { status } = model;
      if (status === 'scheduled') model.price = step.price;
      const refusal = status === 'live' ? 'STREAM_LIVE' : 'STREAM_ENDED';
      const changing = services.streams.update(own, { id: streamId, price: step.price });
      return [status === 'scheduled' ? 'ok' : refusal, await outcomeOf(changing)];
    }
    if (step.do === 'start') {
      const { status } = model;
      if (status === 'scheduled') Object.assign(model, { status: 'live', hasBegun: true });
      const refusal = status === 'live' ? 'STREAM_LIVE' : 'STREAM_ENDED';
      return [
        status === 'scheduled' ? 'ok' : refusal,
        await outcomeOf(services.streams.start(own, streamId)),
      ];
    }
    if (step.do === 'end') {
      model.status = 'ended';
      return ['ok', await outcomeOf(services.streams.end(own, streamId))];
    }
    if (step.do === 'wait') {
      clock.advance(3_600);
      return ['', ''];
    }
    settle(model, clock.now().getTime());
    const nodes = step.do === 'settle' ? [other] : [platform, other];
    const settling = Promise.all(nodes.map((node) => node.services.tickets.settleDue()));
    return ['ok', await outcomeOf(settling)];
  };

  for (const step of [...steps, { do: 'end' as const }, { do: 'settle' as const }]) {
    const [expected, actual] = await perform(step);
    expect([step, actual]).toEqual([step, expected]);
  }
  const after = await balancesOf(ids, streamId);
  expect(after.wallets).toEqual(model.wallets);
  expect(after.held('earnings', performer.user.id)).toBe(model.earnings);
  expect(after.revenue - before.revenue).toBe(model.revenue);
  expect(after.escrow).toBe(0);
  // Nothing comes from nowhere.
  const total = model.wallets.reduce((sum, balance) => sum + balance, 0);
  expect(total + model.earnings + model.revenue).toBe(VIEWERS * FUNDS);
  expect(await brokenBooks(database)).toEqual([]);
};

it('moves money as a small model of it says, whatever is done in whatever order', async () => {
  const property = fc.asyncProperty(fc.array(stepOf, { maxLength: 25 }), live);
  await fc.assert(property, { numRuns: scaled({ quick: 25, full: 1_000 }), seed: 20_260_401 });
  const [audit] = await database.client.execute(sql`select breaks from audit_ledger()`);
  expect(audit).toEqual({ breaks: [] });
}, 600_000);
