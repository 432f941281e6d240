import { randomInt } from 'node:crypto';
import type { SignedIn, Stream } from '@versbottomlex/shared';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { Identity } from '../../src/auth/identity.js';
import { startServices } from '../../src/services.js';
import { createTestDatabase, type TestDatabase } from '../database.js';
import { createFactories } from '../factories.js';
import { outcomeOf } from '../outcome.js';
import { scaled } from '../scale.js';
import { openSecondNode } from '../second-node.js';
import { createFakeClock, createTestConfig } from '../services.js';
import { brokenAnnouncements, brokenBooks, foundByAudit, openBooks, unannounced } from './books.js';

const WORKERS = 32;
const total = scaled({ quick: 600, full: 10_000 });

/** Somebody who is paid and pays, as everybody in a cycle. */
type Member = { signedIn: SignedIn; identity: Identity; stream: Stream };

type Node = ReturnType<typeof openSecondNode> & { stop: () => Promise<void> };

let own: TestDatabase;
/** Two processes' worth of services on one database, both of which fold and drain. */
let nodes: Node[];
let members: Member[];
let admin: Identity;

const deadlocks = async (): Promise<number> => {
  const observer = postgres(own.url, { max: 1 });
  // A connection tells of its deadlocks at the latest when it ends.
  await expect
    .poll(
      async () =>
        (
          await observer`
      select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`
        ).length,
    )
    .toBe(0);
  const [row] = await observer`
    select deadlocks::int as count from pg_stat_database where datname = current_database()`;
  await observer.end();
  return row?.count;
};

beforeAll(async () => {
  own = await createTestDatabase(inject('databaseServerUrl'), inject('templateDatabase'));
  const clock = createFakeClock();
  const config = createTestConfig({ PAYOUT_HOLD_DAYS: '0', PAYOUT_MINIMUM: '100' });
  nodes = [1, 2].map(() => {
    const node = openSecondNode({ config, databaseUrl: own.url, clock }, WORKERS / 2);
    return { ...node, stop: startServices(node.services) };
  });
  const [{ services, database }] = nodes as [Node];
  const given = createFactories({ services, database, clock });
  const identify = ({ accessToken }: SignedIn) => services.auth.authenticateAfresh(accessToken);
  members = await Promise.all(
    Array.from({ length: 6 }, async () => {
      const signedIn = await given.securedPerformer();
      // Too little for all that is asked of it.
      await given.funds(signedIn, total * 120);
      return { signedIn, identity: await identify(signedIn), stream: await given.stream(signedIn) };
    }),
  );
  admin = await identify(await given.admin());
});
afterAll(() => own.drop());

const anyOf = <T>(items: readonly T[]): T => items[randomInt(items.length)] as T;

test('many tips at once, to one and in circles, with refunds and payouts in between, leave the books right', async () => {
  const hot = members[0] as Member;
  const tipped: string[] = [];
  const outcomes: Record<string, number> = {};
  let begun = 0;

  const count = async (kind: string, call: Promise<unknown>): Promise<void> => {
    const outcome = `${kind} ${await outcomeOf(call)}`;
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  };
  const work = async (_: unknown, place: number): Promise<void> => {
    const { services } = nodes[place % nodes.length] as Node;
    const tip = async (to: Member) => {
      const payer = anyOf(members.filter((member) => member !== to));
      // Half goes into a room, half to the performer alone.
      const target = randomInt(2) ? { streamId: to.stream.id } : { performerId: to.identity.userId };
      const { payment } = await services.tips.send(payer.identity, {
        ...target,
        amount: randomInt(100, 2000),
        isAnonymous: randomInt(4) === 0,
      });
      tipped.push(payment.id);
    };
    const payOutAndBack = async () => {
      const { id } = await services.payouts.request(anyOf(members).identity, {
        amount: randomInt(100, 5000),
      });
      await services.payouts.reject(admin, { id, reason: 'Only a test.' });
    };
    while (begun < total) {
      begun += 1;
      await count('tip', tip(randomInt(2) ? hot : anyOf(members)));
      const paid = anyOf(tipped);
      if (paid && randomInt(5) === 0) await count('refund', services.refunds.refund(admin, paid));
      if (randomInt(10) === 0) await count('payout', payOutAndBack());
    }
  };
  const books = openBooks(own.url);
  const breaks: string[] = [];
  let audits = 0;
  const audit = async (): Promise<void> => {
    while (begun < total) {
      breaks.push(...(await foundByAudit(books)));
      audits += 1;
    }
  };
  await Promise.all([...Array.from({ length: WORKERS }, work), audit()]);
  expect(breaks).toEqual([]);
  expect(audits).toBeGreaterThan(0);

  await expect.poll(() => unannounced(books), { timeout: 60_000 }).toBe(0);
  expect(await brokenBooks(books)).toEqual([]);
  expect(await brokenAnnouncements(books)).toEqual([]);
  // Nothing fails but what has to: what was spent is not there, and is given back once.
  const allowed = [
    /^\w+ ok$/,
    /^tip INSUFFICIENT_FUNDS$/,
    /^refund (ALREADY_REFUNDED|FUNDS_SPENT)$/,
    /^payout EARNINGS_INSUFFICIENT$/,
  ];
  const isAllowed = (outcome: string) => allowed.some((pattern) => pattern.test(outcome));
  expect(Object.keys(outcomes).filter((outcome) => !isAllowed(outcome))).toEqual([]);
  expect(outcomes['tip ok']).toBeGreaterThan(total / 2);

  await books.close();
  for (const node of nodes) {
    await node.stop();
    await node.close();
  }
  expect(await deadlocks()).toBe(0);
}, 600_000);
