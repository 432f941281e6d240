import { expect, it } from 'vitest';
import { refusedMessage } from './chat-refusal.js';

it.each([
  ['TIMED_OUT', 'A moderator keeps you from writing; you can again in 42 s.'],
  ['SLOW_MODE', 'Slow mode is on; write again in 42 s.'],
] as const)('says how long to wait: %s', (code, detail) => {
  const error = refusedMessage(code, 41_001);
  expect([error.code, error.message, error.retryAfterMs]).toEqual([code, detail, 41_001]);
});

it.each(['BANNED', 'FOLLOWERS_ONLY', 'TICKETS_ONLY', 'LINKS_NOT_ALLOWED', 'TERM_BLOCKED'] as const)(
  'says in a sentence what keeps the message out: %s',
  (code) => {
    const error = refusedMessage(code, undefined);
    expect([error.code, error.retryAfterMs]).toEqual([code, undefined]);
    expect(error.message).toMatch(/^[A-Z].{30,}/);
  },
);
