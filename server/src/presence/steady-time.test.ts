import { expect, it } from 'vitest';
import { createFakeClock } from '../../test/services.js';
import { createSteadyTime } from './steady-time.js';

it('goes on where it was when the clock is set back', () => {
  const clock = createFakeClock();
  const nowMs = createSteadyTime(clock);
  const startMs = nowMs();
  clock.advance(5);
  expect(nowMs() - startMs).toBe(5000);
  clock.advance(-3600);
  expect(nowMs() - startMs).toBe(5000);
  clock.advance(2);
  expect(nowMs() - startMs).toBe(7000);
});
