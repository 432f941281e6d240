import type { ErrorCode } from '@versbottomlex/shared';
import { AppError, invalidField } from '../platform/app-error.js';
import type { PayoutDecision, PayoutRequest } from './payouts.queries.js';

const missingEarnings = ({ available, held, heldUntil }: PayoutRequest): string =>
  `Available are ${available ?? 0}, in minor units${
    heldUntil === null ? '' : `; ${held} more are held, the last of it until ${heldUntil}`
  }.`;

const requestDetails: Partial<Record<ErrorCode, string>> = {
  NOT_A_PERFORMER: 'Only performers earn anything: ask to be one with POST /api/users/{id}/performer.',
  NOT_VERIFIED: 'An admin verifies performers: POST /api/users/{id}/verify.',
};

/** Why a payout was not asked for; `minimum` and the amounts are in minor units. */
export const refusedRequest = (request: PayoutRequest, minimum: number): AppError => {
  const { outcome } = request;
  if (outcome === 'requested' || outcome === 'replayed') throw new Error('The payout was not refused');
  if (outcome === 'VALIDATION_FAILED') return invalidField('amount', `must be at least ${minimum}`);
  const detail = outcome === 'EARNINGS_INSUFFICIENT' ? missingEarnings(request) : requestDetails[outcome];
  return new AppError(outcome, detail === undefined ? {} : { detail });
};

const decisionDetails = {
  NOT_FOUND: 'There is no such payout.',
  FORBIDDEN: 'Another admin has to approve your own payout.',
  PAYOUT_DECIDED: 'The payout is not at the step before this one; read it again.',
};

/** Why a payout was not taken further. */
export const refusedDecision = (outcome: PayoutDecision['outcome']): AppError => {
  if (outcome === 'done' || outcome === 'unchanged') throw new Error('The decision was not refused');
  return new AppError(outcome, { detail: decisionDetails[outcome] });
};
