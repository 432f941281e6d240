import { AuditLogPage, ListAuditLogInput } from '@versbottomlex/shared';
import { router } from '../trpc/init.js';
import { adminProcedure } from '../trpc/procedures.js';

const tags = ['administration'];

export const administrationRouter = router({
  listAuditLog: adminProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/audit-log',
        tags,
        summary: 'List the audit log',
        description:
          'What was done with the rights of an admin and to the safety of accounts, newest first: by one, to one, or of one kind. For admins; nobody can change it.',
      },
      errors: ['FORBIDDEN', 'VALIDATION_FAILED'],
    })
    .input(ListAuditLogInput)
    .output(AuditLogPage)
    .query(({ ctx, input }) => ctx.services.administration.listAuditLog(input)),
});
