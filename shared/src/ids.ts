import * as z from 'zod';

/** A UUIDv7: ids sort by the time they were made. One in capitals is the same id (RFC 9562), and goes on in lower case. */
export const Id = z.uuidv7().toLowerCase().meta({ example: '019b76f2-7a6e-7c3a-9d53-2f1f0a6b8c11' });
export type Id = z.infer<typeof Id>;
