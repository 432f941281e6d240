import type { AnyRouter } from '@trpc/server';
import type { FastifyInstance } from 'fastify';
import { buildApp } from '../src/app.js';
import { createLimitsService } from '../src/limits/limits.service.js';
import { systemClock } from '../src/platform/clock.js';
import { createEventBus, type EventBus } from '../src/platform/event-bus.js';
import { createLogger } from '../src/platform/logger.js';
import type { Services } from '../src/services.js';
import { createTestConfig } from './harness.js';

export type HttpApp = { app: FastifyInstance; bus: EventBus; logs: Record<string, unknown>[] };

/** The HTTP edge around a router of the test's own, whose procedures need no service. */
export const createHttpApp = async (
  router: AnyRouter,
  options: { environment?: Record<string, string>; isReachable?: () => Promise<boolean> } = {},
): Promise<HttpApp> => {
  const logs: Record<string, unknown>[] = [];
  const bus = createEventBus();
  const config = createTestConfig(options.environment);
  const logger = createLogger(config.logLevel, (line) => logs.push(JSON.parse(line)));
  const app = await buildApp({
    config,
    logger,
    services: {
      auth: {},
      limits: createLimitsService({ config, logger }),
      ledger: { isSound: () => true },
    } as unknown as Services,
    database: { isReachable: options.isReachable ?? (async () => true) },
    bus,
    clock: systemClock,
    router,
  });
  return { app, bus, logs };
};

/** Sends `payload` as it is, under `contentType`. */
export const post = (
  app: FastifyInstance,
  url: string,
  payload: string | Buffer,
  contentType = 'application/json',
) => app.inject({ method: 'POST', url, payload, headers: { 'content-type': contentType } });
