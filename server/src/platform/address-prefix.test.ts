import { expect, it } from 'vitest';
import { addressPrefixOf } from './address-prefix.js';

it.each([
  ['203.0.113.77', '203.0.113.0/24'],
  ['::ffff:203.0.113.77', '203.0.113.0/24'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'],
  ['::1', '::/48'],
  ['unix', null],
  ['', null],
])('is the network of %s', (address, prefix) => {
  expect(addressPrefixOf(address)).toBe(prefix);
});
