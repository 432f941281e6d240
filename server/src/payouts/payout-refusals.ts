import { keyReused } from '../payments/payment-refusals.js';
import { AppError, invalidField } from '../platform/app-error.js';
import type { PayoutDecision, PayoutRequest } from './payouts.queries.js';

const tooLittle = ({ available, held, heldUntil }: PayoutRequest, currency: string): AppError => {
  const rest = heldUntil === null ? '' : `; ${held} more are held, the last of it until ${heldUntil}`;
  return new AppError('EARNINGS_INSUFFICIENT', {
    detail: `${available ?? 0} can be paid out now, in minor units of ${currency}${rest}.`,
  });
};

/** For whoever has never performed. */
export const notAPerformer = (): AppError =>
  new AppError('NOT_A_PERFORMER', {
    detail: 'Only performers earn anything: ask to be one with POST /api/users/{id}/performer.',
  });

/** For a session that has not given a code of a second factor, because the account has none. */
export const withoutSecondFactor = (): AppError =>
  new AppError('SECOND_FACTOR_NOT_SET_UP', {
    detail: 'Payouts need a second factor: set one up with POST /api/auth/second-factor.',
  });

/** Why a payout was not asked for; `minimum` is in minor units. */
export const refusedRequest = (
  request: PayoutRequest,
  { minimum, currency }: { minimum: number; currency: string },
): AppError => {
  switch (request.outcome) {
    case 'requested':
    case 'replayed':
      return new AppError('INTERNAL_ERROR');
    case 'VALIDATION_FAILED':
      return invalidField('amount', `must be at least ${minimum}`);
    case 'IDEMPOTENCY_KEY_REUSED':
      return keyReused('payout');
    case 'EARNINGS_INSUFFICIENT':
      return tooLittle(request, currency);
    case 'NOT_A_PERFORMER':
      return notAPerformer();
    case 'NOT_VERIFIED':
      return new AppError('NOT_VERIFIED', {
        detail: 'An admin verifies performers: POST /api/users/{id}/verify.',
      });
    default:
      return new AppError(request.outcome);
  }
};

const decisionDetails = {
  NOT_FOUND: 'There is no such payout.',
  FORBIDDEN: 'Another admin has to approve your own payout.',
  PAYOUT_DECIDED: 'The payout is not at the step before this one; read it again.',
};

/** Why a payout was not taken further. */
export const refusedDecision = (outcome: PayoutDecision['outcome']): AppError =>
  outcome === 'done' || outcome === 'unchanged'
    ? new AppError('INTERNAL_ERROR')
    : new AppError(outcome, { detail: decisionDetails[outcome] });
