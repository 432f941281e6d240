import type { Stripe } from 'stripe';
import { z } from 'zod';
import type { ProviderEvent } from './provider.js';

const Uuid = z.uuid();

/** Ours, where the object was made by us and not in the dashboard. */
const paymentIdOf = (metadata: Stripe.Metadata | null): string | null => {
  const { success, data } = Uuid.safeParse(metadata?.paymentId);
  return success ? data : null;
};

const refundEffects: Record<string, 'completed' | 'failed'> = {
  succeeded: 'completed',
  failed: 'failed',
  canceled: 'failed',
};

const ofIntent = (intent: Stripe.PaymentIntent, effect: 'completed' | 'failed') => ({
  effect,
  reference: intent.id,
  paymentId: paymentIdOf(intent.metadata),
  amount: effect === 'completed' ? intent.amount_received : intent.amount,
  currency: intent.currency.toUpperCase(),
  failureReason:
    effect === 'failed'
      ? (intent.last_payment_error?.code ?? intent.cancellation_reason ?? 'canceled')
      : null,
});

const ofRefund = (refund: Stripe.Refund, effect: 'completed' | 'failed') => ({
  effect,
  reference: refund.id,
  paymentId: paymentIdOf(refund.metadata),
  amount: refund.amount,
  currency: refund.currency.toUpperCase(),
  failureReason: effect === 'failed' ? (refund.failure_reason ?? refund.status) : null,
});

/** A dispute takes the money back from us; what becomes of the wallet is for the operator to decide. */
const ofDispute = ({ payment_intent: intent, amount, currency, reason }: Stripe.Dispute) => ({
  effect: 'alarm' as const,
  reference: typeof intent === 'string' ? intent : (intent?.id ?? null),
  paymentId: null,
  amount,
  currency: currency.toUpperCase(),
  failureReason: reason,
});

const contentOf = (event: Stripe.Event): Omit<ProviderEvent, 'id' | 'type'> | undefined => {
  switch (event.type) {
    case 'payment_intent.succeeded':
      return ofIntent(event.data.object, 'completed');
    case 'payment_intent.payment_failed':
    case 'payment_intent.canceled':
      return ofIntent(event.data.object, 'failed');
    case 'refund.updated':
    case 'refund.failed': {
      const effect = refundEffects[event.data.object.status ?? ''];
      return effect && ofRefund(event.data.object, effect);
    }
    case 'charge.dispute.created':
      return ofDispute(event.data.object);
    default:
      return undefined;
  }
};

/** What every event has; what is in its object is as the type says, since Stripe has signed it. */
const Envelope = z.looseObject({
  id: z.string(),
  type: z.string(),
  data: z.looseObject({ object: z.looseObject({}) }),
});

/** What an event of Stripe tells us; nothing for those that we do not act on. Throws for what is no event. */
export const readStripeEvent = (text: string): ProviderEvent[] => {
  const event = Envelope.parse(JSON.parse(text)) as unknown as Stripe.Event;
  const content = contentOf(event);
  return content ? [{ id: event.id, type: event.type, ...content }] : [];
};
