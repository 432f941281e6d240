import { expect, it } from 'vitest';
import { createFakeClock } from '../../test/services.js';
import { createChallenges } from './challenges.js';

const clock = createFakeClock(new Date('2026-01-02T03:04:05.678Z'));
const challenges = createChallenges({ secret: 'a key of the tests, number one', clock });
const make = (purpose = 'login') => Buffer.from(challenges.make(purpose)).toString('base64url');

it('are known again for five minutes, with when they were made', () => {
  const challenge = make();
  expect(challenges.timeOf(challenge, 'login')).toBe('2026-01-02T03:04:05.678Z');
  clock.advance(299);
  expect(challenges.timeOf(challenge, 'login')).toBe('2026-01-02T03:04:05.678Z');
  clock.advance(1);
  expect(challenges.timeOf(challenge, 'login')).toBeNull();
});

it('are each another', () => {
  expect(new Set(Array.from({ length: 100 }, () => make())).size).toBe(100);
});

it('are good for one purpose, and by one key', () => {
  expect(challenges.timeOf(make('add 1'), 'add 2')).toBeNull();
  const others = createChallenges({ secret: 'a key of the tests, number two', clock });
  expect(others.timeOf(make(), 'login')).toBeNull();
});

it('are ours to the last bit', () => {
  const bytes = Buffer.from(make(), 'base64url');
  for (const [place, byte] of bytes.entries()) {
    const changed = Buffer.from(bytes);
    changed[place] = byte ^ 1;
    expect(challenges.timeOf(changed.toString('base64url'), 'login')).toBeNull();
  }
  for (const text of ['', 'AAAA', `${make()}AAAA`]) expect(challenges.timeOf(text, 'login')).toBeNull();
});
