import { Earnings } from '@versbottomlex/shared';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { appRouter } from '../src/app-router.js';
import { createOpenApiDocument } from '../src/http/openapi-document.js';
import { createFactories, type Factories } from './factories.js';
import { createTestApp, type TestApp } from './harness.js';

let test: TestApp;
let given: Factories;

beforeAll(async () => {
  test = await createTestApp();
  given = createFactories(test);
});
afterAll(() => test.close());

const get = (accessToken: string, accept: string, query = '') =>
  test.app.inject({
    url: `/api/payments/earnings${query}`,
    headers: { accept, authorization: `Bearer ${accessToken}` },
  });

it('is the table of the same earnings, byte for byte, and computes nothing', async () => {
  const performer = await given.performer();
  await given.earned(performer, 10_000, 1);
  const viewer = await given.account();
  await given.funds(viewer, 10_000);
  const { id: streamId } = await given.stream(performer, {
    title: '=HYPERLINK("//evil.example","Win, now")',
  });
  const identity = await test.services.auth.authenticateAfresh(viewer.accessToken);
  const { payment } = await test.services.tips.send(identity, { streamId, amount: 501, isAnonymous: false });
  const admin = await test.services.auth.authenticateAfresh((await given.admin()).accessToken);
  test.clock.advance(60);

  const day = (ago: number) =>
    new Date(test.clock.now().getTime() - ago * 86_400_000).toISOString().slice(0, 10);
  const period = `${day(29)}_${day(0)}`;
  const answer = await get(performer.accessToken, 'text/csv');
  expect(answer.statusCode).toBe(200);
  expect(answer.headers).toMatchObject({
    'content-type': 'text/csv; charset=utf-8; header=present',
    'content-disposition': `attachment; filename="earnings_${period}.csv"`,
    vary: expect.stringContaining('Accept'),
  });
  expect(answer.body.split('\r\n')).toEqual([
    'by,day,type,streamId,title,count,gross,fee,net,currency',
    `day,${day(1)},,,,1,100,0,100,USD`,
    `day,${day(0)},,,,1,5.01,1,4.01,USD`,
    'type,,tip,,,2,105.01,1,104.01,USD',
    'stream,,,,,1,100,0,100,USD',
    `stream,,,${streamId},"'=HYPERLINK(""//evil.example"",""Win, now"")",1,5.01,1,4.01,USD`,
    'total,,,,,2,105.01,1,104.01,USD',
    '',
  ]);

  await test.services.refunds.refund(admin, payment.id);
  const after = await get(performer.accessToken, 'text/csv', `?from=${day(0)}`);
  expect(after.body).toContain(`day,${day(0)},,,,0,0,0,0,USD\r\n`);
  const json = await get(performer.accessToken, 'application/json, text/csv;q=0.9');
  expect(Earnings.parse(json.json()).total).toEqual({ count: 1, gross: 10_000, fee: 0, net: 10_000 });
});

it('tells what is wrong as a problem', async () => {
  const answer = await get((await given.account()).accessToken, 'text/csv');
  expect([answer.statusCode, answer.headers['content-type']]).toEqual([
    403,
    expect.stringMatching(/^application\/problem\+json/),
  ]);
});

it('is a second content type in the document', () => {
  const document = createOpenApiDocument(appRouter, 'https://api.example.com');
  const answer = document.paths['/api/payments/earnings']?.get?.responses['200'];
  const content = answer && 'content' in answer ? answer.content : undefined;
  expect(Object.keys(content ?? {})).toEqual(['application/json', 'text/csv']);
  expect(content?.['text/csv']?.example).toMatch(
    /^by,day,type,streamId,title,count,gross,fee,net,currency\r\n/,
  );
});
