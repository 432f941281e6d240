import type { Payment, SignedIn } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Identity } from '../../src/auth/identity.js';
import { createFactories, type Factories } from '../factories.js';
import { outcomeOf } from '../outcome.js';
import { scaled } from '../scale.js';
import { createTestServices, type TestServices } from '../services.js';
import { brokenBooks } from './books.js';
import {
  createLedgerModel,
  type Expected,
  type LedgerModel,
  type Person,
  type Show,
} from './ledger-model.js';
import { type Operation, operations } from './operations.js';

/** Fees that have fractions to round, and earnings that may be paid out at once. */
const environment = {
  FEE_TIPS_BASIS_POINTS: '1999',
  FEE_TICKETS_BASIS_POINTS: '333',
  PAYOUT_MINIMUM: '150',
  PAYOUT_HOLD_DAYS: '0',
};

let platform: TestServices;
let given: Factories;
let model: LedgerModel;
let admin: Identity;

const identify = ({ accessToken }: SignedIn): Promise<Identity> =>
  platform.services.auth.authenticateAfresh(accessToken);

beforeAll(async () => {
  platform = await createTestServices({ environment });
  given = createFactories(platform);
  admin = await identify(await given.admin());
  const share = (basisPoints: number) => (amount: number) => Math.floor((amount * basisPoints) / 10_000);
  model = createLedgerModel({ tipFee: share(1999), ticketFee: share(333), payoutMinimum: 150 });
});
afterAll(() => platform.close());

type Cast = { people: Person[]; identities: Map<Person, Identity>; shows: Show[] };

/** Three viewers, and two performers with a live stream, a paid show on another day and one that may begin. */
const openCast = async (): Promise<Cast> => {
  const identities = new Map<Person, Identity>();
  const join = async (signedIn: SignedIn, isPerformer: boolean) => {
    const person: Person = { id: signedIn.user.id, isPerformer, isDeleted: false, spent: 0 };
    identities.set(person, await identify(await given.secured(signedIn)));
    return person;
  };
  const shows: Show[] = [];
  const announce = async (performer: Person, signedIn: SignedIn, price: number | null) => {
    const { id } =
      price === null
        ? await given.stream(signedIn)
        : await given.scheduledStream(signedIn, { isPrivate: true, price });
    const status = price === null ? 'live' : 'scheduled';
    shows.push({ id, performer, price, status, hasBegun: price === null });
  };
  const people: Person[] = [];
  for (let place = 0; place < 3; place += 1) people.push(await join(await given.account(), false));
  for (let place = 0; place < 2; place += 1) {
    const signedIn = await given.performer();
    const performer = await join(signedIn, true);
    people.push(performer);
    for (const price of [null, 777, 1001]) await announce(performer, signedIn, price);
  }
  model.shows.push(...shows);
  return { people, identities, shows };
};

const anyOf = <T>(items: readonly T[], at: number): T => items[at % items.length] as T;

/** What the model expects of an operation, and the call that is to do it. */
const prepare = (
  { people, identities, shows }: Cast,
  operation: Operation,
): { expected: Expected; call: () => Promise<unknown> } | undefined => {
  const { services, database } = platform;
  const person = (at: number) => {
    const found = anyOf(people, at);
    return { found, identity: identities.get(found) as Identity };
  };
  const payments = model.payments.filter(
    ({ payer, payee }) => people.includes(payer as Person) || people.includes(payee as Person),
  );
  switch (operation.kind) {
    case 'topUp': {
      const { found, identity } = person(operation.who);
      return {
        expected: model.topUp(found, operation.amount),
        call: () => services.topUps.open(identity, { amount: operation.amount }),
      };
    }
    case 'tip': {
      const { found, identity } = person(operation.who);
      const to = anyOf(
        people.filter(({ isPerformer }) => isPerformer),
        operation.to,
      );
      const input = { performerId: to.id, amount: operation.amount, isAnonymous: false };
      return {
        expected: model.tip(found, to, operation.amount),
        call: () => services.tips.send(identity, input),
      };
    }
    case 'tipInRoom': {
      const { found, identity } = person(operation.who);
      const show = anyOf(shows, operation.show);
      const input = { streamId: show.id, amount: operation.amount, isAnonymous: true };
      return {
        expected: model.tip(found, show, operation.amount),
        call: () => services.tips.send(identity, input),
      };
    }
    case 'buy': {
      const { found, identity } = person(operation.who);
      const show = anyOf(shows, operation.show);
      return {
        expected: model.buy(found, show),
        call: () => services.tickets.buy(identity, { streamId: show.id }),
      };
    }
    case 'refund': {
      const payment = anyOf(payments, operation.payment);
      if (!payment) return undefined;
      return { expected: model.refund(payment), call: () => services.refunds.refund(admin, payment.id) };
    }
    case 'requestPayout': {
      const { found, identity } = person(operation.who);
      return {
        expected: model.requestPayout(found, operation.amount),
        call: () => services.payouts.request(identity, { amount: operation.amount }),
      };
    }
    case 'decide': {
      const payment = anyOf(
        payments.filter(({ payout }) => payout),
        operation.payment,
      );
      if (!payment) return undefined;
      const steps = {
        approved: () => services.payouts.approve(admin, payment.id),
        rejected: () => services.payouts.reject(admin, { id: payment.id, reason: 'No.' }),
        paid: () => services.payouts.markPaid(admin, { id: payment.id }),
      };
      return { expected: model.decide(payment, operation.step), call: steps[operation.step] };
    }
    case 'start': {
      const show = anyOf(shows, operation.show);
      return { expected: model.start(show), call: () => services.streams.start(admin, show.id) };
    }
    case 'end': {
      const show = anyOf(shows, operation.show);
      return {
        expected: model.end(show),
        call: () => services.streams.end(admin, show.id).then(services.tickets.settleDue),
      };
    }
    case 'setLimit': {
      const { found, identity } = person(operation.who);
      if (found.isDeleted) return undefined;
      return {
        expected: model.setLimit(found, operation.amount),
        call: () => services.wallet.setSpendingLimit(identity, { dailyAmount: operation.amount }),
      };
    }
    case 'deleteAccount': {
      const { found } = person(operation.who);
      return {
        expected: model.deleteAccount(found, operation.isForfeiting),
        call: () =>
          services.users.delete(admin, found.id, operation.isForfeiting).then(services.tickets.settleDue),
      };
    }
    case 'hearProvider':
      model.hearProvider();
      return {
        expected: { outcome: 'ok' },
        call: () => services.topUps.sweep().then(services.wallet.settleClosedAccounts),
      };
    case 'fold':
      return {
        expected: { outcome: 'ok' },
        call: () => database.client.execute(sql`select fold_ledger(null, ${operation.entriesMax}::int)`),
      };
  }
};

/** Does an operation, and fails unless it ends as the model says. */
const perform = async (cast: Cast, operation: Operation): Promise<void> => {
  const prepared = prepare(cast, operation);
  if (!prepared) return;
  const { expected, call } = prepared;
  const answering = call();
  expect([operation, await outcomeOf(answering)]).toEqual([operation, expected.outcome]);
  if (!expected.payment) return;
  const answer = (await answering) as { payment: Payment } | { id: string };
  expected.payment.id = 'payment' in answer ? answer.payment.id : answer.id;
};

/** What each account holds, folded or not, without those that hold nothing. */
const balances = async (): Promise<Record<string, number>> => {
  const rows = await platform.database.client.execute<{ account: string; held: string }>(sql`
    select concat_ws(' ', kind, owner_id, stream_id, provider) as account, held from (
      select *, balance + (select coalesce(sum(amount), 0) from ledger_pending where account_id = id) as held
      from ledger_accounts
    ) as accounts where held <> 0`);
  return Object.fromEntries([...rows].map(({ account, held }) => [account, Number(held)]));
};

test('whatever is done with money, each account holds what a simple model says, and the books are right', async () => {
  await fc.assert(
    fc.asyncProperty(operations, async (done) => {
      const cast = await openCast();
      for (const operation of done) await perform(cast, operation);
      expect(await balances()).toEqual(model.balances());
      expect(await brokenBooks(platform.database)).toEqual([]);
    }),
    { numRuns: scaled({ quick: 20, full: 300 }), endOnFailure: true },
  );
}, 600_000);
