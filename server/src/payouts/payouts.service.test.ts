import { payments } from '@versbottomlex/database';
import type { PayoutStatus, SignedIn } from '@versbottomlex/shared';
import { and, desc, eq, sql } from 'drizzle-orm';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { createFactories } from '../../test/factories.js';
import { brokenBooks } from '../../test/money/books.js';
import { outcomeOf, tally } from '../../test/outcome.js';
import { scaled } from '../../test/scale.js';
import { createTestServices } from '../../test/services.js';

const platform = await createTestServices({ environment: { PAYOUT_MINIMUM: '100' } });
const { services, database, clock } = platform;
const given = createFactories(platform);
afterAll(platform.close);

const DAY_SECONDS = 86_400;
const HOLD_DAYS = 7;

const identityOf = ({ accessToken }: SignedIn) => services.auth.authenticateAfresh(accessToken);
const admin = await identityOf(await given.admin());

/** What an account holds by its entries, in minor units. */
const holds = async (kind: string, owner: { userId: string } | null, provider: string | null = null) => {
  const rows = await database.client.execute<{ amount: number }>(sql`
    select coalesce(sum(entry.amount), 0)::int as amount from ledger_entries as entry
    join ledger_accounts as account on account.id = entry.account_id
    where account.kind = ${kind}::ledger_account_kind and account.provider is not distinct from ${provider}
      and account.owner_id is not distinct from ${owner?.userId ?? null}::uuid`);
  return rows[0]?.amount ?? Number.NaN;
};
const latestTip = async (userId: string): Promise<string> => {
  const [tip] = await database.client
    .select({ id: payments.id })
    .from(payments)
    .where(and(eq(payments.payeeId, userId), eq(payments.type, 'tip')))
    .orderBy(desc(payments.id))
    .limit(1);
  return tip?.id ?? expect.fail();
};
describe('at once', () => {
  it('gives out no more than is available, however many ask', async () => {
    const performer = await given.securedPerformer();
    await given.earned(performer, 1_000);
    await given.earned(performer, 5_000, 1);
    const identity = await identityOf(performer);
    const asked = Array.from({ length: 12 }, () => services.payouts.request(identity, { amount: 300 }));
    expect(await tally(asked)).toEqual({ ok: 3, EARNINGS_INSUFFICIENT: 9 });
    expect(await holds('earnings', identity)).toBe(5_100);
    expect(await brokenBooks(database)).toEqual([]);
  });

  it('pays out or gives back, and never both', async () => {
    for (let round = 0; round < 10; round += 1) {
      const performer = await given.securedPerformer();
      await given.earned(performer, 500);
      const identity = await identityOf(performer);
      const tip = await latestTip(performer.user.id);
      const outcomes = await Promise.all([
        outcomeOf(services.payouts.request(identity, { amount: 500 })),
        outcomeOf(services.refunds.refund(admin, tip)),
      ]);
      expect([
        ['ok', 'FUNDS_SPENT'],
        ['EARNINGS_INSUFFICIENT', 'ok'],
      ]).toContainEqual(outcomes);
      expect(await holds('earnings', identity)).toBe(0);
    }
    expect(await brokenBooks(database)).toEqual([]);
  });

  it('decides once, whatever several admins want', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { id } = await given.payout(await given.securedPerformer(), 'approved');
      const outcomes = await Promise.all([
        outcomeOf(services.payouts.markPaid(admin, { id })),
        outcomeOf(services.payouts.reject(admin, { id, reason: 'No' })),
      ]);
      expect(outcomes.sort()).toEqual(['PAYOUT_DECIDED', 'ok']);
    }
    expect(await brokenBooks(database)).toEqual([]);
  });

  it('lets an account go with its money while its payouts are asked for and decided', async () => {
    for (let round = 0; round < 10; round += 1) {
      const performer = await given.securedPerformer();
      const { id } = await given.payout(performer);
      await given.earned(performer, 500);
      const identity = await identityOf(performer);
      const outcomes = await tally([
        services.payouts.request(identity, { amount: 500 }),
        services.payouts.reject(admin, { id, reason: 'No' }),
        services.users.delete(identity, performer.user.id, true),
      ]);
      expect(await outcomeOf(services.users.get(performer.user.id))).toBe('NOT_FOUND');
      const known = new Set(['ok', 'PAYOUT_DECIDED', 'SESSION_REVOKED', 'EARNINGS_INSUFFICIENT']);
      expect(Object.keys(outcomes).filter((outcome) => !known.has(outcome))).toEqual([]);
    }
    expect(await brokenBooks(database)).toEqual([]);
  });

  it('takes tips while payouts are asked for', async () => {
    const performer = await given.securedPerformer();
    await given.earned(performer, 2_000);
    const identity = await identityOf(performer);
    const work = Array.from({ length: 20 }, (_, place) =>
      place % 2 === 0 ? services.payouts.request(identity, { amount: 200 }) : given.earned(performer, 100),
    );
    expect(await tally(work)).toEqual({ ok: 20 });
    expect(await holds('earnings', identity)).toBe(1_000);
    expect(await brokenBooks(database)).toEqual([]);
  });
});

it('says who decided, and no amounts, in the log', async () => {
  const { id } = await given.payout(await given.securedPerformer());
  await services.payouts.reject(admin, { id, reason: 'A secret reason' });
  const lines = platform.logs.filter(({ message }) => String(message).startsWith('Payout'));
  expect(lines.at(-1)).toMatchObject({ data: { payoutId: id, status: 'rejected', byUserId: admin.userId } });
  expect(JSON.stringify(lines)).not.toMatch(/secret|10000|amount/);
});

/** What a performer's money does by the rules alone. */
type Model = {
  /** What changed the earnings. */
  entries: number[];
  /** What came in and was not given back. */
  tips: { id: string; at: number; amount: number }[];
  payouts: { id: string; amount: number; status: PayoutStatus }[];
};

const sum = (amounts: number[]): number => amounts.reduce((total, amount) => total + amount, 0);

const availableIn = ({ entries, tips }: Model, now: number): number => {
  const held = tips.filter(({ at }) => at > now - HOLD_DAYS * DAY_SECONDS * 1000);
  return Math.max(0, sum(entries) - sum(held.map(({ amount }) => amount)));
};

const steps: Record<string, PayoutStatus[]> = {
  approved: ['requested'],
  rejected: ['requested', 'approved'],
  paid: ['approved'],
};

it('follows its rules through any life of payouts', { timeout: 600_000 }, async () => {
  const operation = fc.oneof(
    fc.record({ do: fc.constant('earn'), amount: fc.integer({ min: 100, max: 900 }), days: fc.nat(9) }),
    fc.record({ do: fc.constant('wait'), amount: fc.constant(0), days: fc.nat(5) }),
    fc.record({ do: fc.constant('refund'), amount: fc.nat(9), days: fc.constant(0) }),
    fc.record({
      do: fc.constant('request'),
      amount: fc.integer({ min: 100, max: 900 }),
      days: fc.constant(0),
    }),
    fc.record({
      do: fc.constantFrom('approved', 'rejected', 'paid'),
      amount: fc.nat(5),
      days: fc.constant(0),
    }),
  );
  const property = fc.asyncProperty(fc.array(operation, { maxLength: 25 }), async (operations) => {
    const performer = await given.securedPerformer();
    const identity = await identityOf(performer);
    const [openBefore, paidBefore] = [await holds('payouts', null), await holds('clearing', null, 'bank')];
    const model: Model = { entries: [], tips: [], payouts: [] };
    const { entries, tips } = model;

    for (const { do: name, amount, days } of operations) {
      const now = clock.now().getTime();
      if (name === 'earn') {
        await given.earned(performer, amount, days);
        const id = await latestTip(performer.user.id);
        tips.push({ id, at: now - days * DAY_SECONDS * 1000, amount });
        entries.push(amount);
      } else if (name === 'wait') {
        clock.advance(days * DAY_SECONDS);
      } else if (name === 'refund') {
        const place = amount % Math.max(1, tips.length);
        const tip = tips[place];
        if (!tip) continue;
        const expected = sum(entries) < tip.amount ? 'FUNDS_SPENT' : 'ok';
        expect(await outcomeOf(services.refunds.refund(admin, tip.id))).toBe(expected);
        if (expected !== 'ok') continue;
        tips.splice(place, 1);
        entries.push(-tip.amount);
      } else if (name === 'request') {
        const expected = availableIn(model, now) < amount ? 'EARNINGS_INSUFFICIENT' : 'ok';
        const asking = services.payouts.request(identity, { amount });
        expect(await outcomeOf(asking)).toBe(expected);
        if (expected !== 'ok') continue;
        model.payouts.unshift({ id: (await asking).id, amount, status: 'requested' });
        entries.push(-amount);
      } else {
        const payout = model.payouts[amount];
        if (!payout) continue;
        const { id } = payout;
        const acting = {
          approved: () => services.payouts.approve(admin, id),
          rejected: () => services.payouts.reject(admin, { id, reason: 'No' }),
          paid: () => services.payouts.markPaid(admin, { id }),
        }[name as 'approved' | 'rejected' | 'paid'];
        const isStep = steps[name]?.includes(payout.status);
        expect(await outcomeOf(acting())).toBe(isStep || payout.status === name ? 'ok' : 'PAYOUT_DECIDED');
        if (!isStep) continue;
        payout.status = name as PayoutStatus;
        if (name === 'rejected') entries.push(payout.amount);
      }
      const { earnings } = await services.wallet.get(identity);
      expect(earnings?.available).toBe(availableIn(model, clock.now().getTime()));
    }

    const listed = await services.payouts.list(identity, { limit: 100 });
    const told = listed.items.map(({ id, amount, status }) => ({ id, amount, status }));
    expect(told).toEqual(model.payouts);
    const sumOf = (...statuses: PayoutStatus[]) =>
      sum(model.payouts.filter(({ status }) => statuses.includes(status)).map(({ amount }) => amount));
    expect(await holds('earnings', identity)).toBe(sum(entries));
    expect((await holds('payouts', null)) - openBefore).toBe(sumOf('requested', 'approved'));
    expect((await holds('clearing', null, 'bank')) - paidBefore).toBe(sumOf('paid'));
  });
  await fc.assert(property, { numRuns: scaled({ quick: 30, full: 500 }), seed: 20_260_310 });
  expect(await brokenBooks(database)).toEqual([]);
  expect(await services.ledger.audit()).toMatchObject({ breaks: [] });
});
