import { createHash, timingSafeEqual } from 'node:crypto';
import { BlockList } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Registry } from 'prom-client';
import type { Config } from '../config.js';
import type { Services } from '../services.js';
import { isLoopbackHost } from './host-check.js';
import { notServed } from './not-served.js';

type Parts = {
  config: Pick<Config, 'trustProxy' | 'metricsToken'>;
  services: Pick<Services, 'ledger' | 'live'>;
};

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** What a proxy adds; a request that carries one was not sent by a peer on this machine. */
const PROXY_HEADER = /^(x-forwarded-.*|x-real-ip|forwarded|via)$/;

/**
 * Whether the socket itself comes from this machine, to an address of this machine; behind a proxy on it every request
 * would come from here, and none is believed.
 */
const isFromHere = ({ socket, headers }: FastifyRequest, { trustProxy }: Parts['config']): boolean => {
  const address = socket.remoteAddress ?? '';
  const family = address.includes(':') ? 'ipv6' : 'ipv4';
  // 0 proxies in front is none.
  const isDirect = trustProxy === false || trustProxy === 0;
  return (
    isDirect &&
    isLoopbackHost(headers.host ?? '') &&
    !Object.keys(headers).some((name) => PROXY_HEADER.test(name)) &&
    (loopback.check(address, family) || address.startsWith('::ffff:127.'))
  );
};

const hasToken = ({ headers }: FastifyRequest, { metricsToken }: Parts['config']): boolean => {
  const [, given] = /^Bearer +(\S+)$/i.exec(String(headers.authorization)) ?? [];
  if (metricsToken === undefined || given === undefined) return false;
  return timingSafeEqual(digest(given), digest(metricsToken));
};

/** What is measured, in a registry of its own, because each holds observers of the process as long as it lives. */
const createRegistry = async (
  app: FastifyInstance,
  { ledger, live }: Parts['services'],
): Promise<Registry> => {
  const { Counter, collectDefaultMetrics, Gauge, Registry } = await import('prom-client');
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  gauge('ledger_breaks', 'Broken invariants that the last audit of the ledger found.', () => {
    return ledger.lastAudit()?.breakCount ?? 0;
  });
  gauge('ledger_audit_finished_timestamp_seconds', 'When that audit ended; 0 before the first.', () => {
    return Date.parse(ledger.lastAudit()?.finishedAt ?? new Date(0).toISOString()) / 1000;
  });
  gauge('ledger_entries', 'Entries of the ledger at that audit.', () => ledger.lastAudit()?.entryCount ?? 0);
  new Counter({
    name: 'payment_requests_total',
    help: 'Requests that move money, by how they ended: ok, or the code of why none moved.',
    labelNames: ['procedure', 'outcome'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { count, ...labels } of ledger.listRequests()) this.inc(labels, count);
    },
  });
  gauge('live_sockets', 'WebSockets that this process holds.', () => app.websocketServer.clients.size);
  gauge('live_rooms', 'Streams that are followed through this process.', () => live.load().rooms);
  gauge('live_followers', 'Feeds of streams that signed-in users follow here.', () => live.load().followers);
  gauge('live_directory_followers', 'Feeds of the directory that are followed here.', () => {
    return live.load().directoryFollowers;
  });
  return registry;
};

/**
 * `/metrics` in Prometheus' text format, for this machine and for whoever knows METRICS_TOKEN; for others there is
 * nothing at this path.
 */
export const mountMetrics = (app: FastifyInstance, { config, services }: Parts): void => {
  let registry: Promise<Registry> | undefined;
  app.get('/metrics', { config: { isQuiet: true } }, async (request, reply) => {
    if (!isFromHere(request, config) && !hasToken(request, config)) {
      throw notServed();
    }
    // Only where somebody looks, so that the others pay neither for the library nor for the observers.
    registry ??= createRegistry(app, services);
    const made = await registry;
    reply.header('cache-control', 'no-store').type(made.contentType);
    return made.metrics();
  });
};
