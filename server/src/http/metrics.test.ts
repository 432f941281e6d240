import { afterAll, describe, expect, it } from 'vitest';
import { createFactories } from '../../test/factories.js';
import { createTestApp, type TestApp } from '../../test/harness.js';
import { callOver, operationOf } from '../../test/transports.js';

const TOKEN = 'kTz0mQw8vR4yHs1dLb6nXc3pJf9gUe2a';

const apps: TestApp[] = [];
const open = async (environment: Record<string, string> = {}) => {
  const test = await createTestApp({ environment });
  apps.push(test);
  const scrape = async (remoteAddress: string, headers: Record<string, string> = {}) => {
    const answer = await test.app.inject({ url: '/metrics', remoteAddress, headers });
    return answer.statusCode;
  };
  return { test, scrape };
};
afterAll(async () => {
  for (const test of apps) await test.close();
});

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('/metrics', () => {
  it('tells of the process, the ledger and the live side, in the format of Prometheus', async () => {
    const { test } = await open();
    await test.services.ledger.audit();
    const { headers, body } = await test.app.inject('/metrics');
    expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    for (const line of ['ledger_breaks 0', 'ledger_entries 0', 'live_sockets 0', 'live_rooms 0']) {
      expect(body.split('\n')).toContain(line);
    }
    expect(body).toMatch(/^process_cpu_seconds_total /m);
    const seconds = Number(/^ledger_audit_finished_timestamp_seconds (.*)$/m.exec(body)?.[1]);
    expect(seconds).toBeCloseTo(test.clock.now().getTime() / 1000, 0);
  });

  it('counts requests that move money by how they ended', async () => {
    const { test } = await open();
    const given = createFactories(test);
    const owner = await given.account();
    await given.funds(owner, 500);
    const operation = operationOf('payments.tip');
    const input = { performerId: (await given.performer()).user.id, amount: 300 };
    for (let sent = 0; sent < 3; sent += 1) await callOver(test.app, 'REST', operation, input, { as: owner });
    const { body } = await test.app.inject('/metrics');
    expect(body.match(/^payment_requests_total.*$/gm)).toEqual([
      'payment_requests_total{procedure="payments.tip",outcome="ok"} 1',
      'payment_requests_total{procedure="payments.tip",outcome="INSUFFICIENT_FUNDS"} 2',
    ]);
  });

  it('is there for this machine alone, told by its socket and not by what is claimed', async () => {
    const { scrape } = await open();
    for (const address of ['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1']) {
      expect(await scrape(address)).toBe(200);
    }
    for (const address of ['203.0.113.9', '::ffff:203.0.113.9', '2001:db8::1']) {
      expect(await scrape(address)).toBe(404);
      expect(await scrape(address, { 'x-forwarded-for': '127.0.0.1' })).toBe(404);
      expect(await scrape(address, bearer(TOKEN))).toBe(404);
    }
  });

  it('is for nobody behind a proxy, for which every request comes from this machine', async () => {
    for (const trusted of ['1', '127.0.0.1']) {
      const { scrape } = await open({ TRUST_PROXY: trusted });
      expect(await scrape('127.0.0.1')).toBe(404);
      expect(await scrape('127.0.0.1', { 'x-forwarded-for': '127.0.0.1' })).toBe(404);
    }
    // Also where the operator has forgotten to say that there is one.
    const { scrape } = await open();
    for (const name of ['x-forwarded-for', 'x-forwarded-proto', 'x-real-ip', 'forwarded', 'via']) {
      expect(await scrape('127.0.0.1', { [name]: '203.0.113.9' })).toBe(404);
    }
    // A proxy may add nothing, and pass on the host that it was asked for.
    const named = await open({ PUBLIC_URL: 'https://stage.example.com', ALLOWED_HOSTS: 'other.example.com' });
    for (const host of ['stage.example.com', 'other.example.com:443']) {
      expect(await named.scrape('127.0.0.1', { host })).toBe(404);
    }
    expect(await named.scrape('127.0.0.1', { host: 'localhost:3000' })).toBe(200);
  });

  it('is there for whoever knows the token, from anywhere', async () => {
    const { scrape } = await open({ METRICS_TOKEN: TOKEN, TRUST_PROXY: '1' });
    expect(await scrape('203.0.113.9', bearer(TOKEN))).toBe(200);
    expect(await scrape('203.0.113.9')).toBe(404);
    for (const wrong of [`${TOKEN}x`, TOKEN.slice(1), '']) {
      expect(await scrape('203.0.113.9', bearer(wrong))).toBe(404);
    }
    expect(await scrape('203.0.113.9', { authorization: `Basic ${TOKEN}` })).toBe(404);
  });
});
