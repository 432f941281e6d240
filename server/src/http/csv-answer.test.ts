import { expect, it } from 'vitest';
import { prefersCsv } from './csv-answer.js';

it.each([
  undefined,
  '',
  '*/*',
  'application/json',
  'application/*',
  'text/html,application/xhtml+xml,*/*;q=0.8',
  'text/csv;q=0.5, application/json',
  'text/csv;q=0',
  '*/*;q=0.8, text/csv;q=0.5',
  'application/xml',
  'text/csv;q=high, application/json',
  ';;;,',
])('answers JSON to Accept: %s', (accept) => {
  expect(prefersCsv({ headers: accept === undefined ? {} : { accept } })).toBe(false);
});

it.each([
  'text/csv',
  'TEXT/CSV',
  'text/*',
  'text/csv; charset=utf-8',
  'text/csv;header=present',
  'text/csv, */*;q=0.1',
  'text/csv, */*',
  'application/json;q=0.9, text/csv',
  'text/csv;q=0.2, application/json;q=0.1',
])('answers a table to Accept: %s', (accept) => {
  expect(prefersCsv({ headers: { accept } })).toBe(true);
});
