import type { z } from 'zod';

type Issue = z.core.$ZodRawIssue;

const kinds: Record<string, string> = {
  string: 'a string',
  number: 'a number',
  int: 'an integer',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
};

const formats: Record<string, string> = {
  email: 'an e-mail address',
  uuid: 'an id as answers give it (UUIDv7)',
  date: 'a date such as 1990-05-06',
  datetime: 'a time such as 2026-01-02T03:04:05Z',
};

const units: Record<string, string> = { string: 'characters', array: 'items' };

const mustBe = (what: string | undefined): string | undefined => what && `must be ${what}`;

const least = (origin: string, minimum: number | bigint): string => {
  const unit = units[origin];
  if (unit === undefined) return `must be at least ${minimum}`;
  return Number(minimum) === 1 ? 'is empty' : `has fewer than ${minimum} ${unit}`;
};

const most = (origin: string, maximum: number | bigint): string => {
  const unit = units[origin];
  return unit === undefined ? `must be at most ${maximum}` : `has more than ${maximum} ${unit}`;
};

/** What is wrong with a field, to be read after its path; undefined where Zod's own words have to do. */
export const fieldMessageOf = (issue: Issue): string | undefined => {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : mustBe(kinds[issue.expected]);
    case 'invalid_value':
      if (issue.input === undefined) return 'is missing';
      return mustBe(issue.values.length > 1 ? `one of ${issue.values.join(', ')}` : String(issue.values[0]));
    case 'invalid_format':
      return mustBe(formats[issue.format]);
    case 'too_small':
      return least(issue.origin, issue.minimum);
    case 'too_big':
      return most(issue.origin, issue.maximum);
    default:
      return undefined;
  }
};
