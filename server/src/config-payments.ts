import { z } from 'zod';
import { refuse } from './config-refusal.js';
import { currency, stripeKey, whole } from './config-values.js';

/** The variables about money; `.env.example` explains each. */
export const paymentVariables = {
  CURRENCY: currency.default('USD'),
  PAYMENT_PROVIDER: z.enum(['sandbox', 'stripe', 'none']).optional(),
  STRIPE_SECRET_KEY: stripeKey('sk_', 'rk_').optional(),
  STRIPE_PUBLISHABLE_KEY: stripeKey('pk_').optional(),
  STRIPE_WEBHOOK_SECRET: stripeKey('whsec_').optional(),
  FEE_TIPS_BASIS_POINTS: whole(0, 10_000).default(2000),
  FEE_TICKETS_BASIS_POINTS: whole(0, 10_000).default(2000),
  SHOW_GRACE_MINUTES: whole(1, 10_080).default(60),
  PAYOUT_MINIMUM: whole(100, 100_000_000).default(5000),
  PAYOUT_HOLD_DAYS: whole(0, 365).default(7),
  LEDGER_AUDIT_INTERVAL_MINUTES: whole(1, 10_080).default(60),
};

type Variables = z.infer<z.ZodObject<typeof paymentVariables>> & {
  NODE_ENV: 'development' | 'test' | 'production';
};

/** Sandbox money is free, so that it must never be taken for real money. */
const providerOf = (env: Variables): 'sandbox' | 'stripe' | 'none' => {
  const isProduction = env.NODE_ENV === 'production';
  const provider = env.PAYMENT_PROVIDER ?? (isProduction ? 'none' : 'sandbox');
  if (provider === 'sandbox' && isProduction) refuse(['PAYMENT_PROVIDER must not be sandbox in production']);
  return provider;
};

const stripeOf = (env: Variables) => {
  if (env.PAYMENT_PROVIDER !== 'stripe') return undefined;
  const names = ['STRIPE_SECRET_KEY', 'STRIPE_PUBLISHABLE_KEY', 'STRIPE_WEBHOOK_SECRET'] as const;
  const missing = names.filter((name) => env[name] === undefined);
  if (missing.length > 0) refuse(missing.map((name) => `${name} must be set with PAYMENT_PROVIDER=stripe`));
  const [secretKey = '', publishableKey = '', webhookSecret = ''] = names.map((name) => env[name]);
  return Object.freeze({ secretKey, publishableKey, webhookSecret });
};

export type PaymentsConfig = Readonly<{
  /** ISO 4217, of every wallet and price. */
  currency: string;
  provider: 'sandbox' | 'stripe' | 'none';
  stripe: Readonly<{ secretKey: string; publishableKey: string; webhookSecret: string }> | undefined;
  /** What the platform keeps, in hundredths of a percent. */
  tipFeeBasisPoints: number;
  ticketFeeBasisPoints: number;
  /** How long after its schedule a show may start before its tickets are refunded. */
  showGraceMinutes: number;
  /** In minor units. */
  payoutMinimum: number;
  /** How long earnings are held before they may be paid out. */
  payoutHoldDays: number;
  auditIntervalMinutes: number;
}>;

/** Throws StartupError for a provider that may not be, or that lacks a key. */
export const paymentsConfigOf = (env: Variables): PaymentsConfig =>
  Object.freeze({
    currency: env.CURRENCY,
    provider: providerOf(env),
    stripe: stripeOf(env),
    tipFeeBasisPoints: env.FEE_TIPS_BASIS_POINTS,
    ticketFeeBasisPoints: env.FEE_TICKETS_BASIS_POINTS,
    showGraceMinutes: env.SHOW_GRACE_MINUTES,
    payoutMinimum: env.PAYOUT_MINIMUM,
    payoutHoldDays: env.PAYOUT_HOLD_DAYS,
    auditIntervalMinutes: env.LEDGER_AUDIT_INTERVAL_MINUTES,
  });
