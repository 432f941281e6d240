import type { Clock } from '../platform/clock.js';

/** Milliseconds that never run backwards, as a machine's clock does when it is set; only differences mean anything. */
export const createSteadyTime = (clock: Clock): (() => number) => {
  let lastMs = clock.now().getTime();
  let setBackMs = 0;
  return () => {
    const nowMs = clock.now().getTime();
    if (nowMs < lastMs) setBackMs += lastMs - nowMs;
    lastMs = nowMs;
    return nowMs + setBackMs;
  };
};
