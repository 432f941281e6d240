import { describe, expect, it } from 'vitest';
import { createHttpApp } from '../../test/http-app.js';
import { appRouter } from '../app-router.js';

const { app } = await createHttpApp(appRouter, { environment: { PUBLIC_URL: 'https://api.example.com' } });

it('serves the document with the public address', async () => {
  const answer = await app.inject('/api-docs/openapi.json');
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
  expect(answer.json()).toMatchObject({ openapi: '3.1.0', servers: [{ url: 'https://api.example.com' }] });
  expect(answer.json().paths).toHaveProperty(['/api/auth/register', 'post']);
});

describe('Swagger UI', () => {
  it.each(['/api-docs', '/api-docs/'])('needs nothing from elsewhere at %s', async (url) => {
    const page = await app.inject(url);
    expect([page.statusCode, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    const assets = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link ?? '');
    expect(assets.length).toBeGreaterThan(4);
    for (const asset of assets) {
      const { pathname } = new URL(asset, 'http://localhost/api-docs/');
      expect([asset, (await app.inject(pathname)).statusCode]).toEqual([asset, 200]);
    }
    expect(page.body).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  });

  it('may run its own scripts and call the documented server, and nothing else', async () => {
    const policy = (await app.inject('/api-docs/')).headers['content-security-policy'];
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("connect-src 'self' https://api.example.com");
    expect(policy).not.toContain('unsafe-eval');
    expect((await app.inject('/api/streams/x')).headers['content-security-policy']).not.toContain(
      'script-src',
    );
  });

  it('shows the same document', async () => {
    const [shown, served] = await Promise.all([
      app.inject('/api-docs/json'),
      app.inject('/api-docs/openapi.json'),
    ]);
    expect(shown.json()).toEqual(served.json());
  });

  it('answers for what is missing as everything else does', async () => {
    const missing = await app.inject('/api-docs/static/no-such-file.js');
    expect([missing.statusCode, missing.json().code]).toEqual([404, 'NOT_FOUND']);
    const wrong = await app.inject({ method: 'POST', url: '/api-docs/openapi.json' });
    expect([wrong.statusCode, wrong.headers.allow]).toEqual([405, 'GET, HEAD']);
  });
});
