import type { SignedIn, Wallet, WalletFeedEvent } from '@versbottomlex/shared';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createLiveClient, type LiveClient, opened } from './live-client.js';
import { type LiveNode, openLiveNode, openOtherNode } from './live-node.js';

let node: LiveNode;

beforeAll(async () => {
  node = await openLiveNode();
});
afterEach(async () => {
  await node.disconnect();
  await vi.waitFor(() => expect(node.test.services.wallet.followerCount()).toBe(0));
});
afterAll(() => node.close());

type Feed = { events: { id: string; data: WalletFeedEvent }[]; errors: unknown[]; stop(): void };

const watch = ({ api }: Pick<LiveClient, 'api'>, lastEventId?: string): Feed => {
  const events: Feed['events'] = [];
  const errors: unknown[] = [];
  const { unsubscribe } = api.payments.onWallet.subscribe(
    lastEventId === undefined ? undefined : { lastEventId },
    { onData: (event) => events.push(event), onError: (error) => errors.push(error) },
  );
  return { events, errors, stop: unsubscribe };
};

/** A device of somebody's, signed in on its own, that follows the wallet. */
const device = async (owner: SignedIn): Promise<Feed> =>
  opened(watch(node.connect((await node.given.login(owner)).accessToken)));

const wallets = ({ events }: Feed): Wallet[] =>
  events.flatMap(({ data }) => (data.type === 'wallet' ? data.wallet : []));
const balances = (feed: Feed): number[] => wallets(feed).map(({ balance }) => balance);

const tip = async (by: SignedIn, to: SignedIn, amount: number, { services } = node.test) =>
  services.tips.send(await services.auth.authenticateAfresh(by.accessToken), {
    performerId: to.user.id,
    amount,
    isAnonymous: false,
  });

describe('a wallet that two devices follow', () => {
  it('is told to both at the start and after what either did, once', async () => {
    const [viewer, performer] = [await node.given.account(), await node.given.performer()];
    await node.given.funds(viewer, 2000);
    const [phone, laptop] = [await device(viewer), await device(viewer)];
    expect([balances(phone), balances(laptop)]).toEqual([[2000], [2000]]);
    await tip(viewer, performer, 500);
    for (const feed of [phone, laptop]) {
      await vi.waitFor(() => expect(balances(feed)).toEqual([2000, 1500]), { timeout: 3000, interval: 5 });
    }
    phone.stop();
    await tip(viewer, performer, 300);
    await vi.waitFor(() => expect(balances(laptop)).toEqual([2000, 1500, 1200]));
    expect(balances(phone)).toEqual([2000, 1500]);
  });

  it('is told a burst of changes by its last state, in order and without repetition', async () => {
    const [viewer, performer] = [await node.given.account(), await node.given.performer()];
    await node.given.funds(viewer, 4000);
    const feeds = [await device(viewer), await device(viewer)];
    await Promise.all(Array.from({ length: 30 }, () => tip(viewer, performer, 100)));
    for (const feed of feeds) {
      await vi.waitFor(() => expect(balances(feed).at(-1)).toBe(1000), 5000);
      const told = balances(feed);
      expect(told).toEqual([...new Set(told)].sort((a, b) => b - a));
      expect(told.length).toBeLessThan(15);
      const ids = feed.events.map(({ id }) => Number(id));
      expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
    }
  });

  it('tells a performer of the earnings', async () => {
    const performer = await node.given.securedPerformer();
    const feed = await device(performer);
    expect(wallets(feed)[0]?.earnings).toEqual({ balance: 0, available: 0, pendingPayouts: 0 });
    await node.given.earned(performer, 10_000);
    await vi.waitFor(
      () => expect(wallets(feed).at(-1)?.earnings).toMatchObject({ balance: 10_000, available: 10_000 }),
      3000,
    );
    const identity = await node.test.services.auth.authenticateAfresh(performer.accessToken);
    await node.test.services.payouts.request(identity, { amount: 6000 });
    const earnings = { balance: 4000, available: 4000, pendingPayouts: 6000 };
    await vi.waitFor(() => expect(wallets(feed).at(-1)?.earnings).toEqual(earnings), 3000);
  });

  it('becomes that of a performer with its owner', async () => {
    const viewer = await node.given.account();
    const feed = await device(viewer);
    expect(wallets(feed)).toEqual([{ balance: 0, currency: 'USD' }]);
    const identity = await node.test.services.auth.authenticateAfresh(viewer.accessToken);
    await node.test.services.users.becomePerformer(identity, viewer.user.id);
    await vi.waitFor(() => expect(wallets(feed).at(-1)).toHaveProperty('earnings'));
  });
});

describe('what happens elsewhere', () => {
  it('is told within a few seconds, though the bus said nothing', async () => {
    const [viewer, performer] = [await node.given.account(), await node.given.performer()];
    await node.given.funds(viewer, 2000);
    const other = await openOtherNode(node.test);
    const away = createLiveClient(other.url, (await node.given.login(viewer)).accessToken);
    const feeds = [await device(viewer), await opened(watch(away))];
    await tip(viewer, performer, 500, { ...node.test, services: other.services });
    for (const feed of feeds) {
      await vi.waitFor(() => expect(balances(feed)).toEqual([2000, 1500]), 5000);
    }
    await away.close();
    await other.close();
  });

  it('does not reach anybody else', async () => {
    const [viewer, stranger] = [await node.given.account(), await node.given.account()];
    const [own, other] = [await device(viewer), await device(stranger)];
    await node.given.funds(viewer, 777);
    await vi.waitFor(() => expect(balances(own)).toEqual([0, 777]), 3000);
    expect(balances(other)).toEqual([0]);
  });
});

describe('a device', () => {
  it('that comes back is told the wallet as it is', async () => {
    const viewer = await node.given.account();
    const client = node.connect(viewer.accessToken);
    const feed = await opened(watch(client));
    client.drop();
    await node.given.funds(viewer, 900);
    await vi.waitFor(() => expect(balances(feed).at(-1)).toBe(900), 3000);
    expect(feed.errors).toEqual([]);
  });

  it.each(['', 'x', '99999999'])('with the id %j is told the wallet as it is', async (lastEventId) => {
    const viewer = await node.given.account();
    const feed = await opened(watch(node.connect(viewer.accessToken), lastEventId));
    expect(balances(feed)).toEqual([0]);
    expect(feed.errors).toEqual([]);
  });

  it('whose session ends hears no more, and the others do', async () => {
    const viewer = await node.given.account();
    const lost = await node.given.login(viewer);
    const client = node.connect(lost.accessToken);
    const [feed, kept] = [await opened(watch(client)), await device(viewer)];
    const { auth } = node.test.services;
    await auth.logout(await auth.authenticate(lost.accessToken), { scope: 'session' });
    await vi.waitFor(() => expect(client.closes).toContain(4403));
    await node.given.funds(viewer, 900);
    await vi.waitFor(() => expect(balances(kept)).toEqual([0, 900]), 3000);
    expect(balances(feed)).toEqual([0]);
  });
});
