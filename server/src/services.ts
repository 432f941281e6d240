import { type AuthService, createAuthService } from './auth/auth.service.js';
import { createTokens } from './auth/tokens.js';
import type { Config } from './config.js';
import { createPaymentsService, type PaymentsService } from './payments/payments.service.js';
import type { Clock } from './platform/clock.js';
import type { Database } from './platform/database.js';
import type { EventBus } from './platform/event-bus.js';
import type { Logger } from './platform/logger.js';
import type { PasswordHasher } from './platform/password-hasher.js';
import { createStreamsService, type StreamsService } from './streams/streams.service.js';
import { createUsersService, type UsersService } from './users/users.service.js';

export type Platform = {
  config: Config;
  database: Database;
  bus: EventBus;
  clock: Clock;
  logger: Logger;
  passwords: PasswordHasher;
};

export type Services = {
  auth: AuthService;
  users: UsersService;
  streams: StreamsService;
  payments: PaymentsService;
};

/** Every service, constructed here and nowhere else. */
export const createServices = (platform: Platform): Services => {
  const { config, clock } = platform;
  const tokens = createTokens({ secrets: config.tokenSecrets, clock });
  const auth = createAuthService({ ...platform, tokens });
  const users = createUsersService({ ...platform, performerApproval: config.performerApproval });
  const streams = createStreamsService({ ...platform, users, performerApproval: config.performerApproval });
  const payments = createPaymentsService(platform);
  return { auth, users, streams, payments };
};
