import type { z } from 'zod';
import { redisUrl, whole } from './config-values.js';

const limit = whole(1, 100_000_000);

/** The variables about how much may be asked for; `.env.example` explains each. */
export const limitVariables = {
  REDIS_URL: redisUrl.optional(),
  RATE_LIMIT_GLOBAL_PER_MINUTE: limit.default(3000),
  RATE_LIMIT_ANONYMOUS_PER_MINUTE: limit.default(300),
  RATE_LIMIT_READS_PER_MINUTE: limit.default(600),
  RATE_LIMIT_WRITES_PER_MINUTE: limit.default(120),
  RATE_LIMIT_LOGINS_PER_MINUTE: limit.default(10),
  RATE_LIMIT_LOGIN_FAILURES_PER_15_MINUTES: limit.default(5),
  RATE_LIMIT_REGISTRATIONS_PER_HOUR: limit.default(30),
  RATE_LIMIT_REFRESHES_PER_MINUTE: limit.default(10),
  RATE_LIMIT_PASSWORDS_PER_HOUR: limit.default(5),
  RATE_LIMIT_RECOVERIES_PER_HOUR: limit.default(10),
  RATE_LIMIT_PAYOUTS_PER_HOUR: limit.default(5),
  RATE_LIMIT_TIPS_PER_MINUTE: limit.default(30),
  RATE_LIMIT_HANDSHAKES_PER_MINUTE: limit.default(60),
  RATE_LIMIT_CHAT_PER_30_SECONDS: limit.default(20),
  RATE_LIMIT_CHAT_MODERATOR_PER_30_SECONDS: limit.default(100),
};

type Variables = z.infer<z.ZodObject<typeof limitVariables>>;

export type RateLimits = Readonly<{
  globalPerMinute: number;
  anonymousPerMinute: number;
  readsPerMinute: number;
  writesPerMinute: number;
  loginsPerMinute: number;
  loginFailuresPer15Minutes: number;
  registrationsPerHour: number;
  refreshesPerMinute: number;
  passwordsPerHour: number;
  recoveriesPerHour: number;
  payoutsPerHour: number;
  tipsPerMinute: number;
  handshakesPerMinute: number;
  chatPer30Seconds: number;
  chatModeratorPer30Seconds: number;
}>;

export const rateLimitsOf = (env: Variables): RateLimits =>
  Object.freeze({
    globalPerMinute: env.RATE_LIMIT_GLOBAL_PER_MINUTE,
    anonymousPerMinute: env.RATE_LIMIT_ANONYMOUS_PER_MINUTE,
    readsPerMinute: env.RATE_LIMIT_READS_PER_MINUTE,
    writesPerMinute: env.RATE_LIMIT_WRITES_PER_MINUTE,
    loginsPerMinute: env.RATE_LIMIT_LOGINS_PER_MINUTE,
    loginFailuresPer15Minutes: env.RATE_LIMIT_LOGIN_FAILURES_PER_15_MINUTES,
    registrationsPerHour: env.RATE_LIMIT_REGISTRATIONS_PER_HOUR,
    refreshesPerMinute: env.RATE_LIMIT_REFRESHES_PER_MINUTE,
    passwordsPerHour: env.RATE_LIMIT_PASSWORDS_PER_HOUR,
    recoveriesPerHour: env.RATE_LIMIT_RECOVERIES_PER_HOUR,
    payoutsPerHour: env.RATE_LIMIT_PAYOUTS_PER_HOUR,
    tipsPerMinute: env.RATE_LIMIT_TIPS_PER_MINUTE,
    handshakesPerMinute: env.RATE_LIMIT_HANDSHAKES_PER_MINUTE,
    chatPer30Seconds: env.RATE_LIMIT_CHAT_PER_30_SECONDS,
    chatModeratorPer30Seconds: env.RATE_LIMIT_CHAT_MODERATOR_PER_30_SECONDS,
  });
