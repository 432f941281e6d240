import { afterAll, beforeAll, expect, it } from 'vitest';
import { createFactories, type Factories } from './factories.js';
import { startFakeS3 } from './fake-s3.js';
import { createTestApp, type TestApp } from './harness.js';
import { png, putFile } from './pictures.js';

const keys = { accessKeyId: 'AKIDOFTHETESTS', secretAccessKey: 'secret-of-the-tests', region: 'auto' };
const s3 = await startFakeS3(keys);
let test: TestApp;
let given: Factories;
beforeAll(async () => {
  test = await createTestApp({
    environment: {
      STORAGE: 's3',
      S3_ENDPOINT: s3.endpoint,
      S3_BUCKET: 'pictures',
      S3_ACCESS_KEY_ID: keys.accessKeyId,
      S3_SECRET_ACCESS_KEY: keys.secretAccessKey,
      S3_PUBLIC_URL: 'https://media.example.com',
    },
  });
  given = createFactories(test);
});
afterAll(async () => {
  await test.close();
  await s3.close();
});

it('pictures in a bucket are read from there, and outlive an outage of it no longer than until the next sweep', async () => {
  const who = await given.account();
  const upload = async () =>
    putFile(test.app, { url: `/api/users/${who.user.id}/avatar`, as: who.accessToken }, await png());
  const { avatarUrl } = (await upload()).json();
  expect([...s3.objects.keys()].map((name) => `https://media.example.com/${name}`)).toEqual([avatarUrl]);
  const [name] = s3.objects.keys();
  expect((await test.app.inject(`/media/${name}`)).statusCode).toBe(404);

  s3.isAway = true;
  const refused = await upload();
  expect([refused.statusCode, refused.json().code]).toEqual([503, 'DEPENDENCY_UNAVAILABLE']);
  expect(await test.services.users.get(who.user.id)).toMatchObject({ avatarUrl });
  await given.deleted(who);
  expect(s3.objects.size).toBe(1);

  s3.isAway = false;
  test.clock.advance(7200);
  await test.services.media.sweep();
  expect(s3.objects.size).toBe(0);
});
