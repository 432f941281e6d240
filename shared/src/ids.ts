import * as z from 'zod';

/** A UUIDv7 in lower case: ids sort by the time they were made. */
export const Id = z.uuidv7().meta({ example: '019b76f2-7a6e-7c3a-9d53-2f1f0a6b8c11' });
export type Id = z.infer<typeof Id>;
