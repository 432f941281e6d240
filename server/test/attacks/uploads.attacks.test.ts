import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import type { SignedIn } from '@versbottomlex/shared';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createFactories, PASSWORD } from '../factories.js';
import { createTestApp, type TestApp } from '../harness.js';
import {
  BOUNDARY,
  FORM_TYPE,
  formOf,
  metadataOf,
  type Part,
  picture,
  png,
  putFile,
  putForm,
  reading,
} from '../pictures.js';

const MEBIBYTE = 1024 * 1024;
const directory = await mkdtemp(join(tmpdir(), 'uploads-attacks-'));
let test: TestApp;
let who: SignedIn;
let url: string;
beforeAll(async () => {
  test = await createTestApp({ environment: { MEDIA_DIRECTORY: directory } });
  who = await createFactories(test).account();
  url = `/api/users/${who.user.id}/avatar`;
});
const leftovers = async () =>
  (await readdir(tmpdir())).filter((name) => name.startsWith('versbottomlex-upload-'));
const leftBefore = new Set(await leftovers());
afterEach(async () => {
  await vi.waitFor(async () =>
    expect((await leftovers()).filter((name) => !leftBefore.has(name))).toEqual([]),
  );
});
afterAll(async () => {
  await test.close();
  await rm(directory, { recursive: true, force: true });
});

const upload = (body: Buffer | string, part: Parameters<typeof putFile>[3] = {}) =>
  putFile(test.app, { url, as: who.accessToken }, body, part);

const codeOf = async (answer: ReturnType<typeof upload>) => {
  const { statusCode, body } = await answer;
  return `${statusCode} ${JSON.parse(body).code ?? 'ok'}`;
};

const served = async (answer: Awaited<ReturnType<typeof upload>>): Promise<Buffer> => {
  expect(answer.statusCode, answer.body).toBe(200);
  const file = await test.app.inject(new URL(answer.json().avatarUrl).pathname);
  return file.rawPayload;
};

/** A chunk of a PNG (PNG 3rd edition, 5.3). */
const chunk = (type: string, data: Buffer): Buffer => {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
};

const header = (width: number, height: number): Buffer => {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width, 0);
  data.writeUInt32BE(height, 4);
  data.set([8, 2], 8);
  return chunk('IHDR', data);
};

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const END = chunk('IEND', Buffer.alloc(0));

describe('what is no picture', () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';

  it.each([
    ['SVG', svg],
    ['SVG after an XML declaration', `<?xml version="1.0"?>${svg}`],
    ['HTML', '<!doctype html><script>alert(1)</script>'],
    ['GIF', Buffer.from('GIF89a\x01\x00\x01\x00\x00\x00\x00;', 'latin1')],
    ['PDF', '%PDF-1.7\n'],
    ['TIFF', Buffer.from('II*\x00\x08\x00\x00\x00', 'latin1')],
    ['an MVG that reads files', 'push graphic-context\nimage over 0,0 0,0 "/etc/passwd"\n'],
    ['a RIFF that is no WebP', Buffer.from('RIFF\x24\x00\x00\x00WAVEfmt ', 'latin1')],
    ['a beginning of a magic number', Buffer.from('\x89PNG', 'latin1')],
    ['nothing', ''],
  ])('is refused with 415: %s, whatever it calls itself', async (_what, body) => {
    expect(await codeOf(upload(body, { filename: 'me.png', type: 'image/png' }))).toBe(
      '415 UNSUPPORTED_MEDIA_TYPE',
    );
  });

  it('is refused with 422 when only its first bytes are those of one', async () => {
    for (const magic of [
      SIGNATURE,
      Buffer.from([0xff, 0xd8, 0xff, 0xe0]),
      Buffer.from('RIFF\x10\x00\x00\x00WEBPVP8 ', 'latin1'),
    ]) {
      expect(await codeOf(upload(Buffer.concat([magic, Buffer.from(svg)])))).toBe('422 IMAGE_INVALID');
    }
  });

  it('is refused with 422 when it breaks off', async () => {
    for (const format of ['png', 'jpeg', 'webp'] as const) {
      const whole = await sharp({
        create: {
          width: 300,
          height: 300,
          channels: 3,
          background: '#888888',
          noise: { type: 'gaussian', mean: 128, sigma: 30 },
        },
      })
        .toFormat(format)
        .toBuffer();
      expect(await codeOf(upload(whole.subarray(0, whole.length / 2)))).toBe('422 IMAGE_INVALID');
    }
  });
});

describe('a bomb', () => {
  it('of more than 4096 pixels a side is refused by its header, before a pixel is decoded', async () => {
    for (const [width, height] of [
      [4097, 1],
      [1, 4097],
      [60_000, 60_000],
      [2 ** 31 - 1, 2 ** 31 - 1],
    ] as const) {
      const bomb = Buffer.concat([
        SIGNATURE,
        header(width, height),
        chunk('IDAT', deflateSync(Buffer.alloc(9))),
        END,
      ]);
      expect(await codeOf(upload(bomb))).toMatch(/^422 (VALIDATION_FAILED|IMAGE_INVALID)$/);
    }
  });

  it('that says less than it holds is refused, or shown as what it says', async () => {
    const rows = deflateSync(Buffer.alloc(64 * MEBIBYTE), { level: 9 });
    const bomb = Buffer.concat([SIGNATURE, header(16, 16), chunk('IDAT', rows), END]);
    const before = process.memoryUsage().rss;
    expect(await codeOf(upload(bomb))).toMatch(/^(200 ok|422 IMAGE_INVALID)$/);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * MEBIBYTE);
  });

  it('in a text or a colour profile of a picture is not unpacked into memory', async () => {
    const packed = deflateSync(Buffer.alloc(200 * MEBIBYTE), { level: 9 });
    const whole = await png(32, 32);
    const rest = whole.subarray(33);
    for (const name of ['zTXt', 'iCCP']) {
      const bomb = Buffer.concat([
        whole.subarray(0, 33),
        chunk(name, Buffer.concat([Buffer.from('Comment\0\0', 'latin1'), packed])),
        rest,
      ]);
      const before = process.memoryUsage().rss;
      expect(await codeOf(upload(bomb))).toMatch(/^(200 ok|422 IMAGE_INVALID)$/);
      expect(process.memoryUsage().rss - before).toBeLessThan(150 * MEBIBYTE);
    }
  });

  it('of the largest size that is let in is drawn', async () => {
    expect(await codeOf(upload(await png(4096, 4096)))).toBe('200 ok');
    expect(await codeOf(upload(await png(4096, 1)))).toBe('200 ok');
    expect(await codeOf(upload(await png(1, 1)))).toBe('200 ok');
  });
});

describe('what a picture carries', () => {
  it('is gone: place and camera, comments, colour profile, and what was appended', async () => {
    const jpeg = await picture(300, 200)
      .withExif({ IFD0: { Copyright: 'planted-secret' }, IFD3: { GPSLatitude: '51/1 30/1 0/1' } })
      .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/">planted-secret</x:xmpmeta>')
      .withIccProfile('p3')
      .jpeg()
      .toBuffer();
    const polyglot = Buffer.concat([
      jpeg,
      Buffer.from('<script>planted-secret</script>PK\x03\x04', 'latin1'),
    ]);
    expect(polyglot.toString('latin1')).toContain('planted-secret');
    const file = await served(await upload(polyglot, { filename: 'planted-secret.jpg' }));
    expect(file.toString('latin1')).not.toMatch(/planted-secret|Exif|ICCP|XMP|script|PK/);
    expect(await metadataOf(file)).toMatchObject({
      format: 'webp',
      width: 512,
      height: 512,
      hasProfile: false,
    });
    const { exif, icc, xmp } = await metadataOf(file);
    expect([exif, icc, xmp]).toEqual([undefined, undefined, undefined]);
  });

  it('is upright, as the camera noted', async () => {
    const [top, bottom] = ['#ff0000', '#0000ff'].map((background) => ({
      create: { width: 60, height: 30, channels: 3 as const, background },
    }));
    const upsideDown = await sharp({ create: { width: 60, height: 60, channels: 3, background: '#000' } })
      .composite([
        { input: { ...bottom } as never, top: 0, left: 0 },
        { input: { ...top } as never, top: 30, left: 0 },
      ])
      .withMetadata({ orientation: 3 })
      .jpeg()
      .toBuffer();
    const file = await served(await upload(upsideDown));
    const [red = 0, , blue = 0] = await reading(file, (shown) => shown.raw().toBuffer());
    expect(red).toBeGreaterThan(200);
    expect(blue).toBeLessThan(60);
  });

  it('of an animation is its first frame', async () => {
    const frames = await sharp({ create: { width: 40, height: 120, channels: 3, background: '#0a0' } })
      .raw()
      .toBuffer();
    const animated = await sharp(frames, { raw: { width: 40, height: 120, channels: 3, pageHeight: 40 } })
      .webp({ loop: 0, delay: [100, 100, 100] })
      .toBuffer();
    expect((await metadataOf(animated)).format).toBe('webp');
    const file = await served(await upload(animated));
    expect((await metadataOf(file)).pages ?? 1).toBe(1);
  });

  it('never names the file, wherever it would lead', async () => {
    for (const filename of [
      '../../../../etc/cron.d/x',
      '..\\..\\x.php',
      'x.html',
      '/etc/passwd',
      'a\0.png',
    ]) {
      const answer = await upload(await png(), { filename });
      expect(answer.json().avatarUrl).toMatch(/\/media\/[0-9a-f-]{36}\.[0-9a-f]{32}\.webp$/);
    }
    expect(await readdir(directory)).toHaveLength(1);
  });
});

describe('a form', () => {
  const send = (payload: Buffer | string, headers: Record<string, string> = {}) =>
    putForm(test.app, { url, as: who.accessToken, headers }, payload);

  it('beyond 5 MiB is refused with 413, by its length or while it comes', async () => {
    const tooLarge = Buffer.concat([await png(), Buffer.alloc(5 * MEBIBYTE)]);
    expect(await codeOf(upload(tooLarge))).toBe('413 PAYLOAD_TOO_LARGE');
    const largest = Buffer.concat([await png(), Buffer.alloc(4 * MEBIBYTE)]);
    expect(await codeOf(upload(largest))).toBe('200 ok');
  });

  it('of other parts than one file is refused with 422', async () => {
    const body = await png();
    const field = { name: 'role', filename: null, body: 'admin' };
    for (const parts of [[], [field], [field, { body }], [{ body }, field], [{ body }, { body }]]) {
      expect(await codeOf(send(formOf(parts)))).toBe('422 VALIDATION_FAILED');
    }
    expect(await codeOf(send(formOf(Array.from({ length: 5000 }, () => field))))).toBe(
      '422 VALIDATION_FAILED',
    );
  });

  it('that cannot be read is refused with 400', async () => {
    const body = formOf([{ body: await png() }]);
    expect(await codeOf(send(body.subarray(0, body.length / 2)))).toBe('400 MALFORMED_REQUEST');
    expect(await codeOf(send(body, { 'content-type': 'multipart/form-data' }))).toBe('400 MALFORMED_REQUEST');
    expect(await codeOf(send(`--${BOUNDARY}\r\n${'X: y\r\n'.repeat(100_000)}\r\n`))).toMatch(/^4\d\d /);
    for (const name of ['__proto__', 'constructor', 'toString']) {
      expect(await codeOf(send(formOf([{ name, body: await png() }])))).toMatch(/^4\d\d /);
    }
  });

  it('of another type is refused with 415', async () => {
    for (const type of ['application/json', 'image/png', 'application/x-www-form-urlencoded', 'text/plain']) {
      const answer = await send(type === 'application/json' ? '{}' : await png(), { 'content-type': type });
      expect(answer.json().code).toBe('UNSUPPORTED_MEDIA_TYPE');
    }
  });

  it('is not read by any other route', async () => {
    const answer = await putForm(
      test.app,
      { url: `/api/users/${who.user.id}`, as: who.accessToken },
      formOf([]),
    );
    expect(answer.json().code).toBe('UNSUPPORTED_MEDIA_TYPE');
  });

  it('with fields in the query is refused', async () => {
    const answer = await putFile(
      test.app,
      { url: `${url}?file=x&role=admin`, as: who.accessToken },
      await png(),
    );
    expect([answer.statusCode, answer.json().code]).toEqual([422, 'VALIDATION_FAILED']);
  });
});

describe('a form of another site', () => {
  const ORIGIN = 'https://app.example.com';

  it('is refused, though the browser sends the cookies along', async () => {
    const site = await createTestApp({
      environment: { MEDIA_DIRECTORY: directory, WEB_ORIGINS: ORIGIN, PUBLIC_URL: 'https://api.example.com' },
    });
    try {
      const { user } = await createFactories(site).account();
      const login = await site.app.inject({
        method: 'POST',
        url: '/api/auth/login',
        payload: { email: user.email, password: PASSWORD },
        headers: { origin: ORIGIN, 'x-session': 'cookie' },
      });
      const cookie = login.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
      const token = await site.app.inject({ url: '/api/csrf-token', headers: { cookie } });
      const own = { cookie, origin: ORIGIN, 'x-csrf-token': token.json().csrfToken };
      const body = await png();
      const send = (headers: Record<string, string>) =>
        putFile(site.app, { url: `/api/users/${user.id}/avatar`, headers }, body);
      expect(await codeOf(send({ ...own, origin: 'https://evil.example' }))).toBe('403 ORIGIN_NOT_ALLOWED');
      expect(await codeOf(send({ ...own, origin: 'null' }))).toBe('403 ORIGIN_NOT_ALLOWED');
      expect(await codeOf(send({ cookie, origin: ORIGIN }))).toBe('403 CSRF_TOKEN_INVALID');
      const removal = { method: 'DELETE', url: `/api/users/${user.id}/avatar` } as const;
      const removed = site.app.inject({ ...removal, headers: { cookie, origin: ORIGIN } });
      expect(await codeOf(removed)).toBe('403 CSRF_TOKEN_INVALID');
      expect(await codeOf(send(own))).toBe('200 ok');
      expect(await codeOf(site.app.inject({ ...removal, headers: own }))).toBe('200 ok');
    } finally {
      await site.close();
    }
  });
});

it('uploads are counted with everything else that is written, and cost nothing once that is too much', async () => {
  const limited = await createTestApp({
    environment: { MEDIA_DIRECTORY: directory, RATE_LIMIT_WRITES_PER_MINUTE: '2' },
  });
  try {
    const writer = await createFactories(limited).account();
    const request = { url: `/api/users/${writer.user.id}/avatar`, as: writer.accessToken };
    const body = await png();
    const answers = [await putFile(limited.app, request, body), await putFile(limited.app, request, body)];
    answers.push(await putFile(limited.app, request, body));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 429]);
    expect(answers[0]?.headers).toMatchObject({ 'ratelimit-limit': '2', 'ratelimit-remaining': '1' });
    expect(answers[2]?.headers['retry-after']).toMatch(/^\d+$/);
  } finally {
    await limited.close();
  }
});

describe('the pictures', () => {
  it('are no way to other files', async () => {
    for (const path of [
      '/media/..%2f..%2fetc%2fpasswd',
      '/media/../package.json',
      '/media/%2e%2e/%2e%2e/etc/passwd',
      '/media/.%00.webp',
      '/media/',
      '/media/C:%5Cwindows%5Cwin.ini',
    ]) {
      const answer = await test.app.inject(path);
      expect([answer.statusCode, answer.headers['cache-control']], path).toEqual([404, 'no-store']);
    }
    const missing = await test.app.inject(`/media/${who.user.id}.${'0'.repeat(32)}.webp`);
    expect([missing.statusCode, missing.headers['cache-control']]).toEqual([404, 'no-store']);
    expect((await test.app.inject({ method: 'PUT', url: '/media/x' })).statusCode).toBe(405);
  });
});

describe('an upload over a socket', () => {
  const portOf = async () => {
    if (!test.app.server.listening) await test.app.listen({ host: '127.0.0.1', port: 0 });
    const [address] = test.app.addresses();
    return typeof address === 'object' ? address.port : 0;
  };

  it('that is refused is heard out, so that its sender learns why', async () => {
    const send = async (parts: Part[]) => {
      const answer = await fetch(`http://127.0.0.1:${await portOf()}${url}`, {
        method: 'PUT',
        body: formOf(parts),
        headers: { 'content-type': FORM_TYPE, authorization: `Bearer ${who.accessToken}` },
      });
      return ((await answer.json()) as { code: string }).code;
    };
    const [picture, much] = [await png(), Buffer.alloc(12 * MEBIBYTE)];
    expect(await send([{ body: much }])).toBe('PAYLOAD_TOO_LARGE');
    expect(await send([{ body: much.subarray(0, 4 * MEBIBYTE) }])).toBe('UNSUPPORTED_MEDIA_TYPE');
    const field = { filename: null, body: much.subarray(0, 2 * MEBIBYTE) };
    expect(await send([field, { body: picture }, field])).toBe('VALIDATION_FAILED');
  });

  it('that stands still or breaks off leaves no file and no fault, and takes no place from others', async () => {
    const port = await portOf();
    const begin = () => {
      const socket = createConnection(port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write(
        `PUT ${url} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${who.accessToken}\r\n` +
          `Content-Type: ${FORM_TYPE}\r\nContent-Length: 100000\r\n\r\n` +
          `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="x.png"\r\n\r\n\x89PNG`,
      );
      return socket;
    };
    const slow = [begin(), begin(), begin()];
    await vi.waitFor(async () => expect((await leftovers()).length - leftBefore.size).toBe(3));
    expect(await codeOf(upload(await png()))).toBe('429 RATE_LIMITED');
    for (const socket of slow) socket.destroy();
    await vi.waitFor(async () => expect((await leftovers()).length - leftBefore.size).toBe(0));
    expect(await codeOf(upload(await png()))).toBe('200 ok');
    expect(test.logs.filter(({ level }) => level === 'ERROR')).toEqual([]);
  });
});
