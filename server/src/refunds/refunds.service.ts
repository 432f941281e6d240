import type { RefundAnswer } from '@versbottomlex/shared';
import { v7 as uuidv7 } from 'uuid';
import type { Identity } from '../auth/identity.js';
import type { LedgerService } from '../ledger/ledger.service.js';
import type { PaymentsService } from '../payments/payments.service.js';
import { AppError } from '../platform/app-error.js';
import type { Clock } from '../platform/clock.js';
import type { Database } from '../platform/database.js';
import type { EventBus } from '../platform/event-bus.js';
import type { Logger } from '../platform/logger.js';
import type { TopUpsService } from '../top-ups/top-ups.service.js';
import { refusedRefund } from './refund-refusal.js';
import { refundPayment } from './refunds.queries.js';

type Deps = {
  database: Database;
  bus: EventBus;
  clock: Clock;
  logger: Logger;
  ledger: Pick<LedgerService, 'noteMoved'>;
  payments: Pick<PaymentsService, 'get'>;
  topUps: Pick<TopUpsService, 'refundAtProvider'>;
};

/** Gives payments back, each once and as a whole. */
export const createRefundsService = (deps: Deps) => {
  const { database, bus, clock, logger, ledger, payments, topUps } = deps;

  /** Asks the provider for the money; while it is away the refund stays pending, and is asked for again by itself. */
  const giveBackTopUp = async (identity: Identity, given: RefundAnswer): Promise<RefundAnswer> => {
    try {
      if ((await topUps.refundAtProvider(given.refund.id)) === 'pending') return given;
      const [payment, refund] = await Promise.all([
        payments.get(identity, given.payment.id),
        payments.get(identity, given.refund.id),
      ]);
      return { payment, refund };
    } catch (error) {
      if (error instanceof AppError && error.status === 503) return given;
      throw error;
    }
  };

  return {
    /**
     * For admins any tip, ticket or top-up, for performers the tickets of their own shows. Throws NOT_FOUND, FORBIDDEN,
     * NOT_REFUNDABLE, ALREADY_REFUNDED, FUNDS_SPENT, WALLET_FULL.
     */
    refund: async (identity: Identity, id: string): Promise<RefundAnswer> => {
      const refunded = await refundPayment(database, {
        refundId: uuidv7(),
        id,
        actorId: identity.userId,
        now: clock.now().toISOString(),
      });
      if (refunded.outcome !== 'done') throw refusedRefund(refunded.outcome);
      const { payment, refund, holderId, giverId, logged } = refunded;
      ledger.noteMoved(holderId, giverId);
      const { type, streamId } = payment;
      if (logged && streamId !== null) bus.publish({ type: 'streamLogged', streamId, entries: [] });
      if (type === 'private_show' && streamId !== null && holderId !== null) {
        bus.publish({ type: 'accessChanged', userId: holderId, streamId });
      }
      logger.info('Refund requested', { paymentId: id, refundId: refund.id, byUserId: identity.userId });
      return type === 'top_up' ? giveBackTopUp(identity, { payment, refund }) : { payment, refund };
    },
  };
};

export type RefundsService = ReturnType<typeof createRefundsService>;
