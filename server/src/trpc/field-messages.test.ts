import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import './init.js';

const messageOf = (schema: z.ZodType, input: unknown): string | undefined =>
  schema.safeParse(input).error?.issues[0]?.message;

describe('messages of fields', () => {
  it.each<[z.ZodType, unknown, string]>([
    [z.string(), undefined, 'is missing'],
    [z.enum(['spam', 'hate']), undefined, 'is missing'],
    [z.string(), 7, 'must be a string'],
    [z.int(), 'a', 'must be a number'],
    [z.int(), 1.5, 'must be an integer'],
    [z.array(z.string()), {}, 'must be an array'],
    [z.boolean(), 'yes', 'must be true or false'],
    [z.enum(['spam', 'hate']), 'x', 'must be one of spam, hate'],
    [z.literal('public-key'), 'x', 'must be public-key'],
    [z.email(), 'ava', 'must be an e-mail address'],
    [z.uuidv7(), '1', 'must be an id as answers give it (UUIDv7)'],
    [z.iso.date(), '1', 'must be a date such as 1990-05-06'],
    [z.string().min(1), '', 'is empty'],
    [z.string().min(8), 'short', 'has fewer than 8 characters'],
    [z.array(z.string()).max(2), ['a', 'b', 'c'], 'has more than 2 items'],
    [z.int().min(1), 0, 'must be at least 1'],
    [z.int().max(100), 101, 'must be at most 100'],
  ])('say what to mend: %#', (schema, input, message) => {
    expect(messageOf(schema, input)).toBe(message);
  });

  it('leave a schema its own words', () => {
    expect(messageOf(z.string().min(8, 'is weak'), 'a')).toBe('is weak');
    expect(messageOf(z.union([z.string(), z.number()]), true)).toBe('Invalid input');
  });
});
