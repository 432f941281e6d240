import { open } from 'node:fs/promises';

type PictureType = 'png' | 'jpeg' | 'webp';

const HEAD_BYTES = 12;

/** How the files of each type begin (PNG 3rd edition 5.2, JPEG B.1.1.3, RFC 9649 2.4). */
const matchers: Record<PictureType, (head: Buffer) => boolean> = {
  png: (head) => head.subarray(0, 8).equals(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')),
  jpeg: (head) => head.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff])),
  webp: (head) => head.toString('latin1', 0, 4) === 'RIFF' && head.toString('latin1', 8, 12) === 'WEBP',
};

const readHead = async (path: string): Promise<Buffer> => {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
};

/** What a file is by its first bytes, whatever its sender calls it; undefined for anything else. */
export const pictureTypeOf = async (path: string): Promise<PictureType | undefined> => {
  const head = await readHead(path);
  return (Object.keys(matchers) as PictureType[]).find((type) => matchers[type](head));
};
