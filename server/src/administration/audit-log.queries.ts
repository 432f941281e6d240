import { type AuditAction, AuditEntry } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Database, InstantColumn, preparedSql } from '../platform/database.js';

const $ = sql.placeholder;

const EntryRow = z.object({ ...AuditEntry.shape, createdAt: InstantColumn });

const entries = sql`
  select audit_log.id::float8 as seq, action, case when actor.id is not null then user_summary(actor) end as actor,
    case when subject.id is not null then user_summary(subject) end as subject, details,
    audit_log.created_at as "createdAt"
  from audit_log
  left join users as actor on actor.id = actor_id
  left join users as subject on subject.id = subject_id`;

const conditions = {
  actor: sql`actor_id = ${$('actorId')}::uuid`,
  subject: sql`subject_id = ${$('subjectId')}::uuid`,
};

const page = sql`(${$('action')}::text is null or action = ${$('action')}::text)
  and audit_log.id < coalesce(${$('before')}::bigint, 9223372036854775807)
  order by audit_log.id desc limit ${$('limit')}::int`;

// One for each combination of accounts, because each has an index of its own.
const statements = {
  all: preparedSql('audit_log_list', EntryRow, sql`${entries} where ${page}`),
  actor: preparedSql(
    'audit_log_list_by_actor',
    EntryRow,
    sql`${entries} where ${conditions.actor} and ${page}`,
  ),
  subject: preparedSql(
    'audit_log_list_of_subject',
    EntryRow,
    sql`${entries} where ${conditions.subject} and ${page}`,
  ),
  both: preparedSql(
    'audit_log_list_by_actor_of_subject',
    EntryRow,
    sql`${entries} where ${conditions.actor} and ${conditions.subject} and ${page}`,
  ),
};

export type AuditFilter = {
  actorId: string | undefined;
  subjectId: string | undefined;
  action: AuditAction | undefined;
  /** The seq of the last entry of the page before. */
  before: number | undefined;
  limit: number;
};

/** Entries of the log that meet what is given, newest first. */
export const listAuditEntries = (database: Database, filter: AuditFilter): Promise<AuditEntry[]> => {
  const { actorId = null, subjectId = null, action = null, before = null, limit } = filter;
  const ofActor = subjectId === null ? statements.actor : statements.both;
  const ofAnybody = subjectId === null ? statements.all : statements.subject;
  const list = actorId === null ? ofAnybody : ofActor;
  return list(database, { actorId, subjectId, action, before, limit });
};
