import * as z from 'zod';

/** The input of a procedure that takes none: a key that is sent all the same is refused, not ignored. */
export const NoInput = z.strictObject({}).optional();
