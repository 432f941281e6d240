const FIRST_MS_MAX = 1000;
const DELAY_MS_MAX = 30_000;

/**
 * How long to wait before the next attempt, in milliseconds, after `failures` in a row: at most a second for the first,
 * then twice as long each time up to 30 s. Random, so that clients that lost the same server do not come back together.
 */
export const retryDelayMs = (failures: number, random: () => number = Math.random): number => {
  if (failures === 0) return random() * FIRST_MS_MAX;
  const delayMs = Math.min(FIRST_MS_MAX * 2 ** failures, DELAY_MS_MAX);
  return delayMs * (0.5 + random() / 2);
};
