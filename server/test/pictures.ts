import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import sharp, { type Metadata, type Sharp } from 'sharp';

export const BOUNDARY = '----boundary-of-the-tests';

/** A picture of one colour, of `width` by `height`. */
export const picture = (width = 64, height = 48): Sharp =>
  sharp({ create: { width, height, channels: 3, background: '#3a7bd5' } });

export const png = (width?: number, height?: number): Promise<Buffer> =>
  picture(width, height).png().toBuffer();

/** A part of a form: a file, unless `filename` is null. */
export type Part = { name?: string; filename?: string | null; type?: string; body: Buffer | string };

/** The body of a form with these parts, as browsers write it (RFC 7578). */
export const formOf = (parts: Part[]): Buffer =>
  Buffer.concat([
    ...parts.flatMap(({ name = 'file', filename = 'picture.png', type = 'image/png', body }) => [
      Buffer.from(
        `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"` +
          `${filename === null ? '' : `; filename="${filename}"\r\nContent-Type: ${type}`}\r\n\r\n`,
      ),
      Buffer.from(body),
      Buffer.from('\r\n'),
    ]),
    Buffer.from(`--${BOUNDARY}--\r\n`),
  ]);

export const FORM_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

export type Upload = { url: string; as?: string; headers?: Record<string, string> };

/** Sends `payload` as a form, signed in by the access token `as`. */
export const putForm = (app: FastifyInstance, { url, as, headers }: Upload, payload: Buffer | string) =>
  app.inject({
    method: 'PUT',
    url,
    payload,
    headers: {
      'content-type': FORM_TYPE,
      ...(as !== undefined && { authorization: `Bearer ${as}` }),
      ...headers,
    },
  });

/** Uploads one file. */
export const putFile = (
  app: FastifyInstance,
  upload: Upload,
  body: Buffer | string,
  part: Partial<Part> = {},
) => putForm(app, upload, formOf([{ body, ...part }]));

/**
 * Gives `use` these bytes as a picture to read: from a file, because the server under test keeps libvips from reading
 * anything else.
 */
export const reading = async <T>(bytes: Buffer, use: (picture: Sharp) => Promise<T>): Promise<T> => {
  const path = join(tmpdir(), `picture-${randomUUID()}`);
  await writeFile(path, bytes);
  try {
    return await use(sharp(path));
  } finally {
    await rm(path);
  }
};

/** What a picture says of itself. */
export const metadataOf = (bytes: Buffer): Promise<Metadata> =>
  reading(bytes, (picture) => picture.metadata());
