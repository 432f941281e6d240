import type { PaymentProviderName } from '@versbottomlex/shared';
import type { Config } from '../../config.js';
import type { Clock } from '../../platform/clock.js';
import type { PaymentProvider } from './provider.js';
import { createSandboxProvider } from './sandbox.js';
import { createStripeProvider } from './stripe.js';

type Parts = { config: Pick<Config, 'payments'>; clock: Clock };

/** How each provider is made from the configuration; its name is also one of PAYMENT_PROVIDER's. */
const makers: Record<PaymentProviderName, (parts: Parts) => PaymentProvider> = {
  sandbox: createSandboxProvider,
  stripe: ({ config, clock }) => {
    const { stripe } = config.payments;
    if (!stripe) throw new Error('the keys of Stripe are missing');
    return createStripeProvider({ ...stripe, clock });
  },
};

/** The provider that is configured, or null where none is. */
export const chooseProvider = (parts: Parts): PaymentProvider | null => {
  const { provider } = parts.config.payments;
  return provider === 'none' ? null : makers[provider](parts);
};
