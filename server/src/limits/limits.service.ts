import type { RateLimits } from '../config-limits.js';
import type { Logger } from '../platform/logger.js';
import { addressKeyOf } from './address-key.js';
import { createCallLimits } from './call-limits.js';
import { createOwnCounter, createSharedCounters } from './counter.js';
import { createLoginGuard } from './login-guard.js';
import { isOver, rateLimited } from './rate-limited.js';
import { createRedisLink } from './redis-link.js';

type Deps = { config: { rateLimits: RateLimits; redisUrl: string | undefined }; logger: Logger };

/** How much each may ask for: counted here, or in Redis for all nodes together where one is configured. */
export const createLimitsService = ({ config, logger }: Deps) => {
  const { rateLimits, redisUrl } = config;
  const link = redisUrl === undefined ? undefined : createRedisLink({ url: redisUrl, logger });
  const createCounter = link ? createSharedCounters(link) : createOwnCounter;
  const guard = createLoginGuard({ createCounter, failuresMax: rateLimits.loginFailuresPer15Minutes });
  const handshakes = createCounter('handshakes', rateLimits.handshakesPerMinute, 60);
  const refreshes = createCounter('refreshes', rateLimits.refreshesPerMinute, 60);

  return {
    createCounter,
    ...createCallLimits(createCounter, rateLimits),
    ...guard,
    /** Counts one more socket of an address, over all nodes. Throws RATE_LIMITED. */
    requireHandshake: async (address: string): Promise<void> => {
      const count = await handshakes.add(addressKeyOf(address));
      if (isOver(count)) throw rateLimited(count, 'Too many sockets from this address.');
    },
    /** Counts one more refresh of a session. Throws RATE_LIMITED. */
    requireRefresh: async (sessionId: string): Promise<void> => {
      const count = await refreshes.add(sessionId);
      if (isOver(count)) throw rateLimited(count, 'This session is refreshed too often.');
    },
    start: () => link?.start(),
    stop: () => link?.stop(),
  };
};

export type LimitsService = ReturnType<typeof createLimitsService>;
