import { afterAll, expect, it } from 'vitest';
import { openModel } from '../../server/test/model.js';
import { ledgerAudits } from './index.js';

const model = await openModel();
const { db } = model;
afterAll(model.close);

it('may be null nowhere', async () => {
  expect(await model.nullableColumns('ledger_audits')).toEqual([]);
});

it('ledger_audits_pkey: audits are numbered in their order', async () => {
  const at = '2026-01-02T03:04:05.678Z';
  const breaks = [{ invariant: 'sum_zero', subject: 'transaction 1', detail: 'sums to 5' }];
  const audit = { startedAt: at, finishedAt: at, entryCount: 4_000_000_000, breakCount: 1, breaks };
  const [first, second] = await db
    .insert(ledgerAudits)
    .values([audit, { ...audit, breakCount: 0, breaks: [] }])
    .returning();
  expect(first).toEqual({ id: expect.any(Number), ...audit });
  expect(second?.id).toBeGreaterThan(first?.id ?? Number.NaN);
});
