import {
  ledgerAccounts,
  ledgerTransactions,
  openShows,
  payments,
  streams,
  users,
} from '@versbottomlex/database';
import type { SignedIn, Stream } from '@versbottomlex/shared';
import { and, eq, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createFactories } from '../../test/factories.js';
import { brokenBooks } from '../../test/money/books.js';
import { userRow } from '../../test/rows.js';
import { scaled } from '../../test/scale.js';
import { openSecondNode } from '../../test/second-node.js';
import { createTestServices } from '../../test/services.js';
import type { Identity } from '../auth/identity.js';
import { AppError } from '../platform/app-error.js';
import { settleShow } from './settlement.queries.js';
import { createShowSettler } from './show-settler.js';

const platform = await createTestServices({ environment: { SHOW_GRACE_MINUTES: '30' } });
const { services, database, clock, bus } = platform;
const given = createFactories(platform);
const other = openSecondNode(platform);
afterAll(async () => {
  await other.close();
  await platform.close();
});

/** As they were when they signed in, since tokens end while time passes. */
const identities = new Map<string, Identity>();
const identityOf = (by: SignedIn): Identity => identities.get(by.user.id) ?? expect.fail();
const balanceOf = async (by: SignedIn) => (await services.wallet.get(identityOf(by))).balance;
const earningsOf = async (by: SignedIn) => (await services.wallet.get(identityOf(by))).earnings?.balance ?? 0;
const statusOf = async (show: Stream) => (await services.streams.find(show.id))?.status;
/** What the account of the show holds. */
const escrowOf = async (show: Stream) => {
  await database.client.execute(sql`select fold_ledger(null, 100000)`);
  const isOurs = eq(ledgerAccounts.streamId, show.id);
  return (await database.client.select().from(ledgerAccounts).where(isOurs))[0]?.balance;
};
const isOpen = async (show: Stream) =>
  (await database.client.select().from(openShows).where(eq(openShows.streamId, show.id))).length > 0;

let performer: SignedIn;
let viewers: SignedIn[];
let show: Stream;

const announce = async (made: Promise<Stream>) => {
  show = await made;
  for (const viewer of viewers) await given.ticket(viewer, show);
};
const end = async () => services.streams.end(identityOf(performer), show.id);
const start = async () => services.streams.start(identityOf(performer), show.id);

beforeEach(async () => {
  performer = await given.performer();
  viewers = await Promise.all([given.account(), given.account(), given.account()]);
  for (const one of [performer, ...viewers]) {
    identities.set(one.user.id, await services.auth.authenticateAfresh(one.accessToken));
  }
  await announce(given.show(performer));
});

describe('a show that took place', () => {
  it('gives its tickets to the performer and the platform when it is over, not before', async () => {
    await start();
    await services.tickets.settleDue();
    expect([await escrowOf(show), await earningsOf(performer)]).toEqual([1_500, 0]);
    await end();
    await services.tickets.settleDue();
    expect([await escrowOf(show), await earningsOf(performer), await isOpen(show)]).toEqual([
      0,
      1_200,
      false,
    ]);
    expect(await brokenBooks(database)).toEqual([]);
  });

  it('is released once, whoever does it at once', async () => {
    await start();
    await end();
    await Promise.all(
      Array.from({ length: 10 }, (_, place) => (place % 2 ? services : other.services).tickets.settleDue()),
    );
    const isRelease = eq(ledgerTransactions.streamId, show.id);
    expect(await database.client.select().from(ledgerTransactions).where(isRelease)).toHaveLength(1);
    expect(await earningsOf(performer)).toBe(1_200);
  });

  it('without a ticket that is not refunded releases nothing', async () => {
    await start();
    const identity = identityOf(performer);
    const sold = and(eq(payments.streamId, show.id), eq(payments.type, 'private_show'));
    for (const { id } of await database.client.select().from(payments).where(sold)) {
      await services.refunds.refund(identity, id);
    }
    await end();
    await services.tickets.settleDue();
    expect([await earningsOf(performer), await isOpen(show)]).toEqual([0, false]);
  });
});

describe('a show that is cancelled', () => {
  it('refunds every ticket, and tells whoever held one', async () => {
    const told: string[] = [];
    const stop = bus.subscribe((event) => 'userId' in event && told.push(`${event.type} ${event.userId}`));
    await end();
    await services.tickets.settleDue();
    stop();
    for (const viewer of viewers) {
      expect(await balanceOf(viewer)).toBe(500);
      const { id } = viewer.user;
      expect(told).toEqual(expect.arrayContaining([`walletChanged ${id}`, `accessChanged ${id}`]));
    }
    expect([await escrowOf(show), await earningsOf(performer), await isOpen(show)]).toEqual([0, 0, false]);
    expect(await brokenBooks(database)).toEqual([]);
  });

  it('is settled by itself where the end was heard of', async () => {
    services.tickets.start();
    await end();
    await expect.poll(() => isOpen(show)).toBe(false);
    await services.tickets.stop();
    expect(await balanceOf(viewers[0] ?? expect.fail())).toBe(500);
  });

  it('is settled to its end by another process when one is killed midway', async () => {
    await end();
    const now = clock.now().toISOString();
    const first = await settleShow(database, { streamId: show.id, refundIds: [uuidv7(), uuidv7()], now });
    expect([first.outcome, first.holders.length]).toEqual(['more', 2]);
    expect(await escrowOf(show)).toBe(500);
    await other.services.tickets.settleDue();
    for (const viewer of viewers) expect(await balanceOf(viewer)).toBe(500);
    expect([await escrowOf(show), await isOpen(show)]).toEqual([0, false]);
  });

  it('gives what a deleted account had paid to nobody else', async () => {
    const [gone, ...others] = viewers;
    await given.deleted(gone ?? expect.fail());
    await end();
    await services.tickets.settleDue();
    for (const viewer of others) expect(await balanceOf(viewer)).toBe(500);
    const isForfeited = eq(ledgerAccounts.kind, 'forfeited');
    await escrowOf(show);
    expect(await database.client.select().from(ledgerAccounts).where(isForfeited)).toMatchObject([
      { balance: 500 },
    ]);
    expect(await brokenBooks(database)).toEqual([]);
  });

  it('refunds thousands of tickets in statements that stay far from their time-out', async () => {
    const holders = Array.from({ length: scaled({ quick: 250, full: 5_000 }) }, () => userRow());
    const now = clock.now().toISOString();
    for (let place = 0; place < holders.length; place += 250) {
      const some = holders.slice(place, place + 250);
      const ids = sql`json_array_elements_text(${JSON.stringify(some.map(({ id }) => id))}::text::json) as given (id)`;
      await database.client.insert(users).values(some);
      await database.client.execute(sql`
        select post_transaction('forfeit', null, null,
          array[ledger_account('wallet', id::uuid, null, null, 'USD'),
            ledger_account('forfeited', null, null, null, 'USD')],
          array[500, -500]::bigint[], ${now}::timestamptz) from ${ids}`);
      await database.client.execute(sql`
        select buy_ticket(gen_random_uuid(), id::uuid, ${show.id}, 'USD', 2000, null, null, ${now}::timestamptz)
        from ${ids}`);
    }
    await end();
    await Promise.all([services.tickets.settleDue(), other.services.tickets.settleDue()]);
    expect([await escrowOf(show), await isOpen(show)]).toEqual([0, false]);
    const isHeld = and(eq(payments.streamId, show.id), eq(payments.status, 'completed'));
    expect(
      await database.client
        .select()
        .from(payments)
        .where(and(isHeld, eq(payments.type, 'private_show'))),
    ).toEqual([]);
  });
});

describe('a show that does not begin', () => {
  it('is ended and refunded once its time of grace is over', async () => {
    clock.advance(90 * 60 - 1);
    await services.tickets.settleDue();
    expect(await statusOf(show)).toBe('scheduled');
    const told: string[] = [];
    const stop = bus.subscribe(
      (event) => 'streamId' in event && told.push(`${event.type} ${event.streamId}`),
    );
    clock.advance(1);
    await services.tickets.settleDue();
    stop();
    expect(await statusOf(show)).toBe('ended');
    expect(told).toContain(`streamChanged ${show.id}`);
    for (const viewer of viewers) expect(await balanceOf(viewer)).toBe(500);
  });

  it('has 30 days when it has no schedule', async () => {
    await announce(given.stream(performer, { isPrivate: true, price: 500, startNow: false }));
    const createdAt = clock.now().toISOString();
    await database.client.update(streams).set({ createdAt }).where(eq(streams.id, show.id));
    clock.advance(30 * 86_400 + 29 * 60);
    await services.tickets.settleDue();
    expect(await statusOf(show)).toBe('scheduled');
    clock.advance(120);
    await services.tickets.settleDue();
    expect(await statusOf(show)).toBe('ended');
    expect(await escrowOf(show)).toBe(0);
  });

  it('goes on when it begins within its time of grace', async () => {
    clock.advance(85 * 60);
    await start();
    clock.advance(3_600);
    await services.tickets.settleDue();
    expect([await statusOf(show), await escrowOf(show)]).toEqual(['live', 1_500]);
    await end();
    await services.tickets.settleDue();
  });

  it('begins or is ended, when both are tried at once', async () => {
    const identity = identityOf(performer);
    clock.advance(91 * 60);
    const starting = services.streams.start(identity, show.id).catch((error: unknown) => error);
    await Promise.all([starting, other.services.tickets.settleDue(), services.tickets.settleDue()]);
    const [status, escrow] = [await statusOf(show), await escrowOf(show)];
    expect([
      ['live', 1_500],
      ['ended', 0],
    ]).toContainEqual([status, escrow]);
    if (status === 'live') await end();
    await services.tickets.settleDue();
  });
});

it('settles nothing while payments are halted', async () => {
  await end();
  const halted = () => {
    throw new AppError('PAYMENTS_HALTED');
  };
  const ledger = { noteMoved: () => {}, requireSound: halted };
  const settler = createShowSettler({ ...platform, streams: services.streams, ledger, showGraceMinutes: 30 });
  await settler.settleDue();
  expect(await escrowOf(show)).toBe(1_500);
  await services.tickets.settleDue();
  expect(await escrowOf(show)).toBe(0);
});
