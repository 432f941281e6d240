import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { startFakeS3 } from '../../../test/fake-s3.js';
import { failureOf } from '../../../test/outcome.js';
import { createLocalStore } from './local-store.js';
import type { ObjectStore } from './object-store.js';
import { createS3Store } from './s3-store.js';

const keys = { accessKeyId: 'AKIDOFTHETESTS', secretAccessKey: 'a/secret+of the tests', region: 'eu-test-1' };
const s3 = await startFakeS3(keys);
const parent = await mkdtemp(join(tmpdir(), 'stores-test-'));
afterAll(async () => {
  await s3.close();
  await rm(parent, { recursive: true, force: true });
});

const bucket = {
  ...keys,
  endpoint: s3.endpoint,
  bucket: 'pictures',
  publicUrl: 'https://media.example.com/',
};
const directory = join(parent, 'made', 'when-needed');
const stores: Record<string, () => ObjectStore> = {
  'on this disk': () => createLocalStore({ directory, baseUrl: 'https://media.example.com' }),
  'in a bucket': () => createS3Store(bucket),
};

beforeEach(async () => {
  s3.objects.clear();
  s3.refused.length = 0;
  s3.isAway = false;
  s3.pageMax = 1000;
  await rm(directory, { recursive: true, force: true });
});

const bytes = Buffer.from('of a picture');
const file = (name: string) => ({ name, bytes, contentType: 'image/webp' });

const namesIn = async (store: ObjectStore): Promise<string[]> => {
  const names: string[] = [];
  for await (const files of store.list()) names.push(...files.map(({ name }) => name));
  return names.sort();
};

describe.each(Object.entries(stores))('a store %s', (_where, createStore) => {
  it('lists what was put, and not what was removed', async () => {
    const store = createStore();
    expect(await namesIn(store)).toEqual([]);
    for (const name of ['a.webp', 'b.webp', 'c.webp']) await store.put(file(name));
    await store.remove('b.webp');
    expect(await namesIn(store)).toEqual(['a.webp', 'c.webp']);
    for await (const [first] of store.list()) {
      expect(Math.abs((first?.storedAt.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
    }
  });

  it('finds nothing wrong with removing what is not there', async () => {
    await createStore().remove('gone.webp');
  });

  it('knows its own addresses from those of elsewhere', () => {
    const store = createStore();
    expect(store.urlOf('a.webp')).toBe('https://media.example.com/a.webp');
    expect(store.nameIn('https://media.example.com/a.webp')).toBe('a.webp');
    for (const url of [
      'https://elsewhere.example.com/a.webp',
      'https://media.example.com/../a.webp',
      'https://media.example.com/a/b.webp',
      'https://media.example.com/',
      'https://media.example.com.evil.example/a.webp',
    ]) {
      expect(store.nameIn(url)).toBeUndefined();
    }
  });
});

describe('a store on this disk', () => {
  it('takes no name that would lead out of its folder', async () => {
    const store = createLocalStore({ directory, baseUrl: 'https://media.example.com' });
    for (const name of ['../x.webp', '/etc/x', '.hidden', 'a/b', 'a\0b', '']) {
      await expect(store.put(file(name))).rejects.toThrow('not a name of a stored file');
      await expect(store.remove(name)).rejects.toThrow('not a name of a stored file');
    }
    expect(await readdir(parent)).not.toContain('x.webp');
  });

  it('neither lists nor keeps what a process that died left unfinished', async () => {
    const store = createLocalStore({ directory, baseUrl: 'https://media.example.com' });
    await store.put(file('a.webp'));
    const [old, young] = [join(directory, 'old.part'), join(directory, 'young.part')];
    for (const path of [old, young]) await writeFile(path, 'half');
    await utimes(old, 0, 0);
    expect(await namesIn(store)).toEqual(['a.webp']);
    expect((await readdir(directory)).sort()).toEqual(['a.webp', 'young.part']);
  });

  it('says that it is away where nothing can be written', async () => {
    const blocked = join(parent, 'a-file');
    await writeFile(blocked, '');
    const store = createLocalStore({
      directory: join(blocked, 'media'),
      baseUrl: 'https://media.example.com',
    });
    expect(await failureOf(store.put(file('a.webp')))).toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE' });
  });
});

describe('a store in a bucket', () => {
  it('signs over the content, and says how it is to be served', async () => {
    await createS3Store(bucket).put(file('a.webp'));
    expect(s3.refused).toEqual([]);
    expect(s3.objects.get('a.webp')).toMatchObject({
      bytes,
      headers: { 'content-type': 'image/webp', 'cache-control': 'public, max-age=31536000, immutable' },
    });
  });

  it('lists page after page', async () => {
    const store = createS3Store(bucket);
    const names = Array.from({ length: 7 }, (_, place) => `${place}.webp`);
    for (const name of names) await store.put(file(name));
    s3.pageMax = 3;
    expect(await namesIn(store)).toEqual(names);
  });

  it.each([
    ['another secret', { secretAccessKey: 'another' }, 'SignatureDoesNotMatch'],
    ['another region', { region: 'us-test-1' }, 'AuthorizationHeaderMalformed'],
    ['another key', { accessKeyId: 'SOMEBODY' }, 'InvalidAccessKeyId'],
  ])('with %s is refused, and says no more than that the storage is away', async (_what, given, refusal) => {
    const failure = await failureOf(createS3Store({ ...bucket, ...given }).put(file('a.webp')));
    expect(failure).toMatchObject({
      code: 'DEPENDENCY_UNAVAILABLE',
      message: 'The storage of files is away.',
    });
    expect(s3.refused).toEqual([refusal]);
  });

  it('that is away, or nowhere, is told as such', async () => {
    s3.isAway = true;
    const away = { code: 'DEPENDENCY_UNAVAILABLE', retryAfterMs: 5000 };
    expect(await failureOf(createS3Store(bucket).put(file('a.webp')))).toMatchObject(away);
    expect(await failureOf(createS3Store(bucket).remove('a.webp'))).toMatchObject(away);
    const nowhere = createS3Store({ ...bucket, endpoint: 'http://127.0.0.1:1' });
    expect(await failureOf(nowhere.put(file('a.webp')))).toMatchObject(away);
  });
});
