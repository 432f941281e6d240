import type { SignedIn } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createFactories } from '../../test/factories.js';
import { holdTransaction } from '../../test/held-transaction.js';
import { brokenBooks } from '../../test/money/books.js';
import { outcomeOf } from '../../test/outcome.js';
import { scaled } from '../../test/scale.js';
import { openSecondNode } from '../../test/second-node.js';
import { createTestServices } from '../../test/services.js';

const platform = await createTestServices({ environment: { PAYOUT_HOLD_DAYS: '0' } });
const second = openSecondNode(platform);
const { services, database, databaseUrl, clock } = platform;
const given = createFactories(platform);
afterEach(async () => {
  expect(await brokenBooks(database)).toEqual([]);
  expect(await rows(sql`select break_count, breaks from audit_ledger()`)).toMatchObject([{ break_count: 0 }]);
});
afterAll(async () => {
  await second.close();
  await platform.close();
});

const identityOf = (by: SignedIn) => services.auth.authenticateAfresh(by.accessToken);
const rows = async (query: ReturnType<typeof sql>) => [...(await database.client.execute(query))];

/** What users hold who have deleted their accounts, and what left such an account after it was given up. */
const leftBehind = () =>
  rows(sql`
    select kind::text as what, balance + (
        select coalesce(sum(amount), 0) from ledger_pending where account_id = ledger_accounts.id
      ) as amount
    from ledger_accounts join users on users.id = owner_id
    where deleted_at is not null and balance + (
      select coalesce(sum(amount), 0) from ledger_pending where account_id = ledger_accounts.id) <> 0
    union all
    select 'debit', entry.amount from ledger_entries as entry
    join ledger_accounts on ledger_accounts.id = entry.account_id and kind in ('wallet', 'earnings')
    join ledger_transactions as posted on posted.id = entry.transaction_id
    where entry.amount < 0 and posted.kind <> 'forfeit' and exists (
      select from ledger_entries as given_up join ledger_transactions as forfeit on forfeit.id = given_up.transaction_id
      where given_up.account_id = entry.account_id and forfeit.kind = 'forfeit' and forfeit.id < posted.id)`);

/** A tip of 3.00 as its own transaction would send it. */
const tipOf = (payer: SignedIn, payee: SignedIn) =>
  `select send_tip('${uuidv7()}', '${payer.user.id}', null, '${payee.user.id}', 300, null, null, false, false, 'USD', 2000,
    null, null, '${clock.now().toISOString()}')`;

describe('a tip that is under way when an account is deleted', () => {
  it('is waited for by the deletion of its payer, which then finds what is left', async () => {
    const [viewer, performer] = [await given.account(), await given.performer()];
    await given.funds(viewer, 300);
    const identity = await identityOf(viewer);
    const held = await holdTransaction(databaseUrl, tipOf(viewer, performer));
    const deletion = outcomeOf(services.users.delete(identity, viewer.user.id));
    await held.untilWaitedFor();
    await held.commit();
    // All was spent, so that nothing is in the way any more.
    expect(await deletion).toBe('ok');
    expect(await leftBehind()).toEqual([]);
  });

  it('leaves its performer, who is gone when it arrives, nothing for long', async () => {
    const [viewer, performer] = [await given.account(), await given.performer()];
    await given.funds(viewer, 300);
    const identity = await identityOf(performer);
    const held = await holdTransaction(databaseUrl, tipOf(viewer, performer));
    expect(await outcomeOf(services.users.delete(identity, performer.user.id))).toBe('ok');
    await held.commit();
    expect(await leftBehind()).toEqual([{ what: 'earnings', amount: '240' }]);
    await services.wallet.settleClosedAccounts();
    await services.wallet.settleClosedAccounts();
    expect(await leftBehind()).toEqual([]);
  });

  it('is refused when the deletion of its payer came first', async () => {
    const [viewer, performer] = [await given.account(), await given.performer()];
    await given.funds(viewer, 300);
    const identity = await identityOf(viewer);
    const deletion = `select delete_account('${viewer.user.id}', '${clock.now().toISOString()}', true)`;
    const held = await holdTransaction(databaseUrl, deletion);
    const input = { performerId: performer.user.id, amount: 300, isAnonymous: false };
    const tip = outcomeOf(services.tips.send(identity, input));
    await held.untilWaitedFor();
    await held.commit();
    expect(await tip).toBe('SESSION_REVOKED');
    expect(await leftBehind()).toEqual([]);
  });
});

describe('deletions that race with money', () => {
  it('leave none in, and take none from, a deleted account, and nobody waits in a circle', async () => {
    for (let round = 0; round < scaled({ quick: 15, full: 300 }); round += 1) {
      const [one, other] = [await given.securedPerformer(), await given.performer()];
      const admin = await identityOf(await given.admin());
      const payout = await given.payout(one);
      for (const by of [one, other]) {
        await given.funds(by, 2000);
        await given.earned(by, 6000);
      }
      const [first, its] = [await identityOf(one), await identityOf(other)];
      const forfeits = round % 3 > 0;
      const tip = (from: typeof first, to: string) => () =>
        second.services.tips.send(from, { performerId: to, amount: 100, isAnonymous: false });
      const racing: (() => Promise<unknown>)[] = [
        ...Array.from({ length: 4 }, () => tip(first, other.user.id)),
        ...Array.from({ length: 4 }, () => tip(its, one.user.id)),
        () => second.services.payouts.request(first, { amount: 5000 }),
        round % 2
          ? () => second.services.payouts.approve(admin, payout.id)
          : () => second.services.payouts.reject(admin, { id: payout.id, reason: 'Another account' }),
        () => second.services.topUps.open(first, { amount: 700 }),
        () => services.users.delete(first, one.user.id, forfeits),
        () => second.services.users.delete(its, other.user.id, forfeits),
      ];
      const place = (round * 5) % racing.length;
      const started = [...racing.slice(place), ...racing.slice(0, place)].map((start) => outcomeOf(start()));
      expect(await Promise.all(started)).not.toContain('DEPENDENCY_UNAVAILABLE');
      await services.wallet.settleClosedAccounts();
      expect(await leftBehind()).toEqual([]);
    }
  });

  it('give viewers their money back for a show that its performer will not give', async () => {
    for (let round = 0; round < scaled({ quick: 10, full: 200 }); round += 1) {
      const performer = await given.performer();
      const show = await given.scheduledStream(performer, { isPrivate: true, price: 500 });
      const viewers = await Promise.all([1, 2, 3, 4].map(() => given.account()));
      const identities = await Promise.all(viewers.map(identityOf));
      for (const viewer of viewers) await given.funds(viewer, 500);
      const identity = await identityOf(performer);
      const buy = (by: typeof identity) => () => second.services.tickets.buy(by, { streamId: show.id });
      const racing = [
        ...identities.map(buy),
        () => services.users.delete(identity, performer.user.id),
        () => services.users.delete(identities[0] ?? identity, viewers[0]?.user.id ?? '', true),
      ];
      const place = round % racing.length;
      const started = [...racing.slice(place), ...racing.slice(0, place)].map((start) => outcomeOf(start()));
      expect(await Promise.all(started)).not.toContain('DEPENDENCY_UNAVAILABLE');
      await services.tickets.settleDue();
      await services.wallet.settleClosedAccounts();
      const balances = identities.slice(1).map(async (by) => (await services.wallet.get(by)).balance);
      expect(await Promise.all(balances)).toEqual([500, 500, 500]);
      expect(await leftBehind()).toEqual([]);
    }
  });
});
