import { SendTipInput, type SignedIn } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createFactories } from '../../test/factories.js';
import { failureOf, tally } from '../../test/outcome.js';
import { scaled } from '../../test/scale.js';
import { createTestServices } from '../../test/services.js';
import type { BusEvent } from '../platform/event-bus.js';
import { createTipsService } from './tips.service.js';

const platform = await createTestServices();
const { services, database, bus } = platform;
const factories = createFactories(platform);
afterAll(platform.close);

let performer: SignedIn;
let viewer: SignedIn;
let streamId: string;
beforeEach(async () => {
  performer = await factories.performer();
  viewer = await factories.account();
  streamId = (await factories.stream(performer)).id;
});

const identityOf = (by: SignedIn) => services.auth.authenticateAfresh(by.accessToken);
const send = async (given: Partial<SendTipInput> = {}, by = viewer) =>
  services.tips.send(await identityOf(by), SendTipInput.parse({ streamId, amount: 500, ...given }));
const movementsOf = (paymentId: string) =>
  database.client.execute<{ kind: string; amount: number }>(sql`
    select account.kind, ledger_entries.amount::float8 as amount
    from ledger_transactions as posted join ledger_entries on transaction_id = posted.id
    join ledger_accounts as account on account.id = account_id where payment_id = ${paymentId}`);
const tellings = (): BusEvent[] => {
  const told: BusEvent[] = [];
  afterAll(bus.subscribe((event) => told.push(event)));
  return told;
};

describe('sending', () => {
  it('charges once however often it is retried at once, and answers all alike', async () => {
    await factories.funds(viewer, 10_000);
    const idempotencyKey = uuidv7();
    const answers = await Promise.all(Array.from({ length: 30 }, () => send({ idempotencyKey })));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]?.balance).toBe(9_500);
    expect((await send()).balance).toBe(9_000);
  });

  it('spends a balance once, whoever asks at the same time', async () => {
    await factories.funds(viewer, 10_000);
    const whole = () => send({ amount: 10_000 });
    expect(await tally([whole(), whole(), whole()])).toEqual({ ok: 1, INSUFFICIENT_FUNDS: 2 });
  });

  it('answers as the first time after the tip was given back', async () => {
    await factories.funds(viewer, 10_000);
    const idempotencyKey = uuidv7();
    const first = await send({ idempotencyKey });
    await services.refunds.refund(await identityOf(await factories.admin()), first.payment.id);
    expect(await send({ idempotencyKey })).toEqual(first);
    expect((await send({ amount: 100 })).balance).toBe(9_900);
  });

  it('tells the payer’s devices and the payee’s, a retry too, and nobody of what was refused', async () => {
    const told = tellings();
    const idempotencyKey = uuidv7();
    await failureOf(send({ idempotencyKey }));
    expect(told).toEqual([]);
    await factories.funds(viewer, 500);
    const changed = [viewer, performer].map(({ user }) => ({ type: 'walletChanged', userId: user.id }));
    await send({ idempotencyKey });
    expect(told).toEqual(changed);
    await send({ idempotencyKey });
    expect(told).toEqual([...changed, ...changed]);
  });

  it('takes exactly the amount, and the platform’s part of it rounded down', async () => {
    const amount = fc.oneof(
      fc.integer({ min: 100, max: 10_000 }),
      fc.integer({ min: 100, max: 100_000_000 }),
    );
    const property = fc.asyncProperty(
      amount,
      fc.integer({ min: 0, max: 10_000 }),
      async (amount, basisPoints) => {
        const { streams, ledger } = services;
        const tips = createTipsService({
          ...platform,
          ...{ streams, ledger },
          currency: 'USD',
          feeBasisPoints: basisPoints,
        });
        await factories.funds(viewer, amount);
        const input = SendTipInput.parse({ streamId, amount });
        const { payment, balance } = await tips.send(await identityOf(viewer), input);
        const fee = Number((BigInt(amount) * BigInt(basisPoints)) / 10_000n);
        const expected = [
          { kind: 'wallet', amount: -amount },
          { kind: 'earnings', amount: amount - fee },
          { kind: 'revenue', amount: fee },
        ].filter((movement) => movement.amount !== 0);
        expect(balance).toBe(0);
        expect((await movementsOf(payment.id)).toSorted((a, b) => a.kind.localeCompare(b.kind))).toEqual(
          expected.toSorted((a, b) => a.kind.localeCompare(b.kind)),
        );
        const { fee: told } = await services.payments.get(await identityOf(performer), payment.id);
        expect(told).toBe(fee);
      },
    );
    const examples: [number, number][] = [
      [100_000_000, 10_000],
      [100, 1],
      [199, 50],
      [101, 0],
    ];
    await fc.assert(property, {
      numRuns: scaled({ quick: 25, full: 500 }),
      seed: 20_260_107,
      examples,
    });
  });

  it('leaves the books sound', async () => {
    const [broken] = await database.client.execute<{ sum: number; negative: number }>(sql`
      select coalesce(sum(amount), 0)::float8 as sum,
        (select count(*)::int from ledger_accounts where kind = 'wallet' and balance < 0) as negative
      from ledger_entries`);
    expect(broken).toEqual({ sum: 0, negative: 0 });
  });
});
