import { type ListPayoutsInput, Payout } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Database, InstantColumn, onlyRow, preparedSql } from '../platform/database.js';

const $ = sql.placeholder;

const requestRefusals = [
  'IDEMPOTENCY_KEY_REUSED',
  'SESSION_REVOKED',
  'ACCOUNT_SUSPENDED',
  'NOT_A_PERFORMER',
  'NOT_VERIFIED',
  'VALIDATION_FAILED',
  'EARNINGS_INSUFFICIENT',
] as const;

const RequestRow = z.object({
  outcome: z.enum(['requested', 'replayed', ...requestRefusals]),
  result: Payout.nullable(),
  available: z.number().nullable(),
  held: z.number().nullable(),
  heldUntil: InstantColumn.nullable(),
});
export type PayoutRequest = z.infer<typeof RequestRow>;

const requestStatement = preparedSql(
  'payouts_request',
  RequestRow,
  sql`select outcome, result, available::float8 as available, held::float8 as held, held_until as "heldUntil"
    from request_payout(${$('id')}::uuid, ${$('performerId')}::uuid, ${$('amount')}::int, ${$('currency')}::char(3),
      ${$('minimum')}::int, ${$('holdDays')}::int, ${$('idempotencyKey')}::text, ${$('requestHash')}::text, ${$('now')}::timestamptz)`,
);

export type NewPayout = {
  id: string;
  performerId: string;
  amount: number;
  currency: string;
  minimum: number;
  holdDays: number;
  idempotencyKey: string | null;
  requestHash: string | null;
  now: string;
};

/** Takes the amount out of the performer's earnings and asks for its payout, or says why not. */
export const requestPayout = (database: Database, payout: NewPayout): Promise<PayoutRequest> =>
  onlyRow(requestStatement(database, payout));

const DecisionRow = z.object({
  outcome: z.enum(['done', 'unchanged', 'NOT_FOUND', 'FORBIDDEN', 'PAYOUT_DECIDED']),
  result: Payout.nullable(),
});
export type PayoutDecision = z.infer<typeof DecisionRow>;

const decideStatement = preparedSql(
  'payouts_decide',
  DecisionRow,
  sql`select outcome, result, case when outcome = 'done' then note_audit(${$('adminId')}::uuid, 'payout_decided',
      (result -> 'performer' ->> 'id')::uuid,
      jsonb_build_object('payoutId', ${$('id')}::uuid, 'status', ${$('decision')}::payout_status)) end
    from decide_payout(${$('id')}::uuid, ${$('decision')}::payout_status, ${$('adminId')}::uuid,
    ${$('reason')}::text, ${$('reference')}::text, ${$('now')}::timestamptz)`,
);

export type Decision = {
  id: string;
  decision: 'approved' | 'rejected' | 'paid';
  adminId: string;
  reason: string | null;
  reference: string | null;
  now: string;
};

/** Takes a payout a step further and notes by whom, or says why not. */
export const decidePayout = (database: Database, of: Decision): Promise<PayoutDecision> =>
  onlyRow(decideStatement(database, of));

const page = sql`(${$('status')}::payout_status is null or status = ${$('status')}::payout_status)
  and (${$('afterId')}::uuid is null or payment_id < ${$('afterId')}::uuid)
  order by payment_id desc limit ${$('limit')}::int`;

// Two statements, because the plan for one performer is another than that for all of them.
const listAllStatement = preparedSql(
  'payouts_list_all',
  z.object({ told: Payout }),
  sql`select told from payout_details where ${page}`,
);
const listOfPerformerStatement = preparedSql(
  'payouts_list_of_performer',
  z.object({ told: Payout }),
  sql`select told from payout_details where performer_id = ${$('performerId')}::uuid and ${page}`,
);

/** The payouts of a performer, or of everybody with null, newest first. */
export const listPayouts = async (
  database: Database,
  of: {
    performerId: string | null;
    status: ListPayoutsInput['status'];
    limit: number;
    afterId: string | undefined;
  },
): Promise<Payout[]> => {
  const values = { status: of.status ?? null, limit: of.limit, afterId: of.afterId ?? null };
  const rows =
    of.performerId === null
      ? await listAllStatement(database, values)
      : await listOfPerformerStatement(database, { ...values, performerId: of.performerId });
  return rows.map(({ told }) => told);
};
