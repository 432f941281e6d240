import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../platform/app-error.js';

type Done = (error: Error | null, body?: unknown) => void;

/** No body at all is fine under any content type, and any body at all is not. */
const refuseUnlessEmpty = (_request: FastifyRequest, payload: Readable, done: Done) => {
  const onData = () => settle(new AppError('UNSUPPORTED_MEDIA_TYPE'));
  const onEnd = () => settle(null);
  // A body that breaks off is its sender's doing, and no fault to be logged.
  const onError = (cause: Error) => settle(new AppError('MALFORMED_REQUEST', { cause }));
  const settle = (error: Error | null) => {
    payload.removeListener('data', onData).removeListener('end', onEnd).removeListener('error', onError);
    done(error, undefined);
  };
  // The stream goes on flowing, so that what follows is dropped instead of kept.
  payload.on('data', onData).on('end', onEnd).on('error', onError);
};

/**
 * Reads `application/json` with `parse`, takes an empty body for none whatever its content type, and answers anything
 * else with 415, in the scope of `app`. Keys that would reach an object's prototype make the body malformed.
 */
export const readJsonBodies = (
  app: FastifyInstance,
  parse: (request: FastifyRequest, body: string, done: Done) => void = app.getDefaultJsonParser(
    'error',
    'error',
  ),
): void => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body: string, done) => {
    if (body === '') done(null, undefined);
    else parse(request, body, done);
  });
  app.addContentTypeParser('*', refuseUnlessEmpty);
};
