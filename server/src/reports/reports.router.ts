import {
  CreateReportInput,
  DecideReportInput,
  FiledReport,
  ListReportsInput,
  Report,
  ReportPage,
} from '@versbottomlex/shared';
import { router } from '../trpc/init.js';
import { adminProcedure, signedInProcedure } from '../trpc/procedures.js';

const tags = ['administration'];

export const reportsRouter = router({
  create: signedInProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/reports',
        tags,
        summary: 'Report a user, a stream or a message',
        description:
          'Give `userId`, or `streamId`, or `streamId` and `messageId`. Admins see it, with what the message says now; whom it is about is not told.',
      },
      successStatus: 201,
      errors: ['NOT_FOUND', 'ALREADY_REPORTED', 'VALIDATION_FAILED'],
    })
    .input(CreateReportInput)
    .output(FiledReport)
    .mutation(({ ctx, input }) => ctx.services.reports.create(ctx.identity, input)),

  list: adminProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/reports',
        tags,
        summary: 'List reports',
        description: 'Newest first, of one status or of one user. For admins.',
      },
      errors: ['FORBIDDEN', 'VALIDATION_FAILED'],
    })
    .input(ListReportsInput)
    .output(ReportPage)
    .query(({ ctx, input }) => ctx.services.reports.list(input)),

  decide: adminProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/reports/{id}/decide',
        tags,
        summary: 'Decide a report',
        description:
          'Says whether something was done about it; doing it is another call. For admins whom it is not about, once.',
      },
      errors: ['FORBIDDEN', 'NOT_FOUND', 'REPORT_DECIDED', 'VALIDATION_FAILED'],
    })
    .input(DecideReportInput)
    .output(Report)
    .mutation(({ ctx, input }) => ctx.services.reports.decide(ctx.identity, input)),
});
