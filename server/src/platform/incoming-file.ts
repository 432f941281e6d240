import { z } from 'zod';

/** A file that a call brings. Nothing of it is read before it is asked for, so that who may not send it costs nothing. */
export type IncomingFile = {
  /**
   * Writes it to `path`. Throws PAYLOAD_TOO_LARGE beyond `bytesMax`, VALIDATION_FAILED where there is not exactly one
   * file, MALFORMED_REQUEST when it breaks off.
   */
  writeTo(path: string, bytesMax: number): Promise<void>;
};

/** Of a procedure's input; only the transport makes one. */
export const IncomingFile = z.custom<IncomingFile>(
  (value) => typeof value === 'object' && value !== null && 'writeTo' in value,
  { error: 'must be a file' },
);
