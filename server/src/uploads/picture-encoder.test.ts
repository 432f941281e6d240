import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { failureOf, tally } from '../../test/outcome.js';
import { metadataOf, png } from '../../test/pictures.js';
import { createPictureEncoder } from './picture-encoder.js';

const directory = await mkdtemp(join(tmpdir(), 'picture-encoder-test-'));
afterAll(() => rm(directory, { recursive: true, force: true }));

const path = join(directory, 'picture');
await writeFile(path, await png(1600, 900));

it('draws an avatar as a square, and a thumbnail within 720p', async () => {
  const encoder = createPictureEncoder();
  const [avatar, thumbnail] = [await encoder.encode(path, 'avatar'), await encoder.encode(path, 'thumbnail')];
  expect(await metadataOf(avatar)).toMatchObject({ format: 'webp', width: 512, height: 512 });
  expect(await metadataOf(thumbnail)).toMatchObject({ format: 'webp', width: 1280, height: 720 });
});

it('draws a few at once, lets a few wait, and says so to the others', async () => {
  const encoder = createPictureEncoder(1, 3);
  const outcomes = await tally(Array.from({ length: 20 }, () => encoder.encode(path, 'avatar')));
  expect((outcomes.ok ?? 0) + (outcomes.OVERLOADED ?? 0)).toBe(20);
  expect(outcomes.ok).toBeGreaterThanOrEqual(3);
  expect(outcomes.ok).toBeLessThanOrEqual(5);
  expect(await tally([encoder.encode(path, 'avatar')])).toEqual({ ok: 1 });
});

it('gives up with 503 and when to come back', async () => {
  const encoder = createPictureEncoder(1, 0);
  expect(await failureOf(encoder.encode(path, 'avatar'))).toMatchObject({ status: 503, retryAfterMs: 2000 });
});
