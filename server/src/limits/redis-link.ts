import { Redis } from 'ioredis';
import type { Logger } from '../platform/logger.js';

/** Some hundred times what an answer takes within a data centre. */
const COMMAND_TIMEOUT_MS = 250;
const CONNECT_TIMEOUT_MS = 2000;
const PROBE_INTERVAL_MS = 1000;

export type RedisLink = {
  client: Redis;
  /** The outcome of `work`, which asks Redis, or of `instead` while Redis is down: a dead one is waited for once. */
  attempt<T>(work: () => Promise<T>, instead: () => Promise<T>): Promise<T>;
  start(): void;
  stop(): void;
};

/**
 * A connection to Redis that nothing depends on: what cannot be asked at once is not asked. After one failure Redis is
 * taken for dead, until it answers a ping.
 */
export const createRedisLink = ({ url, logger }: { url: string; logger: Logger }): RedisLink => {
  const client = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    enableAutoPipelining: true,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    retryStrategy: (times) => Math.min(times * 100, PROBE_INTERVAL_MS),
  });
  let isUp = false;
  let wasToldDown = false;
  let isStopped = false;
  let probing: NodeJS.Timeout | undefined;

  const goUp = () => {
    if (isUp || isStopped) return;
    isUp = true;
    if (wasToldDown) logger.info('Redis is back; limits are shared again');
    wasToldDown = false;
  };

  const goDown = () => {
    isUp = false;
    if (wasToldDown || isStopped) return;
    wasToldDown = true;
    logger.warn('Redis is down; this node counts limits for itself, to half of them');
  };

  const probe = () => {
    if (!isUp && client.status === 'ready') client.ping().then(goUp, () => {});
  };

  client.on('ready', goUp);
  client.on('close', goDown);
  // The same is told by `close`, once an outage; without a listener ioredis writes to the console.
  client.on('error', () => {});

  return {
    client,
    attempt: (work, instead) =>
      isUp
        ? work().catch(() => {
            goDown();
            return instead();
          })
        : instead(),
    start: () => {
      client.connect().catch(goDown);
      probing = setInterval(probe, PROBE_INTERVAL_MS).unref();
    },
    stop: () => {
      isStopped = true;
      isUp = false;
      clearInterval(probing);
      client.disconnect();
    },
  };
};
