import type { IncomingHttpHeaders } from 'node:http';
import type { Checkout, PaymentProviderName } from '@versbottomlex/shared';
import { AppError } from '../../platform/app-error.js';

/** A payment of ours as a provider needs it; `amount` is in minor units. The provider keeps `paymentId` with its own. */
export type ProviderPayment = { paymentId: string; amount: number; currency: string };

/** A provider's answer to a top-up; `reference` is its name for it, null when it refused it for good. */
export type OpenedTopUp = Omit<Checkout, 'provider'> & { reference: string | null };

/** How a payment stands at the provider after it was confirmed or given back. */
export type ProviderResult = {
  reference: string | null;
  status: 'completed' | 'processing' | 'failed';
  /** In the provider's word for it. */
  failureReason: string | null;
};

export type RefundRequest = ProviderPayment & {
  /** What the provider calls the top-up that is given back. */
  topUpReference: string;
};

/** What a webhook tells. It is matched by `reference`, or by `paymentId` when it comes before our note of the reference. */
export type ProviderEvent = {
  id: string;
  type: string;
  /** `alarm` changes nothing and is for the operator. */
  effect: 'completed' | 'failed' | 'alarm';
  reference: string | null;
  paymentId: string | null;
  /** What was paid or given back, compared with what we asked for; null where the event does not tell. */
  amount: number | null;
  currency: string | null;
  failureReason: string | null;
};

/** A webhook as it goes over the wire. */
export type Webhook = { body: Buffer; headers: IncomingHttpHeaders };

/**
 * Who takes and gives back money outside. Calls are repeated after a crash or a lost answer, and the same `paymentId`
 * must move money once. They throw PROVIDER_UNAVAILABLE when it is not known what became of them, and answer `failed`
 * only for what will not happen any more.
 */
export type PaymentProvider = {
  name: PaymentProviderName;
  open(topUp: ProviderPayment): Promise<OpenedTopUp>;
  refund(refund: RefundRequest): Promise<ProviderResult>;
  /** The events of a webhook that we act on. Throws SIGNATURE_INVALID, and MALFORMED_REQUEST for what is no event. */
  readWebhook(webhook: Webhook): Promise<ProviderEvent[]>;
  /** Confirms a top-up; absent where the payer's browser does that with the provider. */
  confirm?(topUp: ProviderPayment): Promise<ProviderResult>;
  /** What a provider without a server of its own has yet to send for a payment that it is processing. */
  webhooksFor?(payment: ProviderPayment & { type: 'top_up' | 'refund'; reference: string }): Webhook[];
};

const RETRY_AFTER_MS = 2000;
/** As long as a call waits for the database. */
const DEADLINE_MS = 3000;

export const providerUnavailable = (cause?: unknown): AppError =>
  new AppError('PROVIDER_UNAVAILABLE', {
    detail: 'The payment provider does not answer; try again shortly with the same idempotency key.',
    retryAfterMs: RETRY_AFTER_MS,
    cause,
  });

/** Waits for a provider as long as for the database. Throws PROVIDER_UNAVAILABLE after that, and for whatever it throws. */
export const askProvider = async <T>(call: () => Promise<T>, deadlineMs = DEADLINE_MS): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(providerUnavailable(new Error('the provider took too long'))),
      deadlineMs,
    );
  });
  try {
    return await Promise.race([call(), late]);
  } catch (error) {
    throw error instanceof AppError ? error : providerUnavailable(error);
  } finally {
    clearTimeout(timer);
  }
};
