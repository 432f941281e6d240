import { type AuthService, createAuthService } from './auth/auth.service.js';
import { createTokens } from './auth/tokens.js';
import type { Config } from './config.js';
import type { Clock } from './platform/clock.js';
import type { Database } from './platform/database.js';
import type { EventBus } from './platform/event-bus.js';
import type { Logger } from './platform/logger.js';
import type { PasswordHasher } from './platform/password-hasher.js';

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
};

/** Every service, constructed here and nowhere else. */
export const createServices = (platform: Platform): Services => {
  const { config, clock } = platform;
  const tokens = createTokens({ secrets: config.tokenSecrets, clock });
  return {
    auth: createAuthService({ ...platform, tokens }),
  };
};
