import type { LedgerService } from '../ledger/ledger.service.js';
import { AppError } from '../platform/app-error.js';
import type { Clock } from '../platform/clock.js';
import type { Database } from '../platform/database.js';
import type { Logger } from '../platform/logger.js';
import { type eventOutcomes, takeEvent } from './provider-events.queries.js';
import type { PaymentProvider, ProviderEvent, Webhook } from './providers/provider.js';

type Deps = {
  database: Database;
  clock: Clock;
  logger: Logger;
  ledger: Pick<LedgerService, 'noteMoved' | 'requireSound'>;
  provider: PaymentProvider | null;
};

type Outcome = (typeof eventOutcomes)[number];

/** What the operator has to look into, since our books and the provider's now differ. */
const alarms: Partial<Record<Outcome, string>> = {
  unknown_payment: 'A provider tells of a payment that is not ours',
  mismatch: 'A provider tells of another amount, currency or payment than we asked for',
  failed_late: 'A refund has failed after it was completed: its money is with the provider again',
  noted: 'A payment is disputed',
};

/** Takes what providers send: each event once, in whatever order they come. */
export const createWebhookReceiver = (deps: Deps) => {
  const { database, clock, logger, ledger, provider } = deps;

  const take = async (name: string, event: ProviderEvent): Promise<void> => {
    const taken = await takeEvent(database, { ...event, provider: name, now: clock.now().toISOString() });
    const { outcome, paymentId, ownerId } = taken;
    const alarm = alarms[outcome];
    if (alarm !== undefined) {
      const { id: eventId, type, reference } = event;
      logger.error(alarm, { provider: name, eventId, type, reference, paymentId, outcome });
    }
    if (outcome === 'completed' || outcome === 'failed') ledger.noteMoved(ownerId);
  };

  /**
   * Throws NOT_FOUND for a provider that is not set up, SIGNATURE_INVALID, MALFORMED_REQUEST, and PAYMENTS_HALTED or
   * DEPENDENCY_UNAVAILABLE when it is to be sent again.
   */
  return async (name: string, webhook: Webhook): Promise<void> => {
    if (provider?.name !== name)
      throw new AppError('NOT_FOUND', { detail: 'There is no such provider here.' });
    const events = await provider.readWebhook(webhook);
    ledger.requireSound();
    for (const event of events) await take(name, event);
  };
};
