import { expect, it } from 'vitest';
import { requestIdOf } from './request-id.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

it('keeps a sane id', () => {
  expect(requestIdOf({ headers: { 'x-request-id': 'trace_1.a-B' } })).toBe('trace_1.a-B');
  expect(requestIdOf({ headers: { 'x-request-id': 'a'.repeat(128) } })).toBe('a'.repeat(128));
});

it.each([
  [undefined],
  [''],
  ['short'],
  ['a'.repeat(129)],
  ['has spaces in it'],
  ['new\nline-new'],
  [['a'.repeat(9)]],
])('makes a new one instead of %j', (given) => {
  expect(requestIdOf({ headers: { 'x-request-id': given } })).toMatch(UUID);
});
