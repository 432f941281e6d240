import { expect, it } from 'vitest';
import { accessTokenOf } from './request-context.js';

it.each([
  [undefined, undefined],
  ['Bearer abc.def', 'abc.def'],
  ['bearer abc', 'abc'],
  ['BEARER  abc ', 'abc'],
  ['Bearer', ''],
  ['Bearer a b', ''],
  ['Basic dXNlcg==', ''],
  ['abc', ''],
  ['', ''],
])('reads the access token of %j as %j', (header, token) => {
  expect(accessTokenOf(header)).toBe(token);
});
