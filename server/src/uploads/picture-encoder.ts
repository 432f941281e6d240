import { availableParallelism } from 'node:os';
import pLimit from 'p-limit';
import type { Sharp } from 'sharp';
import { AppError, invalidField } from '../platform/app-error.js';
import { pictureTypeOf } from './picture-type.js';

/** Of each side, as uploaded. */
const PIXELS_MAX = 4096;
/** A picture of the largest size takes about a second; one that takes this long is made to. */
const DECODE_SECONDS_MAX = 10;
/** The last of these waits for some seconds; beyond that, saying so is kinder. */
const QUEUE_MAX = 16;
const RETRY_AFTER_MS = 2000;
/** Decoding shares the thread pool with hashes and token verification, which must not wait for it. */
const AT_ONCE_MAX = 2;
const QUALITY = 82;

const resizers = {
  /** A square, cut from the middle. */
  avatar: (picture: Sharp) => picture.resize(512, 512, { fit: 'cover' }),
  /** The whole picture, within 720p. */
  thumbnail: (picture: Sharp) => picture.resize(1280, 720, { fit: 'inside', withoutEnlargement: true }),
};

export type PictureUse = keyof typeof resizers;

/** Takes a while to load, and most processes are never sent a picture at first. */
const loadSharp = async () => {
  const { default: sharp } = await import('sharp');
  sharp.cache(false);
  sharp.concurrency(1);
  // libvips reads dozens of formats, some by large libraries; only these are ever given to it.
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({
    operation: ['VipsForeignLoadPngFile', 'VipsForeignLoadJpegFile', 'VipsForeignLoadWebpFile'],
  });
  return sharp;
};

const damaged = (cause: unknown) =>
  new AppError('IMAGE_INVALID', { detail: 'The file is damaged, or no picture that can be read.', cause });

/**
 * Makes a webp of ours from whatever picture is uploaded: decoded and encoded anew, so that nothing of the file but its
 * pixels is left, the first frame of an animation, upright, in sRGB.
 */
export const createPictureEncoder = (
  atOnce = Math.max(1, Math.min(AT_ONCE_MAX, Math.floor(availableParallelism() / 2))),
  queueMax = QUEUE_MAX,
) => {
  const limit = pLimit(atOnce);
  let loading: ReturnType<typeof loadSharp> | undefined;

  const decode = async (path: string, use: PictureUse): Promise<Buffer> => {
    loading ??= loadSharp();
    const sharp = await loading;
    const options = { failOn: 'error', limitInputPixels: PIXELS_MAX ** 2, sequentialRead: true } as const;
    // The header alone, so that a file of few bytes cannot ask for gigabytes of pixels.
    const { width, height } = await sharp(path, { ...options, limitInputPixels: false })
      .metadata()
      .catch((error: unknown) => {
        throw damaged(error);
      });
    if (width > PIXELS_MAX || height > PIXELS_MAX) {
      throw invalidField('file', `must be at most ${PIXELS_MAX} pixels wide and high`);
    }
    const picture = resizers[use](sharp(path, options).autoOrient());
    return picture
      .webp({ quality: QUALITY })
      .timeout({ seconds: DECODE_SECONDS_MAX })
      .toBuffer()
      .catch((error: unknown) => {
        throw damaged(error);
      });
  };

  return {
    /**
     * The file at `path` as webp. Throws UNSUPPORTED_MEDIA_TYPE for what is neither png, jpeg nor webp, IMAGE_INVALID,
     * VALIDATION_FAILED beyond 4096 pixels, OVERLOADED when too many wait.
     */
    encode: async (path: string, use: PictureUse): Promise<Buffer> => {
      if ((await pictureTypeOf(path)) === undefined) {
        throw new AppError('UNSUPPORTED_MEDIA_TYPE', {
          detail: 'A picture is a png, jpeg or webp file, whatever its name says.',
        });
      }
      if (limit.pendingCount >= queueMax) throw new AppError('OVERLOADED', { retryAfterMs: RETRY_AFTER_MS });
      return limit(decode, path, use);
    },
  };
};

export type PictureEncoder = ReturnType<typeof createPictureEncoder>;
