import type { BuyAccessInput, PaidAnswer, Payment } from '@versbottomlex/shared';
import { v7 as uuidv7 } from 'uuid';
import type { Identity } from '../auth/identity.js';
import { idempotencyOf } from '../platform/idempotency.js';
import { createShowSettler, type SettlerDeps } from './show-settler.js';
import { refusedTicket } from './ticket-refusal.js';
import { buyTicket } from './tickets.queries.js';

type Deps = SettlerDeps & { currency: string; feeBasisPoints: number };

/** Tickets of private shows: sold once a viewer, and settled when the show has ended. */
export const createTicketsService = (deps: Deps) => {
  const { database, bus, clock, ledger, currency, feeBasisPoints } = deps;
  const settler = createShowSettler(deps);

  return {
    /**
     * Buys the ticket of a private show at its price of this moment; the same request under the same key gets the answer
     * of the first time, and moves nothing. Throws NOT_FOUND, SELF_PAYMENT, NO_TICKET_NEEDED, STREAM_ENDED, BANNED,
     * ALREADY_OWNED, PRICE_CHANGED, INSUFFICIENT_FUNDS, SPENDING_LIMIT_REACHED, IDEMPOTENCY_KEY_REUSED.
     */
    buy: async (identity: Identity, input: BuyAccessInput): Promise<PaidAnswer> => {
      const { userId: payerId } = identity;
      const now = clock.now();
      const sold = await buyTicket(database, {
        id: uuidv7(),
        payerId,
        streamId: input.streamId,
        expectedPrice: input.price ?? null,
        currency,
        feeBasisPoints,
        ...idempotencyOf(input),
        now: now.toISOString(),
      });
      if (!('paymentId' in sold)) throw refusedTicket(sold.outcome, { ...sold, now });
      const { paymentId: id, streamId, performerId, price, fee, paidAt, balance } = sold;
      // Again for a request that was made before: the answer of the first time may have been lost, and this with it.
      ledger.noteMoved(payerId);
      bus.publish({ type: 'accessChanged', userId: payerId, streamId });
      const payment: Payment = {
        id,
        type: 'private_show',
        status: 'completed',
        payerId,
        payeeId: performerId,
        streamId,
        amount: price,
        currency: sold.currency,
        fee: identity.role === 'admin' ? fee : null,
        message: null,
        isAnonymous: false,
        refundsId: null,
        createdAt: paidAt,
        completedAt: paidAt,
      };
      return { payment, balance };
    },

    settleDue: settler.settleDue,
    start: settler.start,
    stop: settler.stop,
  };
};

export type TicketsService = ReturnType<typeof createTicketsService>;
