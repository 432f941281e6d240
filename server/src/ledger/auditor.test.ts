import { ledgerAudits } from '@versbottomlex/database';
import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createFactories } from '../../test/factories.js';
import { holdTransaction } from '../../test/held-transaction.js';
import { outcomeOf } from '../../test/outcome.js';
import { scaled } from '../../test/scale.js';
import { openSecondNode } from '../../test/second-node.js';
import { createTestServices } from '../../test/services.js';
import { createAuditor } from './auditor.js';
import { foldLedger } from './ledger.queries.js';

const platform = await createTestServices();
const { services, database, logs, databaseUrl } = platform;
const second = openSecondNode(platform);
const given = createFactories(platform);
afterAll(async () => {
  await second.close();
  await platform.close();
});

const shift = (by: number) =>
  database.client.execute(sql`update ledger_accounts set balance = balance + ${by} where kind = 'wallet'`);
const isHalted = async ({ ledger }: Pick<typeof services, 'ledger'>) =>
  outcomeOf((async () => ledger.requireSound())());
const storedCount = () => database.client.$count(ledgerAudits);

beforeAll(async () => {
  await given.funds(await given.account(), 500);
});

describe('an audit', () => {
  it('stores what it found', async () => {
    const found = await services.ledger.audit();
    expect(found).toMatchObject({ entryCount: 2, breakCount: 0, breaks: [] });
    expect(services.ledger.lastAudit()).toEqual(found);
    expect(await database.client.select().from(ledgerAudits)).toMatchObject([
      { ...found, startedAt: platform.clock.now().toISOString() },
    ]);
    expect(Date.parse(found?.finishedAt ?? '')).toBeGreaterThanOrEqual(platform.clock.now().getTime());
    expect(await isHalted(services)).toBe('ok');
  });

  it('that finds a break halts payments in every process, says so once, and lets them go on when it is mended', async () => {
    await shift(1);
    expect((await services.ledger.audit())?.breaks).toEqual([
      {
        invariant: 'balance',
        subject: expect.stringMatching(/^wallet account \d+$/),
        detail: 'it holds 501, and its entries add up to 500',
      },
    ]);
    await services.ledger.audit();
    expect([await isHalted(services), services.ledger.isSound()]).toEqual(['PAYMENTS_HALTED', false]);
    expect(await isHalted(second.services)).toBe('ok');
    await second.services.ledger.look();
    expect(await isHalted(second.services)).toBe('PAYMENTS_HALTED');

    await shift(-1);
    await second.services.ledger.audit();
    expect(await isHalted(second.services)).toBe('ok');
    await services.ledger.look();
    expect(await isHalted(services)).toBe('ok');
    const lines = logs.filter(({ message }) => String(message).includes('ledger'));
    expect(lines.map(({ level }) => level)).toEqual(['ERROR', 'INFO']);
    expect(lines[0]).toMatchObject({ data: { breakCount: 1, breaks: [{ invariant: 'balance' }] } });
  });

  it('sees one moment, whatever moves and is folded meanwhile', async () => {
    const [viewer, performer] = [await given.account(), await given.performer()];
    let isMoving = true;
    const move = async () => {
      for (let round = 0; round < scaled({ quick: 15, full: 300 }); round += 1) {
        await Promise.all([
          given.funds(viewer, 100),
          given.earned(performer, 100),
          foldLedger(database, 5),
          foldLedger(second.database, 5),
        ]);
      }
      isMoving = false;
    };
    const moved = move();
    const counts: number[] = [];
    while (isMoving) {
      const found = await services.ledger.audit();
      expect(found?.breaks).toEqual([]);
      counts.push(found?.entryCount ?? 0);
    }
    await moved;
    expect(new Set(counts).size).toBeGreaterThan(1);
  });

  it('is done by one process at a time', async () => {
    const before = await storedCount();
    const other = await holdTransaction(databaseUrl, 'select pg_advisory_xact_lock(7302019450119)');
    expect(await services.ledger.audit()).toBeUndefined();
    await other.commit();
    const [one, same] = await Promise.all([services.ledger.audit(), services.ledger.audit()]);
    expect(one).toBe(same);
    expect(await storedCount()).toBe(before + 1);
  });

  it('may take longer than a request', async () => {
    const patient = database.patient(600_000);
    const [row] = await patient.client.execute(sql`select current_setting('statement_timeout') as timeout`);
    await patient.close();
    expect(row).toEqual({ timeout: '10min' });
  });
});

describe('by itself', () => {
  const running: { stop(): Promise<void> }[] = [];
  const run = (soonMs: number) => {
    const auditor = createAuditor({ ...platform, auditIntervalMinutes: 60, lookMs: 20, soonMs });
    running.push(auditor);
    auditor.start();
    return auditor;
  };
  afterEach(async () => {
    for (const auditor of running.splice(0)) await auditor.stop();
  });

  it('audits soon after the start when the last audit is older than the interval, and then by the interval', async () => {
    await services.ledger.audit();
    const before = await storedCount();
    run(10);
    const other = run(10);
    await expect.poll(other.lastAudit).toBeDefined();
    expect(await storedCount()).toBe(before);
    platform.clock.advance(3601);
    await expect.poll(storedCount).toBeGreaterThan(before);
  });

  it('reads what others found, and looks again soon after a break', async () => {
    const auditor = run(10);
    await shift(1);
    await second.services.ledger.audit();
    await expect.poll(auditor.isSound).toBe(false);
    await shift(-1);
    platform.clock.advance(1);
    await expect.poll(auditor.isSound).toBe(true);
  });

  it('goes on after the database was away, and stops at once', async () => {
    const cut = openSecondNode(platform);
    const auditor = createAuditor({
      ...platform,
      database: cut.database,
      auditIntervalMinutes: 60,
      lookMs: 20,
    });
    await cut.close();
    auditor.start();
    await auditor.stop();
    expect(auditor.isSound()).toBe(true);
  });
});
