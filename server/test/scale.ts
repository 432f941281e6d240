import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    isFull: boolean;
  }
}

/** How often a test repeats its case: `quick` in npm test, `full` in npm run test:full. */
export const scaled = (counts: { quick: number; full: number }): number =>
  inject('isFull') ? counts.full : counts.quick;
