import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError, invalidField } from '../platform/app-error.js';
import type { IncomingFile } from '../platform/incoming-file.js';

/** What surrounds the file in a body with one part. */
const ENVELOPE_BYTES_MAX = 16 * 1024;
/** Larger than photos are: who sends this much is cut off, instead of heard out. */
const DROPPED_BYTES_MAX = 64 * 1024 * 1024;

/** What busboy counts: one part, which is a file. */
const limitsFor = (bytesMax: number) => ({
  fileSize: bytesMax,
  files: 1,
  fields: 0,
  parts: 2,
  headerPairs: 20,
  fieldNameSize: 100,
});

const notOneFile = () => invalidField('file', 'must be the one part of the form, and a file');

/** The refusals of @fastify/multipart, as ours; what else it throws is a body that cannot be read. */
const toRefusal = (error: unknown, bytesMax: number): AppError => {
  if (error instanceof AppError) return error;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'FST_REQ_FILE_TOO_LARGE') return tooLarge(bytesMax);
  if (code === 'FST_PARTS_LIMIT' || code === 'FST_FILES_LIMIT' || code === 'FST_FIELDS_LIMIT') {
    return notOneFile();
  }
  return new AppError('MALFORMED_REQUEST', { detail: 'The form could not be read.', cause: error });
};

const tooLarge = (bytesMax: number) =>
  new AppError('PAYLOAD_TOO_LARGE', { detail: `A file has at most ${bytesMax} bytes.` });

/** A fault of our disk, which must not be told as one of the body. */
const isOfDisk = (error: unknown) => error instanceof Error && 'syscall' in error;

const writeParts = async (request: FastifyRequest, path: string, bytesMax: number): Promise<void> => {
  let files = 0;
  for await (const part of request.parts({ limits: limitsFor(bytesMax) })) {
    files += 1;
    if (part.type !== 'file' || files > 1) throw notOneFile();
    await pipeline(part.file, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
    if (part.file.truncated) throw tooLarge(bytesMax);
  }
  if (files === 0) throw notOneFile();
};

/**
 * The file of a request with `multipart/form-data`, which is read when it is asked for, and not to its end when refused.
 */
export const fileOf = (request: FastifyRequest, reply: FastifyReply): IncomingFile => ({
  writeTo: async (path, bytesMax) => {
    const announced = Number(request.headers['content-length'] ?? 0);
    try {
      if (announced > bytesMax + ENVELOPE_BYTES_MAX) throw tooLarge(bytesMax);
      await writeParts(request, path, bytesMax);
    } catch (error) {
      // Whatever is still to come is read and dropped: most senders listen only when they have sent everything.
      request.raw.unpipe();
      request.raw.resume();
      if (announced > DROPPED_BYTES_MAX) reply.header('connection', 'close');
      throw isOfDisk(error) ? error : toRefusal(error, bytesMax);
    }
  },
});
