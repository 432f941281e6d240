import { payments } from '@versbottomlex/database';
import { type Payment, PaymentHistoryInput, type SignedIn } from '@versbottomlex/shared';
import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, describe, expect, it } from 'vitest';
import { createFactories } from '../../test/factories.js';
import { outcomeOf } from '../../test/outcome.js';
import { type PaymentRow, paymentRow } from '../../test/rows.js';
import { scaled } from '../../test/scale.js';
import { createTestServices } from '../../test/services.js';
import { encodeCursor } from '../platform/cursor.js';

const platform = await createTestServices();
const { services, database } = platform;
const factories = createFactories(platform);
afterAll(platform.close);

const add = async (given: Partial<PaymentRow>): Promise<string> => (await factories.payment(given)).id;
const history = async (by: SignedIn, input: Partial<PaymentHistoryInput> = {}) =>
  services.payments.history(
    await services.auth.authenticateAfresh(by.accessToken),
    PaymentHistoryInput.parse(input),
  );
const get = async (by: SignedIn, id: string) =>
  services.payments.get(await services.auth.authenticateAfresh(by.accessToken), id);
const idsOf = (items: Payment[]) => items.map((payment) => payment.id);
const readAll = async (by: SignedIn, input: Partial<PaymentHistoryInput>): Promise<Payment[][]> => {
  const pages: Payment[][] = [];
  let cursor: string | null | undefined;
  do {
    const page = await history(by, { ...input, ...(cursor && { cursor }) });
    pages.push(page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return pages;
};
const parties = async () => {
  const [payer, payee, stranger] = [
    await factories.account(),
    await factories.account(),
    await factories.account(),
  ];
  return { payer, payee, stranger, ids: { payerId: payer.user.id, payeeId: payee.user.id } };
};

describe('history', () => {
  it('lists what one paid and what one received, newest first, and nothing of others', async () => {
    const { payer, payee, stranger, ids } = await parties();
    const tip = await add(ids);
    const back = await add({ payerId: ids.payeeId, payeeId: ids.payerId });
    const topUp = await add({ type: 'top_up', payeeId: ids.payerId });
    const payout = await add({ type: 'payout', payerId: ids.payeeId, status: 'pending', completedAt: null });
    expect(idsOf((await history(payer)).items)).toEqual([topUp, back, tip]);
    expect(idsOf((await history(payee)).items)).toEqual([payout, back, tip]);
    expect(await history(stranger)).toEqual({ items: [], nextCursor: null });
  });

  it('says what a payment is, and no more', async () => {
    const { payer, ids } = await parties();
    const streamId = (await factories.stream(await factories.performer())).id;
    const key = { idempotencyKey: 'a key of the payer', requestHash: 'a hash' };
    const money = { amount: 100_000_000, currency: 'EUR', fee: 20_000_000 };
    const id = await add({ ...ids, ...money, ...key, streamId, message: 'For you' });
    expect((await history(payer)).items).toEqual([
      {
        id,
        type: 'tip',
        status: 'completed',
        ...ids,
        streamId,
        ...money,
        fee: null,
        message: 'For you',
        isAnonymous: false,
        refundsId: null,
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        completedAt: '2026-01-02T03:04:05.678Z',
      },
    ]);
  });

  it('tells what the platform keeps to whoever it is kept from, and to admins', async () => {
    const { payer, payee, ids } = await parties();
    const tip = await add({ ...ids, fee: 100 });
    const refund = await add({
      type: 'refund',
      payerId: ids.payeeId,
      payeeId: ids.payerId,
      refundsId: tip,
      fee: 100,
    });
    const admin = await factories.admin();
    for (const id of [tip, refund]) {
      const fees = [await get(payer, id), await get(payee, id), await get(admin, id)].map(({ fee }) => fee);
      expect(fees).toEqual([null, 100, 100]);
    }
    expect((await history(payee)).items.map(({ fee }) => fee)).toEqual([100, 100]);
    expect((await get(payer, refund)).refundsId).toBe(tip);
  });

  it('shows an anonymous tip to its payee without the payer', async () => {
    const { payer, payee, ids } = await parties();
    const id = await add({ ...ids, isAnonymous: true });
    expect((await history(payer)).items).toMatchObject([{ id, ...ids }]);
    const seen = (await history(payee)).items;
    expect(seen).toMatchObject([{ id, payerId: null, payeeId: ids.payeeId }]);
    expect(JSON.stringify([seen, await get(payee, id)])).not.toContain(ids.payerId);
    expect(await get(payer, id)).toMatchObject(ids);
    // Admins settle disputes, and see who it was.
    expect(await get(await factories.admin(), id)).toMatchObject(ids);
  });

  it('shows the refund of an anonymous tip to its performer without who got it back', async () => {
    const { payer, payee, ids } = await parties();
    const tip = await add({ ...ids, status: 'refunded', isAnonymous: true });
    const back = { payerId: ids.payeeId, payeeId: ids.payerId };
    const refund = await add({ type: 'refund', ...back, refundsId: tip, isAnonymous: true });
    const seen = [...(await history(payee)).items, await get(payee, refund)];
    expect(seen[0]).toMatchObject({ id: refund, payerId: ids.payeeId, payeeId: null, refundsId: tip });
    expect(JSON.stringify(seen)).not.toContain(ids.payerId);
    expect((await history(payer)).items[0]).toMatchObject({ id: refund, ...back });
    expect(await get(await factories.admin(), refund)).toMatchObject(back);
  });

  it('filters by type and by status', async () => {
    const { payer, ids } = await parties();
    const open = { status: 'pending', completedAt: null } as const;
    const tip = await add(ids);
    const openTip = await add({ ...ids, ...open });
    const topUp = await add({ type: 'top_up', payeeId: ids.payerId });
    const failed = await add({ type: 'top_up', payeeId: ids.payerId, status: 'failed', completedAt: null });
    const found = async (input: Partial<PaymentHistoryInput>) => idsOf((await history(payer, input)).items);
    expect(await found({ type: 'tip' })).toEqual([openTip, tip]);
    expect(await found({ type: 'top_up' })).toEqual([failed, topUp]);
    expect(await found({ status: 'completed' })).toEqual([topUp, tip]);
    expect(await found({ type: 'tip', status: 'pending' })).toEqual([openTip]);
    expect(await found({ type: 'refund' })).toEqual([]);
  });

  it('pages through both sides of the account in one order, whatever lies between', async () => {
    const kind = fc.record({
      side: fc.constantFrom('paid', 'received', 'others'),
      type: fc.constantFrom('tip', 'payout'),
    });
    const scenario = fc.record({
      kinds: fc.array(kind, { maxLength: 25 }),
      limit: fc.integer({ min: 1, max: 7 }),
      type: fc.constantFrom('tip', undefined),
    });
    const property = fc.asyncProperty(scenario, async ({ kinds, limit, type }) => {
      const { payer, ids } = await parties();
      const back = { payerId: ids.payeeId, payeeId: ids.payerId };
      const given = { paid: ids, received: back, others: { payerId: ids.payeeId } };
      const rows = kinds.map((made) => paymentRow({ ...given[made.side], type: made.type }));
      if (rows.length > 0) await database.client.insert(payments).values(rows);

      const expected = rows
        .filter((row, place) => kinds[place]?.side !== 'others' && (!type || row.type === type))
        .map((row) => row.id)
        .reverse();
      const pages = await readAll(payer, { limit, ...(type && { type }) });
      expect(idsOf(pages.flat())).toEqual(expected);
      expect(pages.slice(0, -1).every((page) => page.length === limit)).toBe(true);
    });
    await fc.assert(property, { numRuns: scaled({ quick: 20, full: 1000 }), seed: 20_260_106 });
  });

  it('goes on where it was while payments are made', async () => {
    const { payer, ids } = await parties();
    const before = [await add(ids), await add(ids), await add(ids)];
    const first = await history(payer, { limit: 2 });
    await add(ids);
    const next = await history(payer, { limit: 2, cursor: first.nextCursor ?? '' });
    expect(idsOf([...first.items, ...next.items])).toEqual(before.reverse());
  });

  it.each([
    ['text', 'nonsense'],
    ['a place in a list of streams', encodeCursor([uuidv7(), 3])],
    ['no id', encodeCursor(["' or 1=1 --"])],
    ['nothing', encodeCursor([])],
  ])('refuses a cursor with %s', async (_name, cursor) => {
    expect(await outcomeOf(history(await factories.account(), { cursor }))).toBe('VALIDATION_FAILED');
  });

  it('takes another user’s cursor for a place in time, and shows nothing of theirs', async () => {
    const { payer, stranger, ids } = await parties();
    for (let made = 0; made < 3; made += 1) await add(ids);
    const { nextCursor } = await history(payer, { limit: 1 });
    expect((await history(stranger, { cursor: nextCursor ?? '' })).items).toEqual([]);
  });
});

describe('get', () => {
  it('is for the payer, the payee and admins; for others there is no such payment', async () => {
    const { payer, payee, stranger, ids } = await parties();
    const id = await add(ids);
    const admin = await factories.admin();
    for (const by of [payer, payee, admin]) expect(await get(by, id)).toMatchObject({ id, ...ids });
    expect(await outcomeOf(get(stranger, id))).toBe('NOT_FOUND');
    expect(await outcomeOf(get(await factories.performer(), id))).toBe('NOT_FOUND');
    for (const by of [payer, admin]) expect(await outcomeOf(get(by, uuidv7()))).toBe('NOT_FOUND');
  });

  it('of a payment with one party is for that party', async () => {
    const { payer, stranger, ids } = await parties();
    const topUp = await add({ type: 'top_up', payeeId: ids.payerId });
    const payout = await add({ type: 'payout', payerId: ids.payerId });
    for (const id of [topUp, payout]) {
      expect((await get(payer, id)).id).toBe(id);
      expect(await outcomeOf(get(stranger, id))).toBe('NOT_FOUND');
    }
  });

  it('keeps a payment when its other party deletes the account', async () => {
    const { payer, payee, ids } = await parties();
    const id = await add(ids);
    await factories.deleted(payee);
    expect(await get(payer, id)).toMatchObject({ id, ...ids });
    expect(idsOf((await history(payer)).items)).toEqual([id]);
  });
});
