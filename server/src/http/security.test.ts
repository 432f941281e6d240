import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createHttpApp } from '../../test/http-app.js';
import { router } from '../trpc/init.js';
import { openProcedure } from '../trpc/procedures.js';

const testRouter = router({
  ping: openProcedure
    .meta({ openapi: { method: 'GET', path: '/ping' } })
    .output(z.any())
    .query(() => 'pong'),
});

const withApp = async (
  environment: Record<string, string>,
  run: (app: Awaited<ReturnType<typeof createHttpApp>>['app']) => Promise<void>,
) => {
  const { app } = await createHttpApp(testRouter, { environment });
  await run(app);
  await app.close();
};

describe('headers', () => {
  it('forbids everything to whoever would render an answer', () =>
    withApp({}, async (app) => {
      for (const url of ['/api/ping', '/nothing', '/trpc/ping', '/health/live']) {
        const { headers } = await app.inject(url);
        expect(headers).toMatchObject({
          'content-security-policy':
            "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
          'referrer-policy': 'no-referrer',
          'x-content-type-options': 'nosniff',
          'cache-control': 'no-store',
        });
        expect(headers).not.toHaveProperty('strict-transport-security');
      }
    }));

  it('asks for HTTPS only where it is served by it', () =>
    withApp({ PUBLIC_URL: 'https://api.example.com' }, async (app) => {
      expect((await app.inject('/api/ping')).headers['strict-transport-security']).toBe('max-age=31536000');
    }));
});

describe('hosts', () => {
  it('refuses foreign and missing ones, except for probes', () =>
    withApp({ ALLOWED_HOSTS: 'internal.lan' }, async (app) => {
      const ask = (url: string, host: string) => app.inject({ url, headers: { host } });
      expect((await ask('/api/ping', 'internal.lan')).statusCode).toBe(200);
      for (const host of ['evil.example', 'bad host', 'localhost.evil.example']) {
        const answer = await ask('/api/ping', host);
        expect([answer.statusCode, answer.json().code]).toEqual([400, 'HOST_NOT_ALLOWED']);
        expect((await ask('/health/ready', host)).statusCode).toBe(200);
      }
    }));
});

describe('origins', () => {
  const preflight = (app: Awaited<ReturnType<typeof createHttpApp>>['app'], origin: string) =>
    app.inject({
      method: 'OPTIONS',
      url: '/api/ping',
      headers: {
        origin,
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'authorization',
      },
    });

  it('answers the preflight of an allowed origin', () =>
    withApp({ WEB_ORIGINS: 'https://app.example.com' }, async (app) => {
      const answer = await preflight(app, 'https://app.example.com');
      expect(answer.statusCode).toBe(204);
      expect(answer.headers['access-control-allow-origin']).toBe('https://app.example.com');
      expect(answer.headers['access-control-allow-methods']).toContain('PUT');
      for (const name of [
        'Authorization',
        'Content-Type',
        'Idempotency-Key',
        'X-Request-Id',
        'X-CSRF-Token',
      ]) {
        expect(answer.headers['access-control-allow-headers']).toContain(name);
      }
    }));

  it.each(['https://evil.example', 'null', 'https://app.example.com.evil.example', 'http://localhost:5173'])(
    'gives %s no permission',
    (origin) =>
      withApp({ WEB_ORIGINS: 'https://app.example.com' }, async (app) => {
        expect(await preflight(app, origin)).not.toHaveProperty(['headers', 'access-control-allow-origin']);
        const read = await app.inject({ url: '/api/ping', headers: { origin } });
        expect(read.headers).not.toHaveProperty('access-control-allow-origin');
        expect(read.headers.vary).toBe('Origin');
      }),
  );

  it('trusts any port of this machine in development', () =>
    withApp({ NODE_ENV: 'development' }, async (app) => {
      for (const origin of ['http://localhost:5173', 'http://127.0.0.1:8080']) {
        expect((await preflight(app, origin)).headers['access-control-allow-origin']).toBe(origin);
      }
      const foreign = await preflight(app, 'http://localhost.evil.example');
      expect(foreign.headers).not.toHaveProperty('access-control-allow-origin');
    }));
});

describe('addresses', () => {
  const limited = { RATE_LIMIT_GLOBAL_PER_MINUTE: '3' };

  it('limits all requests of one address, and says when to come back', () =>
    withApp({ ...limited, WEB_ORIGINS: 'https://app.example.com' }, async (app) => {
      for (const url of ['/api/ping', '/nothing', '/trpc/ping']) await app.inject(url);
      const answer = await app.inject({ url: '/api/ping', headers: { origin: 'https://app.example.com' } });
      expect([answer.statusCode, answer.json().code]).toEqual([429, 'RATE_LIMITED']);
      expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
      expect(Number(answer.headers['retry-after'])).toBe(Math.ceil(answer.json().retryAfterMs / 1000));
      expect(answer.headers).toMatchObject({
        'ratelimit-limit': '3',
        'ratelimit-remaining': '0',
        'access-control-allow-origin': 'https://app.example.com',
      });
      expect((await app.inject('/nothing')).statusCode).toBe(429);
      expect((await app.inject('/trpc/ping')).json().error.data.appCode).toBe('RATE_LIMITED');
      expect((await app.inject('/health/live')).statusCode).toBe(200);
    }));

  it('takes a /64 of IPv6 for one address, and an IPv4 address for itself', () =>
    withApp(limited, async (app) => {
      const ask = async (remoteAddress: string) =>
        (await app.inject({ url: '/api/ping', remoteAddress })).statusCode;
      for (const suffix of ['1', '2', 'ffff:1']) expect(await ask(`2001:db8:1:2::${suffix}`)).toBe(200);
      expect(await ask('2001:db8:1:2:3:4:5:6')).toBe(429);
      expect(await ask('2001:db8:1:3::1')).toBe(200);
      expect(await ask('192.0.2.1')).toBe(200);
    }));

  it('believes X-Forwarded-For for as many hops as it is told', () =>
    withApp({ ...limited, TRUST_PROXY: '1' }, async (app) => {
      const ask = async (forwarded: string) =>
        (await app.inject({ url: '/api/ping', headers: { 'x-forwarded-for': forwarded } })).statusCode;
      for (const lie of ['1.1.1.1', '2.2.2.2', '3.3.3.3']) expect(await ask(`${lie}, 192.0.2.9`)).toBe(200);
      expect(await ask('4.4.4.4, 192.0.2.9')).toBe(429);
      expect(await ask('4.4.4.4, 192.0.2.8')).toBe(200);
    }));
});
