import type { SignedIn } from '@versbottomlex/shared';
import { afterAll, expect, it } from 'vitest';
import { createFactories } from '../../test/factories.js';
import { outcomeOf, tally } from '../../test/outcome.js';
import { scaled } from '../../test/scale.js';
import { createTestServices } from '../../test/services.js';

const platform = await createTestServices();
const { services, clock } = platform;
const given = createFactories(platform);
afterAll(platform.close);

const identityOf = (by: SignedIn) => services.auth.authenticateAfresh(by.accessToken);

/** A viewer with money, who tips a performer as often as is asked for. */
const open = async () => {
  const viewer = await given.account();
  await given.funds(viewer, 10_000);
  const [identity, { user }] = [await identityOf(viewer), await given.performer()];
  const tip = (amount: number) =>
    services.tips.send(identity, { performerId: user.id, amount, isAnonymous: false });
  const spent = async () => 10_000 - (await services.wallet.get(identity)).balance;
  return { identity, tip, spent };
};

it('passes no limit, however many tips are sent at once', async () => {
  const { identity, tip, spent } = await open();
  await services.wallet.setSpendingLimit(identity, { dailyAmount: 750 });
  const calls = Array.from({ length: 20 }, () => tip(200));
  expect(await tally(calls)).toEqual({ ok: 3, SPENDING_LIMIT_REACHED: 17 });
  expect(await spent()).toBe(600);
  expect(await services.wallet.getSpendingLimit(identity)).toMatchObject({ spentToday: 600 });
});

it('counts every tip that was sent while the limit was set, once', async () => {
  for (let round = 0; round < scaled({ quick: 15, full: 500 }); round += 1) {
    const { identity, tip, spent } = await open();
    const limit = () => services.wallet.setSpendingLimit(identity, { dailyAmount: 1000 });
    const calls = [...Array.from({ length: 8 }, () => () => tip(100)), limit, limit];
    const place = round % calls.length;
    const outcomes = await Promise.all(
      [...calls.slice(place), ...calls.slice(0, place)].map((start) => outcomeOf(start())),
    );
    expect(new Set(outcomes)).toEqual(new Set(['ok']));
    const { spentToday } = await services.wallet.getSpendingLimit(identity);
    expect([spentToday, await spent()]).toEqual([800, 800]);
    expect(await tally([tip(200), tip(200)])).toEqual({ ok: 1, SPENDING_LIMIT_REACHED: 1 });
  }
});

it('lifts what was asked for a day later, and begins anew at midnight', async () => {
  const { identity, tip } = await open();
  await services.wallet.setSpendingLimit(identity, { dailyAmount: 300 });
  await services.wallet.setSpendingLimit(identity, { dailyAmount: null });
  expect(await tally([tip(300), tip(300)])).toEqual({ ok: 1, SPENDING_LIMIT_REACHED: 1 });
  clock.advance(86_400 - 1);
  expect(await outcomeOf(tip(301))).toBe('SPENDING_LIMIT_REACHED');
  expect(await outcomeOf(tip(300))).toBe('ok');
  clock.advance(1);
  expect(await outcomeOf(tip(5000))).toBe('ok');
  expect(await services.wallet.getSpendingLimit(identity)).toMatchObject({ dailyAmount: null, next: null });
});
