import { AppError } from '../platform/app-error.js';
import type { Clock } from '../platform/clock.js';
import type { Database } from '../platform/database.js';
import type { Logger } from '../platform/logger.js';
import { createSweep } from '../platform/sweep.js';
import { type Audit, auditLedger, findLastAudit } from './ledger.queries.js';

/** How often the last result is read, so that a break found by one process halts payments in all. */
const LOOK_MS = 5000;
/** Far above what a large ledger takes, so that a hanging audit ends. */
const AUDIT_TIMEOUT_MS = 600_000;
/** After the start, when there is enough else to do; and after an audit that failed or found a break. */
const SOON_MS = 60_000;
const BREAKS_LOGGED_MAX = 10;

type Deps = {
  database: Database;
  clock: Clock;
  logger: Logger;
  auditIntervalMinutes: number;
  lookMs?: number;
  soonMs?: number;
};

/** Proves the ledger again and again, and halts payments while the last proof failed. */
export const createAuditor = (deps: Deps) => {
  const { database, clock, logger, auditIntervalMinutes, lookMs = LOOK_MS, soonMs = SOON_MS } = deps;
  let last: Audit | undefined;
  let auditing: Promise<Audit | undefined> | undefined;
  let patient: Database | undefined;
  let isStarted = false;
  /** By performance.now: no audit of this process begins before. */
  let notBeforeMs = 0;

  const isBroken = () => (last?.breakCount ?? 0) > 0;

  const note = (found: Audit | undefined): void => {
    const wasBroken = isBroken();
    last = found;
    if (isBroken() && !wasBroken) {
      logger.error('The ledger is broken, and payments are halted', {
        breakCount: found?.breakCount,
        breaks: found?.breaks.slice(0, BREAKS_LOGGED_MAX),
      });
    } else if (wasBroken && !isBroken()) logger.info('The ledger is sound again, and payments go on');
  };

  const look = async (): Promise<void> => note(await findLastAudit(database));

  const runAudit = async (): Promise<Audit | undefined> => {
    patient = database.patient(AUDIT_TIMEOUT_MS);
    try {
      const found = await auditLedger(patient, clock.now());
      if (found) note(found);
      return found;
    } finally {
      await patient.close();
    }
  };

  /** Audits now; undefined while another process does. Throws DEPENDENCY_UNAVAILABLE. */
  const audit = (): Promise<Audit | undefined> => {
    auditing ??= runAudit().finally(() => {
      auditing = undefined;
    });
    return auditing;
  };

  const isDue = (): boolean => {
    if (performance.now() < notBeforeMs) return false;
    const intervalMs = isBroken() ? soonMs : auditIntervalMinutes * 60_000;
    return last === undefined || clock.now().getTime() - Date.parse(last.startedAt) >= intervalMs;
  };

  const auditInBackground = (): void => {
    notBeforeMs = performance.now() + soonMs;
    audit().catch((error: unknown) => {
      if (isStarted) logger.warn('The ledger could not be audited', { reason: String(error) });
    });
  };

  const looks = createSweep({
    work: async () => {
      await look();
      if (isStarted && isDue()) auditInBackground();
    },
    intervalMs: lookMs,
    logger,
    fault: 'The last audit of the ledger not read',
  });

  return {
    audit,
    look,
    isSound: () => !isBroken(),
    /** The last audit that is known here. */
    lastAudit: () => last,

    /** Throws PAYMENTS_HALTED while the last audit found a break. */
    requireSound: (): void => {
      if (!isBroken()) return;
      throw new AppError('PAYMENTS_HALTED', {
        detail: 'An audit found the books out of balance; payments go on when that is mended.',
        retryAfterMs: soonMs,
      });
    },

    start: (): void => {
      isStarted = true;
      notBeforeMs = performance.now() + soonMs;
      looks.start();
      // Without the database there are no payments either, and the next look comes soon.
      looks.run().catch(() => {});
    },
    stop: async (): Promise<void> => {
      isStarted = false;
      const looked = looks.stop();
      await patient?.close();
      await auditing?.catch(() => {});
      await looked;
    },
  };
};
