import { describe, expect, it } from 'vitest';
import { TimestampInput } from './timestamps.js';

describe('TimestampInput', () => {
  it.each([
    ['2030-01-02T03:04:05Z', '2030-01-02T03:04:05.000Z'],
    ['2030-01-02T03:04:05.6789Z', '2030-01-02T03:04:05.678Z'],
    ['2030-01-02T03:04:05.678+02:00', '2030-01-02T01:04:05.678Z'],
    // JSON Schema's date-time allows any offset below 24 hours; PostgreSQL one below 16.
    ['2030-01-02T03:04:05+23:59', '2030-01-01T03:05:05.000Z'],
    ['2030-01-02T03:04:05-16:00', '2030-01-02T19:04:05.000Z'],
    ['2028-02-29T00:00:00Z', '2028-02-29T00:00:00.000Z'],
  ])('reads %s as %s', (text, expected) => {
    expect(TimestampInput.parse(text)).toBe(expected);
  });

  it.each([
    'tomorrow',
    '',
    '2030-01-02',
    '2030-01-02T03:04:05',
    '2030-01-02 03:04:05Z',
    '2030-02-29T00:00:00Z',
    '2030-01-02T24:00:00Z',
    '2030-01-02T03:04:60Z',
    '2030-01-02T03:04:05+24:00',
    '1999-12-31T23:59:59Z',
    '2200-01-01T00:00:00Z',
    '+002030-01-02T03:04:05Z',
  ])('refuses %j', (text) => {
    expect(TimestampInput.safeParse(text).success).toBe(false);
  });
});
