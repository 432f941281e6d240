import { randomUUID } from 'node:crypto';
import {
  AMOUNT_MAX,
  type PaidAnswer,
  type SignedIn,
  type Stream,
  WALLET_BALANCE_MAX,
} from '@versbottomlex/shared';
import type { LightMyRequestResponse } from 'fastify';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createFactories, type Factories } from '../factories.js';
import { createTestApp, type TestApp } from '../harness.js';
import { scaled } from '../scale.js';
import { brokenAnnouncements, brokenBooks, unannounced } from './books.js';

let node: TestApp;
let given: Factories;
let performer: SignedIn;
let stream: Stream;
let payer: SignedIn;
let admin: SignedIn;

beforeAll(async () => {
  node = await createTestApp();
  given = createFactories(node);
  admin = await given.admin();
});
afterAll(() => node.close());

beforeEach(async () => {
  performer = await given.performer();
  stream = await given.stream(performer);
  payer = await given.account();
});

afterEach(async () => {
  await expect.poll(() => unannounced(node.database)).toBe(0);
  expect(await brokenBooks(node.database)).toEqual([]);
  expect(await brokenAnnouncements(node.database)).toEqual([]);
});

type Posted = { by?: SignedIn; key?: string; payload?: object };

const post = (path: string, { by = payer, key, payload }: Posted = {}): Promise<LightMyRequestResponse> =>
  node.app.inject({
    method: 'POST',
    url: `/api/payments/${path}`,
    headers: {
      authorization: `Bearer ${by.accessToken}`,
      ...(key !== undefined && { 'idempotency-key': key }),
    },
    ...(payload && { payload }),
  });

const tip = (amount: number, key?: string) =>
  post('tip', { payload: { streamId: stream.id, amount }, ...(key !== undefined && { key }) });

const balanceOf = async (of: SignedIn): Promise<number> => {
  const identity = await node.services.auth.authenticateAfresh(of.accessToken);
  return (await node.services.wallet.get(identity)).balance;
};

const countOf = (answers: LightMyRequestResponse[], status: number): number =>
  answers.filter(({ statusCode }) => statusCode === status).length;

const codeOf = (answer: LightMyRequestResponse): string => answer.json<{ code: string }>().code;

describe('one idempotency key', () => {
  test('that a hundred requests carry at once moves money once, and all hear the same', async () => {
    await given.funds(payer, 10_000);
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 100 }, () => tip(700, key)));
    expect(countOf(answers, 201)).toBe(100);
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    expect(answers[0]?.json<PaidAnswer>().balance).toBe(9300);
    expect(await balanceOf(payer)).toBe(9300);
  });

  test('that two different requests carry at once moves the money of one, and refuses the other', async () => {
    await given.funds(payer, 10_000);
    const key = randomUUID();
    const answers = await Promise.all([tip(700, key), tip(800, key)]);
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([201, 422]);
    expect(answers.filter(({ statusCode }) => statusCode === 422).map(codeOf)).toEqual([
      'IDEMPOTENCY_KEY_REUSED',
    ]);
  });

  test('of a refused request may be used again when there is enough', async () => {
    const key = randomUUID();
    expect((await tip(700, key)).statusCode).toBe(402);
    await given.funds(payer, 700);
    expect((await tip(700, key)).statusCode).toBe(201);
    expect((await tip(700, key)).statusCode).toBe(201);
    expect(await balanceOf(payer)).toBe(0);
  });
});

describe('a wallet', () => {
  test('that many requests want the whole of at once pays one of them', async () => {
    for (let round = 0; round < scaled({ quick: 5, full: 200 }); round += 1) {
      await given.funds(payer, 5000);
      const answers = await Promise.all(Array.from({ length: 1 + (round % 8) + 1 }, () => tip(5000)));
      expect([countOf(answers, 201), countOf(answers, 402)]).toEqual([1, answers.length - 1]);
      expect(await balanceOf(payer)).toBe(0);
    }
  });

  test('that is full takes nothing more, however it comes', async () => {
    await given.funds(payer, WALLET_BALANCE_MAX - AMOUNT_MAX);
    const topUp = () => post('top-up', { payload: { amount: AMOUNT_MAX } });
    expect((await topUp()).statusCode).toBe(201);
    const refused = await post('top-up', { payload: { amount: 100 } });
    expect([refused.statusCode, codeOf(refused)]).toEqual([409, 'WALLET_FULL']);
    expect(await balanceOf(payer)).toBe(WALLET_BALANCE_MAX);
  });

  test('is charged no amount beyond the largest', async () => {
    await given.funds(payer, 2 * AMOUNT_MAX);
    for (const amount of [AMOUNT_MAX + 1, 2 ** 31, 2 ** 53, 1e21]) {
      expect((await tip(amount)).statusCode).toBe(422);
    }
    expect((await tip(AMOUNT_MAX)).statusCode).toBe(201);
    expect(await balanceOf(payer)).toBe(AMOUNT_MAX);
  });
});

describe('a refund', () => {
  test('that is asked for many times at once gives the money back once', async () => {
    await given.funds(payer, 5000);
    const { payment } = (await tip(5000)).json<PaidAnswer>();
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => post(`${payment.id}/refund`, { by: admin })),
    );
    expect([countOf(answers, 200), countOf(answers, 409)]).toEqual([1, 7]);
    expect(await balanceOf(payer)).toBe(5000);
  });
});
