import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditLog, users } from '@versbottomlex/database';
import type { SignedIn } from '@versbottomlex/shared';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFactories, type Factories } from './factories.js';
import { createTestApp, type TestApp } from './harness.js';
import { metadataOf, picture, png, putFile } from './pictures.js';

const directory = await mkdtemp(join(tmpdir(), 'uploads-test-'));
let test: TestApp;
let given: Factories;
beforeAll(async () => {
  test = await createTestApp({ environment: { MEDIA_DIRECTORY: directory } });
  given = createFactories(test);
});
afterAll(async () => {
  await test.close();
  await rm(directory, { recursive: true, force: true });
});

const avatarOf = ({ user }: SignedIn) => `/api/users/${user.id}/avatar`;
const filesOf = async (ownerId: string) =>
  (await readdir(directory)).filter((name) => name.startsWith(ownerId));

const upload = (who: SignedIn, body: Buffer, url = avatarOf(who)) =>
  putFile(test.app, { url, as: who.accessToken }, body);

const remove = (who: SignedIn | undefined, url: string) =>
  test.app.inject({
    method: 'DELETE',
    url,
    ...(who && { headers: { authorization: `Bearer ${who.accessToken}` } }),
  });

const pathOf = (url: string) => new URL(url).pathname;
const read = (url: string, headers: Record<string, string> = {}) =>
  test.app.inject({ method: 'GET', url: pathOf(url), headers });

describe('an avatar', () => {
  it.each(['png', 'jpeg', 'webp'] as const)('is made of a %s, 512 by 512 pixels, as webp', async (format) => {
    const who = await given.account();
    const answer = await upload(who, await picture(800, 300).toFormat(format).toBuffer());
    expect(answer.statusCode, answer.body).toBe(200);
    const { avatarUrl } = answer.json();
    expect(avatarUrl).toMatch(/^http:\/\/localhost:3000\/media\/[0-9a-f-]{36}\.[0-9a-f]{32}\.webp$/);
    const served = await read(avatarUrl);
    expect(await metadataOf(served.rawPayload)).toMatchObject({
      format: 'webp',
      width: 512,
      height: 512,
    });
    expect(await test.services.users.get(who.user.id)).toMatchObject({ avatarUrl });
  });

  it('replaces the one before, whose file goes', async () => {
    const who = await given.account();
    const first = (await upload(who, await png())).json().avatarUrl;
    const second = (await upload(who, await png())).json().avatarUrl;
    expect(second).not.toBe(first);
    expect((await read(first)).statusCode).toBe(404);
    expect((await read(second)).statusCode).toBe(200);
  });

  it('is the last one of many at once, and leaves no other file', async () => {
    const who = await given.account();
    const statuses: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      const body = await png(32 + round, 32);
      const answers = await Promise.all([1, 2, 3].map(() => upload(who, body)));
      statuses.push(...answers.map(({ statusCode }) => statusCode));
    }
    expect(statuses).toEqual(Array(12).fill(200));
    const { avatarUrl } = await test.services.users.get(who.user.id);
    expect(await filesOf(who.user.id)).toEqual([pathOf(avatarUrl ?? '').replace('/media/', '')]);
  });

  it('is removed with its file, and again without harm', async () => {
    const who = await given.account();
    await upload(who, await png());
    for (const _ of [1, 2]) {
      const answer = await remove(who, avatarOf(who));
      expect([answer.statusCode, answer.json().avatarUrl]).toEqual([200, null]);
    }
    expect(await filesOf(who.user.id)).toEqual([]);
  });

  it('is set and removed by its owner and by admins, which is noted, and by nobody else', async () => {
    const [owner, other, admin] = [await given.account(), await given.account(), await given.admin()];
    const url = avatarOf(owner);
    const body = await png();
    expect((await putFile(test.app, { url }, body)).json().code).toBe('NOT_AUTHENTICATED');
    expect((await upload(other, body, url)).json().code).toBe('FORBIDDEN');
    expect((await remove(undefined, url)).json().code).toBe('NOT_AUTHENTICATED');
    expect((await remove(other, url)).json().code).toBe('FORBIDDEN');
    const suspended = await given.suspended();
    expect((await upload(suspended, body)).json().code).toBe('ACCOUNT_SUSPENDED');
    expect((await upload(owner, body)).statusCode).toBe(200);
    const noted = () =>
      test.database.client.select().from(auditLog).where(eq(auditLog.subjectId, owner.user.id));
    expect(await noted()).toEqual([]);
    expect((await remove(admin, url)).statusCode).toBe(200);
    expect(await noted()).toMatchObject([{ actorId: admin.user.id, action: 'avatar_changed' }]);
    expect((await upload(admin, body, url)).statusCode).toBe(200);
  });

  it('of nobody is 404, and of no id 422', async () => {
    const admin = await given.admin();
    const nobody = '/api/users/0190a1b2-0000-7000-8000-000000000000/avatar';
    expect((await upload(admin, await png(), nobody)).statusCode).toBe(404);
    expect((await remove(admin, nobody)).statusCode).toBe(404);
    expect((await upload(admin, await png(), '/api/users/me/avatar')).statusCode).toBe(422);
  });

  it('goes with the account, and the thumbnails of its streams too', async () => {
    const who = await given.performer();
    const stream = await given.endedStream(who).then(() => given.stream(who));
    await upload(who, await png());
    const thumbnail = await upload(who, await png(), `/api/streams/${stream.id}/thumbnail`);
    expect(thumbnail.statusCode).toBe(200);
    await given.deleted(who);
    expect(await filesOf(who.user.id)).toEqual([]);
    expect(await filesOf(stream.id)).toEqual([]);
    expect(await test.services.streams.find(stream.id)).toMatchObject({ thumbnailUrl: null });
  });
});

describe('a thumbnail', () => {
  it('keeps its shape within 1280 by 720 pixels, is shown with the stream and told to its viewers', async () => {
    const who = await given.performer();
    const stream = await given.stream(who);
    const told: string[] = [];
    const stop = test.bus.subscribe((event) => {
      if (event.type === 'streamChanged') told.push(event.streamId);
    });
    const answer = await upload(who, await png(4000, 1000), `/api/streams/${stream.id}/thumbnail`);
    stop();
    expect(answer.statusCode, answer.body).toBe(200);
    const { thumbnailUrl } = answer.json();
    expect(told).toEqual([stream.id]);
    const served = await read(thumbnailUrl);
    expect(await metadataOf(served.rawPayload)).toMatchObject({ width: 1280, height: 320 });
    const { items } = (await test.app.inject(`/api/streams?performerId=${who.user.id}`)).json();
    expect(items).toMatchObject([{ id: stream.id, thumbnailUrl }]);
  });

  it('is not enlarged', async () => {
    const who = await given.performer();
    const { id } = await given.scheduledStream(who);
    const { thumbnailUrl } = (await upload(who, await png(64, 48), `/api/streams/${id}/thumbnail`)).json();
    const served = await read(thumbnailUrl);
    expect(await metadataOf(served.rawPayload)).toMatchObject({ width: 64, height: 48 });
  });

  it('is for the performer and admins', async () => {
    const [who, other, admin] = [await given.performer(), await given.performer(), await given.admin()];
    const url = `/api/streams/${(await given.stream(who)).id}/thumbnail`;
    expect((await upload(other, await png(), url)).json().code).toBe('FORBIDDEN');
    expect((await remove(other, url)).json().code).toBe('FORBIDDEN');
    expect((await remove(await given.moderatorOf(who), url)).json().code).toBe('FORBIDDEN');
    expect((await upload(admin, await png(), url)).statusCode).toBe(200);
    expect((await remove(admin, url)).json()).toMatchObject({ thumbnailUrl: null });
  });

  it('of a stream that has ended stays, or is removed', async () => {
    const who = await given.performer();
    const url = `/api/streams/${(await given.endedStream(who)).id}/thumbnail`;
    expect((await upload(who, await png(), url)).json().code).toBe('STREAM_ENDED');
    expect((await remove(who, url)).statusCode).toBe(200);
  });
});

describe('a picture', () => {
  it('is served to be kept for good, and to do nothing else than be shown', async () => {
    const who = await given.account();
    const { avatarUrl } = (await upload(who, await png())).json();
    const { headers, statusCode } = await read(avatarUrl);
    expect(statusCode).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'image/webp',
      'cache-control': 'public, max-age=31536000, immutable',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
      'cross-origin-resource-policy': 'cross-origin',
      'x-content-type-options': 'nosniff',
    });
    const again = await read(avatarUrl, { 'if-none-match': String(headers.etag) });
    expect(again.statusCode).toBe(304);
    const head = await test.app.inject({ method: 'HEAD', url: pathOf(avatarUrl) });
    expect([head.statusCode, head.body]).toEqual([200, '']);
  });

  it('that nobody has any more is swept away, and others stay', async () => {
    const [who, gone] = [await given.account(), await given.account()];
    const { avatarUrl } = (await upload(who, await png())).json();
    await upload(gone, await png());
    await test.database.client.update(users).set({ avatarUrl: null }).where(eq(users.id, gone.user.id));
    const stranger = await test.services.media.keep('0190a1b2-0000-7000-8000-000000000000', await png());
    await test.services.media.sweep();
    expect(await filesOf(gone.user.id)).toHaveLength(1);
    test.clock.advance(7200);
    await test.services.media.sweep();
    expect(await filesOf(gone.user.id)).toEqual([]);
    expect((await read(avatarUrl)).statusCode).toBe(200);
    expect((await read(stranger)).statusCode).toBe(200);
  });
});
