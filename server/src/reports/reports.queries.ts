import { FiledReport, Report, type ReportStatus } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { AppError } from '../platform/app-error.js';
import { type Database, InstantColumn, onlyRow, preparedSql } from '../platform/database.js';
import { translating } from '../platform/database-errors.js';

const $ = sql.placeholder;

const CreationRow = z.union([
  z.object({ outcome: z.literal('created'), ...FiledReport.shape, createdAt: InstantColumn }),
  z.object({ outcome: z.enum(['NOT_FOUND', 'oneself']) }),
]);

// Whatever is reported is one of three, and gives the account that it is about.
const createStatement = preparedSql(
  'reports_create',
  CreationRow,
  sql`with subject as materialized (
      select id as user_id, null::uuid as stream_id, null::uuid as message_id, null::text as content
      from users where id = ${$('userId')}::uuid and deleted_at is null
      union all
      select performer_id, id, null, null
      from streams where id = ${$('streamId')}::uuid and ${$('messageId')}::uuid is null
      union all
      select author_id, stream_id, id, content
      from messages where id = ${$('messageId')}::uuid and stream_id = ${$('streamId')}::uuid
    ), made as (
      insert into reports (id, reporter_id, user_id, stream_id, message_id, message_content, reason, comment, created_at)
      select ${$('id')}::uuid, ${$('reporterId')}::uuid, user_id, stream_id, message_id, content,
        ${$('reason')}::report_reason, ${$('comment')}::text, ${$('now')}::timestamptz
      from subject where user_id <> ${$('reporterId')}::uuid
      returning *
    )
    select case when made.id is not null then 'created' when exists (select from subject) then 'oneself'
        else 'NOT_FOUND' end as outcome,
      made.id, user_id as "userId", stream_id as "streamId", message_id as "messageId", reason, comment,
      created_at as "createdAt"
    from (select) as always left join made on true`,
);

export type NewReport = {
  id: string;
  reporterId: string;
  userId: string | null;
  streamId: string | null;
  messageId: string | null;
  reason: string;
  comment: string | null;
  now: string;
};

/** Makes a report, or says why not. Throws ALREADY_REPORTED while one of the same author and subject is open. */
export const createReport = (database: Database, report: NewReport): Promise<z.output<typeof CreationRow>> =>
  translating(onlyRow(createStatement(database, report)), {
    reports_one_open_per_subject: () =>
      new AppError('ALREADY_REPORTED', { detail: 'You have reported this; an admin will look at it.' }),
  });

const toldReports = z.object({ told: Report });
const byStatus = sql`status = ${$('status')}::report_status`;
const byUser = sql`user_id = ${$('userId')}::uuid`;
const newestFirst = sql`(${$('afterId')}::uuid is null or id < ${$('afterId')}::uuid)
  order by id desc limit ${$('limit')}::int`;

// One for each combination of filters, because each has another plan.
const statements = {
  all: preparedSql(
    'reports_list_all',
    toldReports,
    sql`select told from report_details where ${newestFirst}`,
  ),
  status: preparedSql(
    'reports_list_by_status',
    toldReports,
    sql`select told from report_details where ${byStatus} and ${newestFirst}`,
  ),
  user: preparedSql(
    'reports_list_of_user',
    toldReports,
    sql`select told from report_details where ${byUser} and ${newestFirst}`,
  ),
  both: preparedSql(
    'reports_list_of_user_by_status',
    toldReports,
    sql`select told from report_details where ${byUser} and ${byStatus} and ${newestFirst}`,
  ),
};

/** Reports that meet what is given, newest first. */
export const listReports = async (
  database: Database,
  of: {
    status: ReportStatus | undefined;
    userId: string | undefined;
    limit: number;
    afterId: string | undefined;
  },
): Promise<Report[]> => {
  const { status = null, userId = null, limit, afterId = null } = of;
  const filtered = userId === null ? statements.status : statements.both;
  const unfiltered = userId === null ? statements.all : statements.user;
  const list = status === null ? unfiltered : filtered;
  const rows = await list(database, { status, userId, limit, afterId });
  return rows.map(({ told }) => told);
};

const DecisionRow = z.object({
  outcome: z.enum(['done', 'unchanged', 'NOT_FOUND', 'FORBIDDEN', 'REPORT_DECIDED']),
  result: Report.nullable(),
});

const decideStatement = preparedSql(
  'reports_decide',
  DecisionRow,
  sql`select outcome, result from decide_report(${$('id')}::uuid, ${$('actorId')}::uuid,
    ${$('decision')}::report_status, ${$('note')}::text, ${$('now')}::timestamptz)`,
);

/** Decides a report that is open, or says why not. */
export const decideReport = (
  database: Database,
  of: { id: string; actorId: string; decision: 'acted' | 'dismissed'; note: string | null; now: string },
): Promise<z.output<typeof DecisionRow>> => onlyRow(decideStatement(database, of));
