import * as z from 'zod';
import { Id } from './ids.js';
import { pageFields, pageOf } from './pagination.js';
import { block } from './text.js';
import { Timestamp } from './timestamps.js';
import { UserSummary } from './users.js';

export const reportReasons = [
  'spam',
  'harassment',
  'hate',
  'violence',
  'sexual_content',
  'minor_safety',
  'fraud',
  'impersonation',
  'copyright',
  'other',
] as const;
export const ReportReason = z.enum(reportReasons).meta({ id: 'ReportReason', example: 'spam' });
export type ReportReason = z.infer<typeof ReportReason>;

export const reportStatuses = ['open', 'acted', 'dismissed'] as const;
export const ReportStatus = z.enum(reportStatuses).meta({ id: 'ReportStatus', example: 'open' });
export type ReportStatus = z.infer<typeof ReportStatus>;

const Comment = z.string().nullable().meta({ example: 'The same link in every room.' });

const subject = {
  streamId: Id.nullable().meta({ description: 'Null for a report of an account as such.', example: null }),
  messageId: Id.nullable().meta({ example: null }),
};

/** About an account, a stream or a message: `userId`, `streamId`, or `streamId` and `messageId`. */
export const CreateReportInput = z
  .strictObject({
    userId: Id.optional(),
    streamId: Id.optional(),
    messageId: Id.optional(),
    reason: ReportReason,
    comment: block(1, 1000).meta({ example: 'The same link in every room.' }).optional(),
  })
  .refine((input) => (input.userId === undefined) !== (input.streamId === undefined), {
    error: 'give either userId or streamId',
    path: ['userId'],
  })
  .refine((input) => input.messageId === undefined || input.streamId !== undefined, {
    error: 'goes with the streamId that it is in',
    path: ['messageId'],
  })
  .meta({ examples: [{ userId: '019b76f2-7a6e-7c3a-9d53-2f1f0a6b8c11', reason: 'spam' }] });
export type CreateReportInput = z.infer<typeof CreateReportInput>;

/** A report as its author sees it, who is not told what became of it. */
export const FiledReport = z
  .object({
    id: Id,
    userId: Id.meta({
      description: 'The account, the performer of the stream, or the author of the message.',
    }),
    ...subject,
    reason: ReportReason,
    comment: Comment,
    createdAt: Timestamp,
  })
  .meta({ id: 'FiledReport' });
export type FiledReport = z.infer<typeof FiledReport>;

/** A report as admins see it. */
export const Report = z
  .object({
    id: Id,
    reporter: UserSummary,
    user: UserSummary,
    ...subject,
    messageContent: z
      .string()
      .nullable()
      .meta({ description: 'What the message said when it was reported.', example: null }),
    reason: ReportReason,
    comment: Comment,
    status: ReportStatus,
    note: z.string().nullable().meta({ description: 'Of the admin who decided it.', example: null }),
    createdAt: Timestamp,
    decidedAt: Timestamp.nullable().meta({ example: null }),
    decidedBy: UserSummary.nullable().meta({ example: null }),
  })
  .meta({ id: 'Report' });
export type Report = z.infer<typeof Report>;

export const ReportPage = pageOf(Report).meta({ id: 'ReportPage' });
export type ReportPage = z.infer<typeof ReportPage>;

/** Newest first. */
export const ListReportsInput = z
  .strictObject({ status: ReportStatus.optional(), userId: Id.optional(), ...pageFields })
  .prefault({});
export type ListReportsInput = z.infer<typeof ListReportsInput>;

export const DecideReportInput = z
  .strictObject({
    id: Id,
    decision: z.enum(['acted', 'dismissed']).meta({ example: 'acted' }),
    note: block(1, 1000).meta({ example: 'Suspended for a week.' }).optional(),
  })
  .meta({ examples: [{ decision: 'acted' }] });
export type DecideReportInput = z.infer<typeof DecideReportInput>;
