import type { PaidAnswer, SignedIn, Stream } from '@versbottomlex/shared';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createFactories } from '../../test/factories.js';
import { brokenBooks } from '../../test/money/books.js';
import { outcomeOf, tally } from '../../test/outcome.js';
import { scaled } from '../../test/scale.js';
import { createTestServices } from '../../test/services.js';

const platform = await createTestServices();
const { services, database } = platform;
const given = createFactories(platform);
afterAll(platform.close);

const identityOf = (by: SignedIn) => services.auth.authenticateAfresh(by.accessToken);
const balanceOf = async (by: SignedIn) => (await services.wallet.get(await identityOf(by))).balance;

let performer: SignedIn;
let viewer: SignedIn;
let show: Stream;
beforeEach(async () => {
  performer = await given.performer();
  viewer = await given.account();
  show = await given.show(performer);
  await given.funds(viewer, 10_000);
});

describe('buy', () => {
  it('charges once for twenty requests at once, each with a key of its own', async () => {
    const identity = await identityOf(viewer);
    const calls = Array.from({ length: 20 }, () =>
      services.tickets.buy(identity, { streamId: show.id, idempotencyKey: uuidv7() }),
    );
    expect(await tally(calls)).toEqual({ ok: 1, ALREADY_OWNED: 19 });
    expect(await balanceOf(viewer)).toBe(9_500);
    expect(await brokenBooks(database)).toEqual([]);
  });

  it('gives twenty requests at once with one key the same answer, and charges once', async () => {
    const identity = await identityOf(viewer);
    const input = { streamId: show.id, idempotencyKey: uuidv7() };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => services.tickets.buy(identity, input)),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await balanceOf(viewer)).toBe(9_500);
  });

  it('sells one of two shows to a wallet that holds enough for one', async () => {
    const [poor, other] = [await given.account(), await given.show(await given.performer())];
    await given.funds(poor, 999);
    const identity = await identityOf(poor);
    const calls = [show, other].map(({ id: streamId }) => services.tickets.buy(identity, { streamId }));
    expect(await tally(calls)).toEqual({ ok: 1, INSUFFICIENT_FUNDS: 1 });
    expect(await balanceOf(poor)).toBe(499);
  });

  it('tells the buyer’s devices and feeds', async () => {
    const told: unknown[] = [];
    const stop = platform.bus.subscribe((event) => told.push(event));
    await services.tickets.buy(await identityOf(viewer), { streamId: show.id });
    stop();
    expect(told).toEqual([
      { type: 'walletChanged', userId: viewer.user.id },
      { type: 'accessChanged', userId: viewer.user.id, streamId: show.id },
    ]);
  });
});

describe('a purchase at the very moment', () => {
  const race = async (
    rival: () => Promise<unknown>,
  ): Promise<[bought: string, rivals: string, ticket: PaidAnswer | null]> => {
    let ticket: PaidAnswer | null = null;
    const buying = services.tickets.buy(await identityOf(viewer), { streamId: show.id }).then((answer) => {
      ticket = answer;
    });
    return [...(await Promise.all([outcomeOf(buying), outcomeOf(rival())])), ticket] as const as [
      string,
      string,
      PaidAnswer | null,
    ];
  };
  const rounds = scaled({ quick: 12, full: 400 });

  it('when the show becomes public comes before that, or is not made', async () => {
    const identity = await identityOf(performer);
    for (let round = 0; round < rounds; round += 1) {
      show = await given.show(performer);
      const change = { id: show.id, isPrivate: false, price: null };
      const [bought, changed] = await race(() => services.streams.update(identity, change));
      expect(['ok TICKETS_SOLD', 'NO_TICKET_NEEDED ok']).toContain(`${bought} ${changed}`);
      await services.streams.end(identity, show.id);
    }
  });

  it('when the show is cancelled is refunded with the others, or not made', async () => {
    const identity = await identityOf(performer);
    for (let round = 0; round < rounds; round += 1) {
      show = await given.show(performer);
      const [bought, cancelled] = await race(async () => {
        await services.streams.end(identity, show.id);
        await services.tickets.settleDue();
      });
      expect(cancelled).toBe('ok');
      expect(['ok', 'STREAM_ENDED']).toContain(bought);
      await services.tickets.settleDue();
      expect(await balanceOf(viewer)).toBe(10_000);
    }
    expect(await brokenBooks(database)).toEqual([]);
  });
});
