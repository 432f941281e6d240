import type {
  ListPayoutsInput,
  MarkPayoutPaidInput,
  Payout,
  PayoutPage,
  RejectPayoutInput,
  RequestPayoutInput,
} from '@versbottomlex/shared';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import type { Identity } from '../auth/identity.js';
import type { LedgerService } from '../ledger/ledger.service.js';
import { AppError } from '../platform/app-error.js';
import type { Clock } from '../platform/clock.js';
import { decodeCursor, toPage } from '../platform/cursor.js';
import type { Database } from '../platform/database.js';
import { idempotencyOf } from '../platform/idempotency.js';
import type { Logger } from '../platform/logger.js';
import { refusedDecision, refusedRequest, withoutSecondFactor } from './payout-refusals.js';
import { type Decision, decidePayout, listPayouts, requestPayout } from './payouts.queries.js';

const Place = z.tuple([z.uuid()]);

type Deps = {
  database: Database;
  clock: Clock;
  logger: Logger;
  ledger: Pick<LedgerService, 'noteMoved'>;
  currency: string;
  /** In minor units. */
  minimum: number;
  /** How long earnings are held before they may be paid out. */
  holdDays: number;
};

/** How earnings leave: asked for by the performer, approved by an admin, paid by hand and then marked so. */
export const createPayoutsService = (deps: Deps) => {
  const { database, clock, logger, ledger, currency, minimum, holdDays } = deps;

  const decide = async (
    identity: Identity,
    step: Pick<Decision, 'id' | 'decision'> & Partial<Pick<Decision, 'reason' | 'reference'>>,
  ): Promise<Payout> => {
    const { outcome, result } = await decidePayout(database, {
      reason: null,
      reference: null,
      ...step,
      adminId: identity.userId,
      now: clock.now().toISOString(),
    });
    if (result === null) throw refusedDecision(outcome);
    if (outcome === 'done') {
      logger.info('Payout decided', { payoutId: step.id, status: step.decision, byUserId: identity.userId });
      if (step.decision !== 'approved') ledger.noteMoved(result.performer.id);
    }
    return result;
  };

  return {
    /**
     * Takes the amount, in minor units, out of one's available earnings; once for an idempotency key. Throws
     * SECOND_FACTOR_NOT_SET_UP, NOT_A_PERFORMER, NOT_VERIFIED, EARNINGS_INSUFFICIENT, IDEMPOTENCY_KEY_REUSED, and
     * VALIDATION_FAILED below the configured minimum.
     */
    request: async (identity: Identity, input: RequestPayoutInput): Promise<Payout> => {
      if (identity.secondFactorAt === null) throw withoutSecondFactor();
      const request = await requestPayout(database, {
        id: uuidv7(),
        performerId: identity.userId,
        amount: input.amount,
        currency,
        minimum,
        holdDays,
        ...idempotencyOf(input),
        now: clock.now().toISOString(),
      });
      if (request.result === null) throw refusedRequest(request, { minimum, currency });
      if (request.outcome === 'requested') {
        logger.info('Payout requested', { payoutId: request.result.id, userId: identity.userId });
        ledger.noteMoved(identity.userId);
      }
      return request.result;
    },

    /** Own payouts, newest first; for admins everybody's. Throws FORBIDDEN for those of another, VALIDATION_FAILED. */
    list: async (identity: Identity, input: ListPayoutsInput): Promise<PayoutPage> => {
      const { status, limit, cursor } = input;
      const isAdmin = identity.role === 'admin';
      const performerId = input.performerId ?? (isAdmin ? null : identity.userId);
      if (!isAdmin && performerId !== identity.userId) {
        throw new AppError('FORBIDDEN', { detail: 'Only admins may see the payouts of others.' });
      }
      const afterId = cursor === undefined ? undefined : decodeCursor(cursor, Place)[0];
      const rows = await listPayouts(database, { performerId, status, limit: limit + 1, afterId });
      return toPage(rows, limit, ({ id }) => [id]);
    },

    /** Throws NOT_FOUND, FORBIDDEN for one's own, PAYOUT_DECIDED. */
    approve: (identity: Identity, id: string): Promise<Payout> =>
      decide(identity, { id, decision: 'approved' }),

    /** Gives the amount back to the performer's earnings, who is told the reason. Throws NOT_FOUND, PAYOUT_DECIDED. */
    reject: (identity: Identity, { id, reason }: RejectPayoutInput): Promise<Payout> =>
      decide(identity, { id, decision: 'rejected', reason }),

    /** For after the transfer was made. Throws NOT_FOUND, PAYOUT_DECIDED. */
    markPaid: (identity: Identity, { id, reference }: MarkPayoutPaidInput): Promise<Payout> =>
      decide(identity, { id, decision: 'paid', reference: reference ?? null }),
  };
};

export type PayoutsService = ReturnType<typeof createPayoutsService>;
