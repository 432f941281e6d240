import * as z from 'zod';

/** The largest amount one operation may move, in minor units: a million of the major unit. */
export const AMOUNT_MAX = 100_000_000;

/** A positive amount in minor units: 500 is 5.00. */
export const Amount = z.int().min(1).max(AMOUNT_MAX).meta({ example: 500 });

/** An ISO 4217 code. */
export const Currency = z
  .string()
  .regex(/^[A-Z]{3}$/, 'is not an ISO 4217 code')
  .meta({ example: 'USD' });
export const DEFAULT_CURRENCY = 'USD';
