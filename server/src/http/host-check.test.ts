import { expect, it } from 'vitest';
import { createHostCheck } from './host-check.js';

const isOurs = createHostCheck({
  publicUrl: 'https://api.example.com',
  allowedHosts: ['internal.lan', '10.0.0.5'],
});

it.each([
  'localhost',
  'LOCALHOST:3000',
  '127.0.0.1:3000',
  '127.1.2.3',
  '[::1]:3000',
  'api.example.com',
  'API.example.com:8443',
  'internal.lan',
  '10.0.0.5:80',
])('answers for %s', (host) => {
  expect(isOurs(host)).toBe(true);
  expect(isOurs(host)).toBe(true);
});

it.each([
  '',
  'evil.example',
  'example.com',
  'localhost.evil.example',
  'evil.example:3000@localhost',
  'localhost:port',
  'localhost:3000:3000',
  'api.example.com/path',
  'api.example.com, evil.example',
  '[::1',
  '::1',
  '127.0.0.1.evil.example',
  'a'.repeat(300),
])('does not answer for %j', (host) => {
  expect(isOurs(host)).toBe(false);
});
