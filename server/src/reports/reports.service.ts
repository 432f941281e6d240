import type {
  CreateReportInput,
  DecideReportInput,
  FiledReport,
  ListReportsInput,
  Report,
  ReportPage,
} from '@versbottomlex/shared';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import type { Identity } from '../auth/identity.js';
import { AppError, invalidField } from '../platform/app-error.js';
import type { Clock } from '../platform/clock.js';
import { decodeCursor, toPage } from '../platform/cursor.js';
import type { Database } from '../platform/database.js';
import type { Logger } from '../platform/logger.js';
import * as queries from './reports.queries.js';

const Place = z.tuple([z.uuid()]);

const decisionDetails = {
  NOT_FOUND: 'There is no such report.',
  FORBIDDEN: 'The report is about you: another admin has to decide it.',
  REPORT_DECIDED: 'The report is decided already, perhaps by another admin: read it again.',
};

const refusedReport = (
  outcome: 'NOT_FOUND' | 'oneself',
  { userId, messageId }: CreateReportInput,
): AppError => {
  if (outcome === 'NOT_FOUND') {
    return new AppError('NOT_FOUND', { detail: 'There is nothing with this id to report.' });
  }
  const ofStream = messageId === undefined ? 'streamId' : 'messageId';
  return invalidField(userId === undefined ? ofStream : 'userId', 'is your own');
};

type Deps = { database: Database; clock: Clock; logger: Logger };

/** What users tell admins of others, and what admins make of it. What follows is the admin's own act. */
export const createReportsService = ({ database, clock, logger }: Deps) => ({
  /**
   * Keeps what is reported as it is now. Throws NOT_FOUND for what does not exist, VALIDATION_FAILED for oneself, and
   * ALREADY_REPORTED.
   */
  create: async (identity: Identity, input: CreateReportInput): Promise<FiledReport> => {
    const { userId = null, streamId = null, messageId = null, reason, comment = null } = input;
    const report = await queries.createReport(database, {
      id: uuidv7(),
      reporterId: identity.userId,
      userId,
      streamId,
      messageId,
      reason,
      comment,
      now: clock.now().toISOString(),
    });
    if (report.outcome !== 'created') throw refusedReport(report.outcome, input);
    logger.info('Report filed', { reportId: report.id, userId: report.userId, reason });
    const { outcome: _, ...filed } = report;
    return filed;
  },

  /** Throws VALIDATION_FAILED for a foreign cursor. */
  list: async (input: ListReportsInput): Promise<ReportPage> => {
    const { status, userId, limit, cursor } = input;
    const afterId = cursor === undefined ? undefined : decodeCursor(cursor, Place)[0];
    const rows = await queries.listReports(database, { status, userId, limit: limit + 1, afterId });
    return toPage(rows, limit, ({ id }) => [id]);
  },

  /** Throws NOT_FOUND, FORBIDDEN for a report of oneself, REPORT_DECIDED. */
  decide: async (identity: Identity, { id, decision, note }: DecideReportInput): Promise<Report> => {
    const { outcome, result } = await queries.decideReport(database, {
      id,
      actorId: identity.userId,
      decision,
      note: note ?? null,
      now: clock.now().toISOString(),
    });
    if (outcome === 'done')
      logger.info('Report decided', { reportId: id, decision, byUserId: identity.userId });
    if (result !== null) return result;
    if (outcome === 'done' || outcome === 'unchanged') throw new AppError('INTERNAL_ERROR');
    throw new AppError(outcome, { detail: decisionDetails[outcome] });
  },
});

export type ReportsService = ReturnType<typeof createReportsService>;
