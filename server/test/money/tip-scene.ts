import { randomBytes } from 'node:crypto';
import type { SignedIn, Stream } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import { expect } from 'vitest';
import type { Database } from '../../src/platform/database.js';
import { createFactories } from '../factories.js';
import { highLimits } from '../high-limits.js';
import { openSecondNode } from '../second-node.js';
import { createFakeClock, createTestConfig } from '../services.js';
import { brokenAnnouncements, brokenBooks, unannounced } from './books.js';
import type { SentTip, TipLoad } from './tip-load.js';

const secret = () => randomBytes(48).toString('base64');

const secrets = {
  JWT_ACCESS_SECRET: secret(),
  JWT_REFRESH_SECRET: secret(),
  CSRF_SECRET: secret(),
  ENCRYPTION_SECRET: secret(),
};

/** What a server process must be told, so that it takes the tokens of {@link openScene}. */
export const serverEnvironment = { ...secrets, ...highLimits };

export type TipScene = {
  database: Database;
  stream: Stream;
  payers: SignedIn[];
  close(): Promise<void>;
};

/** A live stream and people who can tip it, made beside the server processes on the same database. */
export const openScene = async (databaseUrl: string): Promise<TipScene> => {
  const clock = createFakeClock();
  const node = openSecondNode({ config: createTestConfig(secrets), databaseUrl, clock });
  const given = createFactories({ ...node, clock });
  const stream = await given.stream(await given.performer());
  const payers = await Promise.all(Array.from({ length: 5 }, () => given.account()));
  for (const payer of payers) await given.funds(payer, 10_000_000);
  return { database: node.database, stream, payers, close: node.close };
};

type StoredTip = { key: string; id: string; amount: number; payerId: string };

const storedTips = async ({ client }: Database): Promise<StoredTip[]> => [
  ...(await client.execute<StoredTip>(
    sql`select idempotency_key as key, id, amount, payer_id as "payerId" from payments where type = 'tip'`,
  )),
];

const asStored = ({ key, amount, payer, acknowledged }: SentTip): StoredTip => ({
  key,
  id: acknowledged?.paymentId ?? 'unknown',
  amount,
  payerId: payer.user.id,
});

const byKey = (a: StoredTip, b: StoredTip) => (a.key < b.key ? -1 : 1);

/** Fails unless every tip of the load moved money once, is in the log once, and the books are right. */
export const expectAllOnce = async ({ database }: TipScene, load: TipLoad): Promise<void> => {
  expect(load.unexpected).toEqual([]);
  expect((await storedTips(database)).sort(byKey)).toEqual(load.sent.map(asStored).sort(byKey));
  await expect.poll(() => unannounced(database), { timeout: 60_000, interval: 50 }).toBe(0);
  expect(await brokenAnnouncements(database)).toEqual([]);
  expect(await brokenBooks(database)).toEqual([]);
};
